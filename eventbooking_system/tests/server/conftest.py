"""A server of the README's command, and requests to it."""

import socket
from collections.abc import Callable, Iterator

import pytest

from eventbooking_system.tests.server.process import (
    FULL_AT_ONCE,
    Answer,
    Server,
    connect,
    read_answer,
    serving,
    wait_until_idle,
)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture(scope="session")
def _narrow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("narrow"), **FULL_AT_ONCE) as server:
        yield server


@pytest.fixture
def narrow_server(_narrow_server: Server) -> Iterator[Server]:
    """Return a server that works on one request at once. It is idle again after the test."""
    yield _narrow_server
    wait_until_idle(_narrow_server)


@pytest.fixture(scope="session")
def _hasty_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("hasty"), deadline=4) as server:
        yield server


@pytest.fixture
def hasty_server(_hasty_server: Server) -> Iterator[Server]:
    """Return a server that waits four seconds for a request. It is idle again after the test."""
    yield _hasty_server
    wait_until_idle(_hasty_server)


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
