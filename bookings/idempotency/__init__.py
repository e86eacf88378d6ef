"""Requests with an Idempotency-Key: their record, and the mixin of the views."""
