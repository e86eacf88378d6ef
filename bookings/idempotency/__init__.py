"""Requests with an Idempotency-Key: their record, and the mixin for views."""
