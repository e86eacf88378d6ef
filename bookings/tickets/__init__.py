"""
The signed content of a ticket's QR code, and its layout.

This package has no tables; `bookings.services` issues tickets and checks them in.
"""
