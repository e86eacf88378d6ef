"""A mail server for tests; aiosmtpd speaks to it."""

import socket
from typing import Any


class Mailbox:
    """A mailbox that keeps each Message-ID. It answers recipients with `refusal`, if any."""

    def __init__(self, refusal: str = "") -> None:
        self.refusal = refusal
        self.ids: list[str] = []
        # The clients' ports: one for each connection that sent something.
        self.peers: set[object] = set()

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        self.peers.add(session.peer)
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        lines = envelope.content.decode().splitlines()
        self.ids += [line for line in lines if line.startswith("Message-ID")]
        return "250 OK"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
