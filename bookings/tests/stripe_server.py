"""
A server shaped like Stripe for tests.

It is deterministic and scriptable, and records the truth. It speaks what
`bookings/payments/stripe/` uses of the API: PaymentIntents (create, confirm, cancel, retrieve,
list), refunds (create, retrieve, list), disputes (retrieve, list) and the list of events, with
minor units, metadata, paging, `expand`, and idempotency keys as
https://docs.stripe.com/api/idempotent_requests has them.

In a thread of the test, or as a process that survives the one that is killed:

    with running(seed=7) as server:            server.url, server.script(…), server.truth()
    with launched(seed=7) as server:           the same, each call over HTTP

`python -m bookings.tests.stripe_server [--port N] [--seed N]` prints its address and serves until
it is stopped. Every method of CONTROLS is also a POST to `/_control/<name>` with its arguments in
JSON, answered in JSON.

Ways to pay: `pm_card_visa` succeeds; `pm_card_chargeDeclined…` is declined;
`pm_card_authenticationRequired` requires action until `finish`; `pm_card_processing` is under way
until `finish`; `pm_card_pendingRefund` and `pm_card_refundFail` succeed, and their refunds are
pending or failed. Others are not known. `finish` also plays the customer who pays with the client
secret.

Misbehaviour, by operation (create, confirm, cancel, retrieve, list, refund, refund_get,
refund_list, dispute_get, dispute_list, event_list, or * for each):

    script(op, *faults)   the next requests meet these, in this order; "ok" lets one pass
    chaos(op, rates)      {"lose": 0.1, …}: each request draws one, by the seed, its key and the
                          number of times that this key was asked; so not by the order of threads

    lose            does the work, and closes the connection without an answer
    drop            closes the connection, and does nothing
    error_after     does the work, answers 500, and repeats that to the same key
    error_before    answers 500, and does nothing
    rate_limit      answers 429, and does nothing
    conflict        answers 409, and does nothing
    garbage         does the work, and answers something that is not JSON
    empty           does the work, and answers {}
    slow:SECONDS    does the work, and answers late
    wrong_amount    does the work for one minor unit less
    wrong_currency  does the work in another currency
    decline, action, processing    what the bank says to a confirm, whatever the payment method
    fail, pending                  what becomes of a refund, whatever the payment method
"""

import argparse
import hashlib
import hmac
import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

WEBHOOK_SECRET = "whsec_of_the_tests"
CONTROLS = (
    "script", "chaos", "finish", "edit", "settle_refund", "give_back", "dispute", "move_dispute",
    "deliver", "truth",
    "asked", "forget_keys",
)  # fmt: skip
BEFORE_WORK = {"drop", "error_before", "rate_limit", "conflict"}
IN_DISPUTE = ("needs_response", "under_review")
OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
Json = dict[str, Any]


class Refusal(Exception):
    def __init__(self, status: int, message: str, **error: Any) -> None:
        super().__init__(message)
        error = {"type": "invalid_request_error", "message": message, **error}
        self.status, self.body = status, {"error": error}


class StripeServer:
    """The provider: what it holds, and how it misbehaves. Its lock is around every step."""

    def __init__(self, *, seed: int = 0, webhook_secret: str = WEBHOOK_SECRET) -> None:
        self.seed, self.webhook_secret = seed, webhook_secret
        self.url = ""
        self.intents: dict[str, Json] = {}
        self.refunds: dict[str, Json] = {}
        self.disputes: dict[str, Json] = {}
        self._refunds_of: dict[str, list[Json]] = defaultdict(list)
        self.events: list[Json] = []
        self.requests: list[Json] = []
        self._lock = threading.RLock()
        self._answers: dict[str, tuple[Any, int, Json]] = {}
        self._scripts: dict[str, deque[str]] = defaultdict(deque)
        self._chaos: dict[str, dict[str, float]] = {}
        self._times: Counter[str] = Counter()
        self._delivered = 0
        self._count = 0

    # Controls

    def script(self, op: str, *faults: str) -> None:
        """The behaviour of the next requests of an operation."""
        with self._lock:
            self._scripts[op].extend(faults)

    def chaos(self, op: str, rates: dict[str, float]) -> None:
        """Set the probability of faults for each operation; {} ends them."""
        with self._lock:
            self._chaos[op] = rates

    def finish(self, intent_id: str, success: bool = True) -> Json:
        """End what is open as the customer or bank: success or decline."""
        with self._lock:
            intent = self.intents[intent_id]
            assert intent["status"] in (*OPEN, "processing"), intent["status"]
            intent["payment_method"] = intent["payment_method"] or "pm_card_visa"
            self._succeed(intent) if success else self._decline(intent)
            return intent

    def edit(self, intent_id: str, **fields: Any) -> Json:
        """Change an intent's fields as no API would."""
        with self._lock:
            self.intents[intent_id].update(fields)
            return self.intents[intent_id]

    def settle_refund(self, refund_id: str, status: str) -> Json:
        """
        The bank's last word on a refund: succeeded or failed. It may have said succeeded before,
        and then the money is back in our account.
        """
        with self._lock:
            refund = self.refunds[refund_id]
            refund["status"] = status
            refund["failure_reason"] = "unknown" if status == "failed" else None
            self._emit("refund.failed" if status == "failed" else "refund.updated", refund)
            return refund

    def give_back(self, intent_id: str, amount: int) -> Json:
        """Refund minor units in the dashboard without telling our system."""
        with self._lock:
            return self._refund({"payment_intent": intent_id, "amount": str(amount)}, "ok")

    def dispute(
        self, intent_id: str, amount: int | None = None, *, status: str = "needs_response",
        fee: int = 1500,
    ) -> Json:  # fmt: skip
        """
        Let the customer's bank dispute a payment, or a part of it.

        With the status `warning_needs_response` it only asks, and takes no money.
        """
        with self._lock:
            intent = self.intents[intent_id]
            dispute = {
                "id": self._id("dp"),
                "object": "dispute",
                "amount": amount or intent["amount_received"],
                "balance_transactions": [],
                "charge": intent["latest_charge"],
                "created": int(time.time()),
                "currency": intent["currency"],
                "evidence_details": {"due_by": int(time.time()) + 7 * 86400},
                "payment_intent": intent_id,
                "reason": "fraudulent",
                "status": status,
            }
            self.disputes[dispute["id"]] = dispute
            self._emit("charge.dispute.created", dispute)
            if status == "needs_response":
                self._withdraw(dispute, fee)
            return dispute

    def move_dispute(
        self, dispute_id: str, status: str, *, reinstated: int | None = None, fee: int = 1500
    ) -> Json:
        """Give a dispute another status, and move its money."""
        with self._lock:
            dispute = self.disputes[dispute_id]
            dispute["status"] = status
            if not status.startswith("warning") and not dispute["balance_transactions"]:
                self._withdraw(dispute, fee)
            is_closed = status in ("won", "lost", "warning_closed")
            self._emit(f"charge.dispute.{'closed' if is_closed else 'updated'}", dispute)
            if status == "won" or reinstated:
                gone = dispute["balance_transactions"][0]
                back = {**gone, "id": self._id("txn"), "fee": 0}
                back["amount"] = reinstated or -gone["amount"]
                dispute["balance_transactions"].append(back)
                self._emit("charge.dispute.funds_reinstated", dispute)
            return dispute

    def _withdraw(self, dispute: Json, fee: int) -> None:
        dispute["balance_transactions"].append(
            {
                "id": self._id("txn"),
                "object": "balance_transaction",
                "amount": -dispute["amount"],
                "currency": dispute["currency"],
                "fee": fee,
            }
        )
        self._emit("charge.dispute.funds_withdrawn", dispute)

    def truth(self) -> Json:
        """Return amounts taken and refunded in minor units. Keys are the ids of our payments."""
        with self._lock:
            payments: Json = {}
            for intent in self.intents.values():
                payment = payments.setdefault(
                    str(intent["metadata"].get("payment")),
                    {"captured": 0, "refunded": 0, "charges": 0, "intents": []},
                )
                payment["intents"].append(intent["id"])
                payment["currency"] = intent["currency"]
                payment["captured"] += intent["amount_received"]
                payment["charges"] += intent["amount_received"] > 0
                payment["refunded"] += self._refunded(intent, ("succeeded",))
            return payments

    def asked(self) -> list[Json]:
        """Return every request so far. Each has op, key, path, params, version and its fault."""
        with self._lock:
            return list(self.requests)

    def forget_keys(self) -> None:
        """As Stripe does with idempotency keys after a day."""
        with self._lock:
            self._answers.clear()

    # Events

    def signed(
        self, event: Json, *, at: float | None = None, secret: str | None = None
    ) -> tuple[bytes, dict[str, str]]:
        """Return an event's signed body and headers."""
        body = json.dumps(event).encode()
        signed_at = int(time.time() if at is None else at)
        key = (secret or self.webhook_secret).encode()
        digest = hmac.new(key, b"%d.%b" % (signed_at, body), hashlib.sha256).hexdigest()
        return body, {"Stripe-Signature": f"t={signed_at},v1={digest}"}

    def deliveries(
        self,
        *,
        copies: int = 1,
        shuffle: bool = False,
        everything: bool = False,
        age: int = 0,
        secret: str | None = None,
        edit: Json | None = None,
    ) -> list[tuple[bytes, dict[str, str]]]:
        """
        Return the events since the last time, or all.

        Each comes in `copies`, signed `age` seconds ago. `secret` forges them; `edit` overwrites
        fields of the objects in them, as an event does that says another amount or status than the
        API.
        """
        with self._lock:
            events = self.events[0 if everything else self._delivered :]
            self._delivered = len(self.events)
            rng = random.Random(f"{self.seed}:deliveries:{self._delivered}:{copies}")
        events = [event for event in events for _ in range(copies)]
        if shuffle:
            rng.shuffle(events)
        if edit:
            events = [{**e, "data": {"object": {**e["data"]["object"], **edit}}} for e in events]
        return [self.signed(event, at=time.time() - age, secret=secret) for event in events]

    def deliver(self, url: str, **how: Any) -> list[int]:
        """
        Send `deliveries(**how)` to an address; return the answers' statuses.

        A missing answer is 0.
        """
        return [_post(url, body, headers)[0] for body, headers in self.deliveries(**how)]

    def _emit(self, event_type: str, document: Json) -> None:
        self.events.append(
            {
                "id": self._id("evt"),
                "object": "event",
                "type": event_type,
                "created": int(time.time()),
                "data": {"object": json.loads(json.dumps(document))},
            }
        )

    # Requests

    def handle(self, method: str, path: str, params: Json, headers: Any) -> tuple[int, Json, str]:
        """Return an answer's status and body, and its fault."""
        key = headers.get("Idempotency-Key") if method == "POST" else None
        op = _operation(method, path)
        with self._lock:
            # The SDK makes up a key where it gets none, another one each time.
            has_own_key = key and key.startswith("payment:")
            fault = self._fault(op, f"{op}:{key if has_own_key else path}")
            request = {"op": op, "key": key, "path": path, "params": params, "fault": fault}
            self.requests.append({**request, "version": headers.get("Stripe-Version")})
            try:
                if not headers.get("Authorization", "").startswith(("Bearer sk_", "Bearer rk_")):
                    raise Refusal(401, "Invalid API Key provided.")
                status, body = self._answer(request)
            except Refusal as refusal:
                status, body = refusal.status, refusal.body
            return status, body, fault

    def _answer(self, request: Json) -> tuple[int, Json]:
        key, fault = request["key"], request["fault"]
        if fault in BEFORE_WORK:
            status = {"rate_limit": 429, "conflict": 409}.get(fault, 500)
            raise Refusal(status, f"scripted {fault}", type="api_error")
        asked = (request["path"], request["params"])
        if key in self._answers:
            first, status, body = self._answers[key]
            if first != asked:
                message = "Keys for idempotent requests can only be used with the same parameters."
                raise Refusal(400, message, type="idempotency_error")
            return status, body
        try:
            parts = request["path"].split("/")
            status, body = 200, self._work(request["op"], parts, request["params"], fault)
        except Refusal as refusal:
            if refusal.status != 402:  # Refused before the work began: the key stays unused.
                raise
            status, body = 402, refusal.body
        if fault == "error_after":
            status, body = 500, {"error": {"type": "api_error", "message": "scripted error_after"}}
        body = json.loads(json.dumps(body))  # As it was then, whatever happens to it later.
        if key:
            self._answers[key] = (asked, status, body)
        return status, body

    def _fault(self, op: str, draw: str) -> str:
        self._times[draw] += 1
        for name in (op, "*"):
            if self._scripts[name]:
                return self._scripts[name].popleft()
            rng = random.Random(f"{self.seed}:{draw}:{self._times[draw]}")
            point = rng.random()
            for fault, rate in self._chaos.get(name, {}).items():
                point -= rate
                if point < 0:
                    return fault
        return "ok"

    def _work(self, op: str, parts: list[str], params: Json, fault: str) -> Json:
        match op:
            case "create":
                return self._create(params, fault)
            case "confirm":
                return self._confirm(self._intent(parts[3]), fault)
            case "cancel":
                return self._cancel(self._intent(parts[3]))
            case "retrieve":
                return self._shown(self._intent(parts[3]), params)
            case "list":
                since = int(params.get("created[gte]", 0))
                found = [i for i in self.intents.values() if i["created"] >= since]
                return _page(found, params, lambda i: self._shown(i, params, "data."))
            case "refund":
                return self._refund(params, fault)
            case "refund_get":
                if parts[3] not in self.refunds:
                    raise Refusal(404, "No such refund", code="resource_missing", param="id")
                return self._refund_shown(self.refunds[parts[3]], params)
            case "refund_list":
                if "payment_intent" in params:
                    self._intent(params["payment_intent"])
                intent_id = params.get("payment_intent", "pi_" + params.get("charge", "")[3:])
                found = self._refunds_of[intent_id]
                return _page(
                    found, params, lambda r: self._refund_shown(r, params, "data."), "/v1/refunds"
                )
            case "dispute_get" | "dispute_list":
                return self._read_disputes(op, parts, params)
            case "event_list":
                since = int(params.get("created[gte]", 0))
                found = [e for e in self.events if e["created"] >= since]
                found = [e for e in found if e["type"] == params.get("type", e["type"])]
                return _page(found, params, lambda event: event, "/v1/events")
        raise Refusal(404, "Unrecognized request URL.")

    # PaymentIntents

    def _create(self, params: Json, fault: str) -> Json:
        unknown = {name.split("[")[0] for name in params} - {
            "amount", "currency", "metadata", "payment_method", "payment_method_types", "expand",
        }  # fmt: skip
        if unknown:
            raise Refusal(400, "Unknown parameter", code="parameter_unknown", param=min(unknown))
        amount, currency = _amount(params), params.get("currency", "")
        method = params.get("payment_method")
        if method and not method.startswith("pm_card_"):
            raise Refusal(
                400, "No such PaymentMethod", code="resource_missing", param="payment_method"
            )
        intent_id = self._id("pi")
        intent = {
            "id": intent_id,
            "object": "payment_intent",
            "amount": amount - (fault == "wrong_amount"),
            "amount_received": 0,
            "currency": "xts" if fault == "wrong_currency" else currency,
            "client_secret": f"{intent_id}_secret_{self._id('x')[2:]}",
            "created": int(time.time()),
            "last_payment_error": None,
            "latest_charge": None,
            "livemode": False,
            "metadata": _nested(params, "metadata"),
            "next_action": None,
            "payment_method": method,
            "status": "requires_confirmation" if method else "requires_payment_method",
        }
        self.intents[intent_id] = intent
        return intent

    def _confirm(self, intent: Json, fault: str) -> Json:
        if intent["status"] != "requires_confirmation":
            raise Refusal(
                400, f"The PaymentIntent is {intent['status']}.",
                code="payment_intent_unexpected_state",
            )  # fmt: skip
        method = intent["payment_method"]
        if fault == "wrong_amount":
            intent["amount"] -= 1
        if fault == "decline" or method.startswith("pm_card_chargeDeclined"):
            self._decline(intent)
            raise Refusal(402, "Your card was declined.", type="card_error", code="card_declined")
        if fault == "action" or method == "pm_card_authenticationRequired":
            intent["status"] = "requires_action"
            url = f"https://hooks.stripe.example/{intent['id']}"
            intent["next_action"] = {"type": "redirect_to_url", "redirect_to_url": {"url": url}}
        elif fault == "processing" or method == "pm_card_processing":
            intent["status"] = "processing"
            self._emit("payment_intent.processing", intent)
        else:
            self._succeed(intent)
        return intent

    def _cancel(self, intent: Json) -> Json:
        if intent["status"] not in OPEN:
            message = f"You cannot cancel this PaymentIntent: it is {intent['status']}."
            raise Refusal(400, message, code="payment_intent_unexpected_state")
        intent.update(status="canceled", next_action=None)
        self._emit("payment_intent.canceled", intent)
        return intent

    def _succeed(self, intent: Json) -> None:
        intent.update(
            status="succeeded",
            amount_received=intent["amount"],
            latest_charge="ch_" + intent["id"][3:],
            last_payment_error=None,
            next_action=None,
        )
        self._emit("payment_intent.succeeded", intent)

    def _decline(self, intent: Json) -> None:
        error = {"code": "card_declined", "message": "Your card was declined."}
        intent.update(
            status="requires_payment_method",
            payment_method=None,
            last_payment_error={"type": "card_error", **error},
            next_action=None,
        )
        self._emit("payment_intent.payment_failed", intent)

    def _intent(self, intent_id: str) -> Json:
        if intent_id not in self.intents:
            raise Refusal(404, "No such payment_intent", code="resource_missing", param="intent")
        return self.intents[intent_id]

    def _shown(self, intent: Json, params: Json, prefix: str = "") -> Json:
        if intent["latest_charge"] and _expands(params, f"{prefix}latest_charge"):
            return {**intent, "latest_charge": self._charge(intent)}
        return intent

    def _charge(self, intent: Json) -> Json:
        refunded = self._refunded(intent, ("succeeded", "pending"))
        return {
            "id": intent["latest_charge"],
            "object": "charge",
            "amount": intent["amount"],
            "amount_refunded": refunded,
            "payment_intent": intent["id"],
            "refunded": refunded == intent["amount_received"],
            "refunds": _page(self._refunds_of[intent["id"]], {}, lambda refund: refund),
        }

    # Refunds

    def _refund(self, params: Json, fault: str) -> Json:
        intent = self._intent(params.get("payment_intent", ""))
        amount = _amount({**params, "currency": intent["currency"]})
        left = intent["amount_received"] - self._refunded(intent, ("succeeded", "pending"))
        left = max(0, left - self._charged_back(intent))
        if any(d["status"] in IN_DISPUTE for d in self._disputes_of(intent)):
            raise Refusal(400, "The charge is in dispute.", code="charge_disputed")
        if not left:
            raise Refusal(400, "Nothing is left to refund.", code="charge_already_refunded")
        if amount > left:
            raise Refusal(400, f"Refund amount is greater than {left}.", param="amount")
        fails = fault == "fail" or intent["payment_method"] == "pm_card_refundFail"
        waits = fault == "pending" or intent["payment_method"] == "pm_card_pendingRefund"
        refund = {
            "id": self._id("re"),
            "object": "refund",
            "amount": amount,
            "charge": intent["latest_charge"],
            "created": int(time.time()),
            "currency": intent["currency"],
            "failure_reason": "expired_or_canceled_card" if fails else None,
            "metadata": _nested(params, "metadata"),
            "payment_intent": intent["id"],
            "status": "failed" if fails else "pending" if waits else "succeeded",
        }
        self.refunds[refund["id"]] = refund
        self._refunds_of[intent["id"]].append(refund)
        if fails:
            self._emit("refund.failed", refund)
        else:
            self._emit("charge.refunded", self._charge(intent))
        return refund

    def _refunded(self, intent: Json, statuses: tuple[str, ...]) -> int:
        refunds = self._refunds_of[intent["id"]]
        return sum(refund["amount"] for refund in refunds if refund["status"] in statuses)

    def _read_disputes(self, op: str, parts: list[str], params: Json) -> Json:
        if op == "dispute_list":
            since = int(params.get("created[gte]", 0))
            found = [d for d in self.disputes.values() if d["created"] >= since]
            return _page(found, params, lambda dispute: dispute, "/v1/disputes")
        if parts[3] not in self.disputes:
            raise Refusal(404, "No such dispute", code="resource_missing", param="id")
        return self.disputes[parts[3]]

    def _disputes_of(self, intent: Json) -> list[Json]:
        return [d for d in self.disputes.values() if d["payment_intent"] == intent["id"]]

    def _charged_back(self, intent: Json) -> int:
        """Return what disputes took for good, in minor units."""
        moved = [t["amount"] for d in self._disputes_of(intent) for t in d["balance_transactions"]]
        return -sum(moved)

    def _refund_shown(self, refund: Json, params: Json, prefix: str = "") -> Json:
        if _expands(params, f"{prefix}payment_intent"):
            return {**refund, "payment_intent": self.intents[refund["payment_intent"]]}
        return refund

    def _id(self, prefix: str) -> str:
        self._count += 1
        digest = hashlib.sha256(f"{self.seed}:{self._count}".encode()).hexdigest()
        return f"{prefix}_{digest[:20]}"


def _operation(method: str, path: str) -> str:
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


def _amount(params: Json) -> int:
    """Read an amount in minor units. Stripe's own rules for it are written down a second time."""
    amount = int(params.get("amount", 0))
    step = {"isk": 100, "ugx": 100, "bhd": 10, "jod": 10, "kwd": 10, "omr": 10, "tnd": 10}
    if amount <= 0 or amount % step.get(params.get("currency", ""), 1):
        raise Refusal(400, "Invalid amount", code="parameter_invalid_integer", param="amount")
    return amount


def _nested(params: Json, name: str) -> dict[str, str]:
    start = f"{name}["
    return {k[len(start) : -1]: v for k, v in params.items() if k.startswith(start)}


def _expands(params: Json, name: str) -> bool:
    """Objects within an expanded object are always included in full."""
    return any(k.startswith("expand") and f"{v}.".startswith(f"{name}.") for k, v in params.items())


def _page(found: list[Json], params: Json, shown: Any, url: str = "/v1/payment_intents") -> Json:
    """The newest first."""
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


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Otherwise a small answer waits for the acknowledgement of its own headers.
    disable_nagle_algorithm = True
    server: "_Server"

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        stripe = self.server.stripe
        target = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if target.path.startswith("/_control/"):
            name, arguments = target.path.split("/")[2], json.loads(body or b"{}")
            assert name in CONTROLS
            result = getattr(stripe, name)(
                *arguments.get("args", []), **arguments.get("kwargs", {})
            )
            self._send(200, json.dumps(result).encode())
            return
        params = dict(parse_qsl(target.query) + parse_qsl(body.decode()))
        status, document, fault = stripe.handle(self.command, target.path, params, self.headers)
        if fault in ("lose", "drop"):
            self.close_connection = True
            return
        if fault.startswith("slow:"):
            time.sleep(float(fault.removeprefix("slow:")))
        instead = {"garbage": b"<html>", "empty": b"{}"}
        self._send(status, instead.get(fault) or json.dumps(document).encode())

    def _send(self, status: int, body: bytes) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Request-Id", f"req_{len(self.server.stripe.requests)}")
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True  # The client has given up, or was killed.

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a test that fails shows `asked()`."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Its threads end with their connections, which a client may keep open.
    block_on_close = False

    def __init__(self, stripe: StripeServer, port: int) -> None:
        self.stripe = stripe
        super().__init__(("127.0.0.1", port), _Handler)
        stripe.url = f"http://127.0.0.1:{self.server_port}"


@contextmanager
def running(*, seed: int = 0, webhook_secret: str = WEBHOOK_SECRET) -> Iterator[StripeServer]:
    """The server in a thread of this process."""
    stripe = StripeServer(seed=seed, webhook_secret=webhook_secret)
    with serving(stripe):
        yield stripe


@contextmanager
def serving(stripe: StripeServer) -> Iterator[None]:
    """Let others reach it at its `url`."""
    with _Server(stripe, 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield
        server.shutdown()
        thread.join()


class RemoteStripe:
    """A server in another process: its CONTROLS, called over HTTP."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __getattr__(self, name: str) -> Any:
        if name not in CONTROLS:
            raise AttributeError(name)

        def call(*args: Any, **kwargs: Any) -> Any:
            body = json.dumps({"args": args, "kwargs": kwargs}).encode()
            status, answer = _post(f"{self.url}/_control/{name}", body, {})
            assert status == 200, answer
            return json.loads(answer)

        return call


@contextmanager
def launched(*, seed: int = 0, port: int = 0) -> Iterator[RemoteStripe]:
    """Launch the server in a process that outlives all others."""
    command = [sys.executable, "-m", __name__, "--seed", str(seed), "--port", str(port)]
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        try:
            yield RemoteStripe(process.stdout.readline().strip())
        finally:
            process.terminate()


def _post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    """Post without a proxy. Status 0 means no answer."""
    headers = {"Content-Type": "application/json", **headers}
    opener = build_opener(ProxyHandler({}))
    try:
        with opener.open(Request(url, body, headers), timeout=60) as answer:
            return answer.status, answer.read()
    except OSError as error:
        status = getattr(error, "code", 0)
        if status:
            error.close()
        return status, b""


def main() -> None:
    parser = argparse.ArgumentParser(description="A server shaped like Stripe, for tests.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    stripe = StripeServer(seed=options.seed)
    with _Server(stripe, options.port) as server:
        sys.stdout.write(f"{stripe.url}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main()
