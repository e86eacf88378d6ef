"""
The signed content of a ticket's QR code, and its layout on paper.

This package has no tables; `bookings.services` issues tickets and checks them in.
"""
