"""Division of an amount into parts that add up to it: plain computation."""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal


def allot(amount: Decimal, weights: Sequence[Decimal], quantum: Decimal) -> list[Decimal]:
    """
    Divide an amount by weights into multiples of `quantum`, by largest remainder.

    Equal remainders are served in order. Without any weight, all parts weigh the same.
    """
    if not any(weights):
        weights = [Decimal(1)] * len(weights)
    whole = sum(weights, Decimal(0))
    exact = [amount * weight / whole for weight in weights]
    parts = [each.quantize(quantum, rounding=ROUND_FLOOR) for each in exact]
    left = int((amount - sum(parts, Decimal(0))) / quantum)
    by_remainder = sorted(range(len(parts)), key=lambda i: parts[i] - exact[i])
    for index in by_remainder[:left]:
        parts[index] += quantum
    return parts
