"""Other seats for those who have booked: moved shows, and tickets that staff reseat, at the API."""
