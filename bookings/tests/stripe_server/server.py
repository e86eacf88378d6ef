"""The server's requests, their idempotency keys and their faults."""

import json
import random
from typing import Any

from bookings.tests.stripe_server.documents import BEFORE_WORK, Json, Refusal, operation_of, page
from bookings.tests.stripe_server.refunds import Refunds


class StripeServer(Refunds):
    """The provider, with its state and its faults. Its lock is around every step."""

    def script(self, op: str, *faults: str) -> None:
        """Script the next requests of an operation."""
        with self._lock:
            self._scripts[op].extend(faults)

    def chaos(self, op: str, rates: dict[str, float]) -> None:
        """Set the probability of faults for each operation; {} ends them."""
        with self._lock:
            self._chaos[op] = rates

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
        """Delete the idempotency keys, as Stripe does after a day."""
        with self._lock:
            self._answers.clear()

    def handle(self, method: str, path: str, params: Json, headers: Any) -> tuple[int, Json, str]:
        """Return an answer's status and body, and its fault."""
        key = headers.get("Idempotency-Key") if method == "POST" else None
        op = operation_of(method, path)
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
            if (
                refusal.status != 402
            ):  # The request was refused before its work began, so its key stays unused.
                raise
            status, body = 402, refusal.body
        if fault == "error_after":
            status, body = 500, {"error": {"type": "api_error", "message": "scripted error_after"}}
        body = json.loads(json.dumps(body))  # A copy, because the object may change later.
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
                return page(found, params, lambda i: self._shown(i, params, "data."))
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
                return page(
                    found, params, lambda r: self._refund_shown(r, params, "data."), "/v1/refunds"
                )
            case "dispute_get" | "dispute_list":
                return self._read_disputes(op, parts, params)
            case "event_list":
                since = int(params.get("created[gte]", 0))
                found = [e for e in self.events if e["created"] >= since]
                found = [e for e in found if e["type"] == params.get("type", e["type"])]
                return page(found, params, lambda event: event, "/v1/events")
        raise Refusal(404, "Unrecognized request URL.")
