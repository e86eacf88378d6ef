"""Requests over the wire, with the server command of the README."""

import pytest

from eventbooking_system.tests.server.process import HEAD, chunked


def test_a_body_with_its_length_is_read(send):
    status, content_type, body = send(HEAD + b'Content-Length: 13\r\n\r\n{"text": "a"}')
    assert (status, content_type, body) == (200, "application/json", b'{"owner":null,"text":"a"}')


def test_a_body_in_chunks_is_read(send):
    status, _, body = send(chunked(b'{"text"', b': "a"}'))
    assert (status, body) == (200, b'{"owner":null,"text":"a"}')


def test_a_body_in_chunks_that_is_too_large_is_refused(send):
    status, content_type, body = send(chunked(*[b"a" * 1024 * 1024] * 4))
    assert (status, content_type) == (413, "application/problem+json")
    assert b'"too_large"' in body


@pytest.mark.parametrize("come", [b"", b"d\r\n", b'd\r\n{"text"', b'9\r\n{"text": \r\nzz\r\n"a"}'])
def test_chunks_that_end_early_are_a_bad_request(send, come):
    broken = HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + come
    assert send(broken, hang_up=True)[:2] == (400, "application/problem+json")


def test_chunks_whose_end_would_not_be_missed_are_refused(send):
    form = chunked(b"text=a").replace(b"application/json", b"application/x-www-form-urlencoded")
    status, content_type, body = send(form)
    assert (status, content_type) == (400, "application/problem+json")
    assert b'"bad_request"' in body


def test_a_length_that_is_too_large_is_refused_unread(send):
    status, content_type, body = send(HEAD + b"Content-Length: 99999999999\r\n\r\n{}")
    assert (status, content_type) == (413, "application/problem+json")
    assert b'"too_large"' in body


@pytest.mark.parametrize("come", [b"", b'{"text"', b'{"text": "a"}'])
def test_a_body_shorter_than_its_length_is_a_bad_request(send, come):
    status, content_type, body = send(HEAD + b"Content-Length: 50\r\n\r\n" + come, hang_up=True)
    assert (status, content_type) == (400, "application/problem+json")
    assert b'"bad_request"' in body


def test_body_is_cut_at_its_content_length(send):
    status, content_type, body = send(HEAD + b'Content-Length: 5\r\n\r\n{"text": "a"}')
    assert (status, content_type) == (400, "application/problem+json")
    assert b"parse_error" in body


def test_no_length_is_no_body(send):
    assert send(HEAD + b"\r\n")[::2] == (200, b'{"owner":null}')


@pytest.mark.parametrize("length", [b"-1", b"nonsense", b"1, 1", b"0x2"])
def test_a_length_that_is_no_number_is_refused(send, length):
    """The server refuses it before there is a path. So this one error is no problem document."""
    assert send(HEAD + b"Content-Length: " + length + b"\r\n\r\n{}")[0] == 400


def test_a_path_leads_to_the_same_again(send):
    pages = [b"busy", b"not-found", b"busy", b"not-found"]
    heads = [b"GET /api/problems/" + page + b"/ HTTP/1.1\r\nHost: localhost\r\n" for page in pages]
    answers = [send(head + b"Accept: application/json\r\n\r\n") for head in heads]
    assert answers[:2] == answers[2:]
    assert answers[0] != answers[1]
    assert {status for status, *_ in answers} == {200}


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
