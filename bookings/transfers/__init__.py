"""Tickets that are passed on, at the API."""
