"""The provider's state, and its events about it."""

import hashlib
import hmac
import json
import random
import threading
import time
from collections import Counter, defaultdict, deque
from typing import Any

from bookings.tests.stripe_server.documents import Json
from bookings.tests.stripe_server.posting import post

WEBHOOK_SECRET = "whsec_of_the_tests"


class Events:
    """The server's state, and an event for each change of it."""

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
        return [post(url, body, headers)[0] for body, headers in self.deliveries(**how)]

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

    def _id(self, prefix: str) -> str:
        self._count += 1
        digest = hashlib.sha256(f"{self.seed}:{self._count}".encode()).hexdigest()
        return f"{prefix}_{digest[:20]}"
