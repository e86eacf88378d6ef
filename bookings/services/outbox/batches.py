"""The batch size for writing rows of the outbox."""

BATCH = 500
