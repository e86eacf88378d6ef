"""
Tickets as things: what is in their QR code, and how they look on paper.

No tables here: `bookings.services` issues tickets and lets people in with them.
"""
