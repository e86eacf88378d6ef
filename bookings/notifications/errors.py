"""How sending fails."""


class NotSent(Exception):
    """It did not arrive, or nobody knows whether it did: another try may help."""


class Undeliverable(Exception):
    """It will never arrive there: another try would be the same."""
