"""The errors of sending."""


class NotSent(Exception):
    """A message that may not have arrived, so that another attempt may help."""


class Undeliverable(Exception):
    """A message that no further attempt can deliver."""
