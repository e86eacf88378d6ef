"""The size of the batches in which rows of the outbox are written."""

BATCH = 500
