"""What surrounds a request: middleware, load shedding, logs, health."""
