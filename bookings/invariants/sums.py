"""Sums of amounts in SQL, exact on both databases."""

from decimal import Decimal

from django.db.models import BigIntegerField, Expression, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Cast, Coalesce, Round


def exact(amount: Expression) -> Cast:
    """Return an amount in integer thousandths, as SQLite computes decimals as floats."""
    return Cast(Round(amount * 1000), BigIntegerField())


def as_text(thousandths: int) -> str:
    return str(Decimal(thousandths).scaleb(-3))


def sum_for(rows: QuerySet, of: str = "booking", name: str = "amount") -> Coalesce:
    summed = rows.filter(**{of: OuterRef("pk")}).order_by().values(of)
    thousandths = Subquery(summed.annotate(sum=exact(Sum(name))).values("sum"))
    return Coalesce(thousandths, 0)


def totals(rows: QuerySet, name: str) -> dict[str, Decimal]:
    summed = rows.order_by().values("currency").annotate(sum=exact(Sum(name)))
    return {
        currency: Decimal(as_text(sum)) for currency, sum in summed.values_list("currency", "sum")
    }
