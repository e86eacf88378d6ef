"""
Other seats for booked tickets, at the API.

They are for moved shows, and for tickets that staff reseat.
"""
