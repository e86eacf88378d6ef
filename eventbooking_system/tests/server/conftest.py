"""A server of the README's command, and requests to it."""

import socket
from collections.abc import Callable, Iterator

import pytest

from eventbooking_system.tests.server.process import Answer, Server, connect, read_answer, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def send(server: Server) -> Callable[..., Answer]:
    """
    Return a function that sends bytes to the server.

    It returns the answer's status, content type and body.
    """

    def exchange(request: bytes, *, hang_up: bool = False) -> Answer:
        with connect(server[0]) as wire:
            wire.sendall(request)
            if hang_up:
                wire.shutdown(socket.SHUT_WR)
            return read_answer(wire)

    return exchange
