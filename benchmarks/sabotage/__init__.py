"""Builds with one protection removed, which the checker of histories must find."""
