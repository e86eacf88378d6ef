"""Documents of Stripe's API, and the parameters of its requests."""

from typing import Any

BEFORE_WORK = {"drop", "error_before", "rate_limit", "conflict"}
IN_DISPUTE = ("needs_response", "under_review")
OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
Json = dict[str, Any]


class Refusal(Exception):
    def __init__(self, status: int, message: str, **error: Any) -> None:
        super().__init__(message)
        error = {"type": "invalid_request_error", "message": message, **error}
        self.status, self.body = status, {"error": error}


def operation_of(method: str, path: str) -> str:
    match method, path.strip("/").split("/"):
        case "POST", ["v1", "payment_intents"]:
            return "create"
        case "POST", ["v1", "payment_intents", _, ("confirm" | "cancel") as op]:
            return op
        case "GET", ["v1", "payment_intents"]:
            return "list"
        case "GET", ["v1", "payment_intents", _]:
            return "retrieve"
        case "POST", ["v1", "refunds"]:
            return "refund"
        case "GET", ["v1", "refunds"]:
            return "refund_list"
        case "GET", ["v1", "refunds", _]:
            return "refund_get"
        case "GET", ["v1", "disputes"]:
            return "dispute_list"
        case "GET", ["v1", "disputes", _]:
            return "dispute_get"
        case "GET", ["v1", "events"]:
            return "event_list"
    return "unknown"


def amount_of(params: Json) -> int:
    """Read an amount in minor units. Stripe's own rules for it are written down a second time."""
    amount = int(params.get("amount", 0))
    step = {"isk": 100, "ugx": 100, "bhd": 10, "jod": 10, "kwd": 10, "omr": 10, "tnd": 10}
    if amount <= 0 or amount % step.get(params.get("currency", ""), 1):
        raise Refusal(400, "Invalid amount", code="parameter_invalid_integer", param="amount")
    return amount


def nested(params: Json, name: str) -> dict[str, str]:
    start = f"{name}["
    return {k[len(start) : -1]: v for k, v in params.items() if k.startswith(start)}


def expands(params: Json, name: str) -> bool:
    """Tell whether an object is included in full."""
    return any(k.startswith("expand") and f"{v}.".startswith(f"{name}.") for k, v in params.items())


def page(found: list[Json], params: Json, shown: Any, url: str = "/v1/payment_intents") -> Json:
    """Return a page of documents, the newest first."""
    found = found[::-1]
    ids = [document["id"] for document in found]
    start = ids.index(params["starting_after"]) + 1 if "starting_after" in params else 0
    limit = int(params.get("limit", 10))
    return {
        "object": "list",
        "url": url,
        "has_more": start + limit < len(found),
        "data": [shown(document) for document in found[start : start + limit]],
    }
