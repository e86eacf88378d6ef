"""Over the wire, where bodies are not always as long as their headers say: a real gunicorn."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings

HEAD = b"POST /api/echo/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A gunicorn with the test's views, on an empty database of its own, as in production."""
    folder: Path = tmp_path_factory.mktemp("server")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    (folder / "served.py").write_text(
        "from eventbooking_system.wsgi import application\n"
        "from django.conf import settings\n"
        "settings.ROOT_URLCONF = 'eventbooking_system.tests.urls'\n"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{settings.BASE_DIR}:{folder}",
        "DJANGO_SETTINGS_MODULE": "eventbooking_system.settings",
        "ENV_FILE": os.devnull,
        "SECRET_KEY": "a-secret-of-the-tests-that-is-long-enough-0123456789",
        "ALLOWED_HOSTS": "localhost",
        "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
        "THROTTLE_ANON": "off",
    }
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--threads", "4",
               "--no-control-socket", "served"]  # fmt: skip
    server = subprocess.Popen(
        command, env=environment, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait_for(port: int) -> None:
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError


@pytest.fixture
def send(port: int) -> Callable[..., tuple[int, str, bytes]]:
    """`send(bytes)`: the status, the content type and the body of the answer."""

    def exchange(request: bytes, *, hang_up: bool = False) -> tuple[int, str, bytes]:
        with socket.create_connection(("127.0.0.1", port), timeout=20) as wire:
            wire.sendall(request)
            if hang_up:
                wire.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := wire.recv(65536):
                answer += piece
                if _is_whole(answer):
                    break
        head, _, body = answer.partition(b"\r\n\r\n")
        content_type = re.search(rb"(?i)^content-type: (.*?)\r?$", head, re.MULTILINE)
        return int(head.split()[1]), content_type[1].decode() if content_type else "", body

    return exchange


def _is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)^content-length: (\d+)", head, re.MULTILINE)
    return bool(end and length) and len(body) >= int(length[1])


def chunked(*chunks: bytes) -> bytes:
    body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + body + b"0\r\n\r\n"


def test_a_body_with_its_length_is_read(send):
    status, content_type, body = send(HEAD + b'Content-Length: 13\r\n\r\n{"text": "a"}')
    assert (status, content_type, body) == (200, "application/json", b'{"owner":null,"text":"a"}')


def test_a_body_in_chunks_is_read(send):
    status, _, body = send(chunked(b'{"text"', b': "a"}'))
    assert (status, body) == (200, b'{"owner":null,"text":"a"}')


def test_a_body_in_chunks_that_is_too_large_is_refused(send):
    status, content_type, body = send(chunked(*[b"a" * 1024 * 1024] * 6))
    assert (status, content_type) == (413, "application/problem+json")
    assert b'"too_large"' in body


def test_chunks_that_end_early_are_a_bad_request(send):
    broken = HEAD + b'Transfer-Encoding: chunked\r\n\r\nd\r\n{"text"'
    status, content_type, body = send(broken, hang_up=True)
    assert (status, content_type) == (400, "application/problem+json")
    assert b'"bad_request"' in body


def test_a_length_that_is_too_large_is_refused_unread(send):
    status, content_type, body = send(HEAD + b"Content-Length: 99999999999\r\n\r\n{}")
    assert (status, content_type) == (413, "application/problem+json")
    assert b'"too_large"' in body


def test_a_body_shorter_than_its_length_is_malformed(send):
    status, content_type, _ = send(HEAD + b'Content-Length: 50\r\n\r\n{"text"', hang_up=True)
    assert (status, content_type) == (400, "application/problem+json")


def test_what_is_longer_than_its_length_is_cut_there(send):
    status, content_type, body = send(HEAD + b'Content-Length: 5\r\n\r\n{"text": "a"}')
    assert (status, content_type) == (400, "application/problem+json")
    assert b"parse_error" in body


def test_no_length_is_no_body(send):
    assert send(HEAD + b"\r\n")[::2] == (200, b'{"owner":null}')


@pytest.mark.parametrize("length", [b"-1", b"nonsense", b"1, 1", b"0x2"])
def test_a_length_that_is_no_number_is_refused(send, length):
    """By gunicorn, before there is a path: the one error whose page is not ours."""
    assert send(HEAD + b"Content-Length: " + length + b"\r\n\r\n{}")[0] == 400


@pytest.mark.parametrize("path", [b"/%ff%00/", b"/api/groups/%00/", b"//", b"/../../etc/passwd"])
def test_odd_paths_are_not_found(send, path):
    status, content_type, _ = send(b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert (status, content_type) == (404, "application/problem+json")


def test_another_host_is_a_bad_request(send):
    status, content_type, _ = send(b"GET /healthz/ HTTP/1.1\r\nHost: evil.example.org\r\n\r\n")
    assert (status, content_type) == (400, "application/problem+json")


def test_a_database_that_lacks_its_tables_is_not_ready(send):
    status, content_type, body = send(b"GET /readyz/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert (status, content_type) == (503, "application/problem+json")
    assert b"migrations pending" in body


def test_a_crash_tells_nothing(send):
    status, content_type, body = send(b"GET /api/failing/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert (status, content_type) == (500, "application/problem+json")
    assert b"hunter2" not in body and b"Traceback" not in body


def test_static_files_are_served_without_having_been_collected(send):
    path = b"/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui.css"
    assert send(b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")[0] == 200
