"""Additions to Django's database layer."""
