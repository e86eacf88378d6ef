"""The operations under /api/users/."""
