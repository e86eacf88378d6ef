"""The Stripe gateway against a server that behaves and misbehaves."""
