"""The paths and bodies that tests of the counter share."""

from typing import Any

SALES, BOOKINGS = "/api/box-office/sales/", "/api/box-office/bookings/"


def tender(amount: str, method: str = "cash", **more: Any) -> dict[str, Any]:
    return {"method": method, "amount": amount, **more}


def refund_path(sale: dict[str, Any]) -> str:
    return f"{BOOKINGS}{sale['id']}/refunds/"
