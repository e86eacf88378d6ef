"""Everything around the views: middleware, load shedding, logs, probes."""
