"""
The pages of the shop.

They are what is on, films, the seat picker, bookings, accounts and legal texts. A page contains
what search engines read, and the house's name. Its script uses the public API like any other
client.
"""
