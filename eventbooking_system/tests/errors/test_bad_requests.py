"""Bad requests, each refused with a problem document (RFC 9457)."""

from urllib.parse import urlencode

import pytest

from eventbooking_system.testing.problems import assert_problem
from users.tests.factories import StaffFactory

pytestmark = [pytest.mark.urls("eventbooking_system.tests.urls"), pytest.mark.django_db]


@pytest.mark.parametrize(
    "path",
    ["/nothing/", "/api/nothing/", "/api/problems/nothing/", "/api/problems/not_found/",
     "/static/nothing.css", "/%00/", "/%ff%fe/", "/api/groups/%00/", "/api/groups/nothing/",
     "/api/groups/99999999999999999999999/", "/api/groups/" + "9" * 5000 + "/",
     "/admin/nothing/", "//nothing//"],
)  # fmt: skip
@pytest.mark.parametrize("accept", ["application/json", "text/html", "*/*"])
def test_an_unknown_url_is_not_found(mode, browser, path, accept):
    if path.startswith("/admin/"):
        browser.force_login(StaffFactory())
    response = browser.get(path, headers={"accept": accept})
    if accept == "text/html" and not path.startswith("/api/"):
        assert (response.status_code, response["Content-Type"]) == (404, "text/html; charset=utf-8")
        assert "traceback" not in response.content.decode().lower()
    else:
        assert_problem(response, 404, "not_found")


def test_a_path_without_its_slash_is_a_404_that_says_so(mode, browser):
    for response in (browser.get("/api/clock"), browser.post("/api/echo", {"text": "a"})):
        assert "end in a slash" in assert_problem(response, 404, "not_found")["detail"]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/api/clock/", "GET, HEAD, OPTIONS"), ("/healthz/", "GET, HEAD"),
     ("/api/problems/", "GET, HEAD")],
)  # fmt: skip
def test_a_wrong_method_gets_the_allowed_methods(mode, browser, path, allowed):
    response = browser.put(path, {}, content_type="application/json")
    assert_problem(response, 405, "method_not_allowed")
    assert response["Allow"] == allowed


def test_an_unknown_method_is_not_allowed(mode, browser):
    assert_problem(browser.generic("BREW", "/api/clock/"), 405, "method_not_allowed")


@pytest.mark.parametrize("accept", ["image/png", "application/xml", "nonsense"])
def test_a_type_that_is_not_there_is_not_acceptable(mode, api, accept):
    response = api.get("/api/clock/", headers={"accept": accept})
    assert_problem(response, 406, "not_acceptable")


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/xml", "multipart/form-data; boundary=x", "nonsense", ""],
)
def test_a_body_of_another_type_is_unsupported(mode, api, content_type):
    response = api.generic("POST", "/api/echo/", "text=a", content_type=content_type)
    assert_problem(response, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "body",
    [b"{", b'{"text": }', b"{'text': 'a'}", b'{"text": "a"} {}', b'{"text": "a",}',
     b'{"text": "a", "text": "b"}', b'{"any": [{"a": 1, "a": 1}]}', b'[{"a": 1, "a": 1}]',
     b'{"any": {"": 1, "": 1}}', b'{"te\\u0078t": "a", "text": "b"}',
     b'{"ratio": NaN}', b'{"ratio": Infinity}', b'{"ratio": -Infinity}', b'{"ratio": 1e999}',
     b'{"whole": 1' + b"0" * 5000 + b"}",
     b"[" * 60_000, b"[" * 30_000 + b"]" * 30_000, b'{"any":' * 8_000 + b"1" + b"}" * 8_000,
     b'{"any":' + b"[" * 64 + b"]" * 64 + b"}",
     b'{"text": "\xff"}', b'{"text": "\\ud800"}', b'{"text": "\\udc00\\ud800"}',
     b'{"text": "\xed\xa0\x80"}', b'\xef\xbb\xbf{"text": "a"}', '{"text": "a"}'.encode("utf-16"),
     b'{"whole": 01}', b'{"whole": 0x1}', b"\x00", b"// comment\n{}"],
    ids=lambda body: repr(body[:30]),
)  # fmt: skip
def test_malformed_json_is_a_parse_error(mode, api, body):
    response = api.generic("POST", "/api/echo/", body, content_type="application/json")
    document = assert_problem(response, 400, "parse_error")
    assert document["detail"].startswith("Malformed JSON: ")
    assert len(document["detail"]) < 300


def test_repeated_names_are_found_in_linear_time(api):
    """A body may have many names, and one of them twice."""
    names = ",".join(f'"{number}":1' for number in range(7_000))
    body = '{"0":1,' + names + "}"
    response = api.generic("POST", "/api/echo/", body, content_type="application/json")
    assert "appear twice: 0" in assert_problem(response, 400, "parse_error")["detail"]


@pytest.mark.parametrize(
    "body",
    [b"[]", b"null", b'"text"', b"1",
     b'{"whole": 18446744073709551616}', b'{"whole": 9223372036854775808}', b'{"whole": 1.0}',
     b'{"whole": true}', b'{"text": 1}', b'{"text": "\\u0000"}', b'{"text": null}',
     b'{"show_id": 0}', b'{"flag": 1}', b'{"ratio": "1"}', b'{"amount": 1.5}', b'{"nothing": 1}'],
    ids=lambda body: repr(body[:30]),
)  # fmt: skip
def test_json_of_another_shape_is_invalid(mode, api, body):
    response = api.generic("POST", "/api/echo/", body, content_type="application/json")
    document = assert_problem(response, 400, "invalid")
    for error in document["errors"]:
        assert error.keys() == {"field", "code", "detail"}
        assert error["code"] and error["detail"]


def test_errors_name_their_fields_by_dotted_paths(api):
    body = {"lines": [{"name": "a"}, {"name": 1}, {"x": "b"}], "whole": "1", "id": 1, "owner": 2}
    document = assert_problem(api.post("/api/echo/", body), 400, "invalid")
    assert [(error["field"], error["code"]) for error in document["errors"]] == [
        ("whole", "invalid"),
        ("lines.1.name", "invalid"),
        ("lines.2.name", "required"),
        ("lines.2.x", "unknown_field"),
        ("id", "read_only"),
        ("owner", "read_only"),
    ]
    assert document["detail"] == "6 fields are wrong."


def test_an_error_without_a_field_names_no_field(api):
    (error,) = assert_problem(api.post("/api/echo/", []), 400, "invalid")["errors"]
    assert error["field"] == ""


def test_an_answer_does_not_outgrow_its_request(api):
    document = api.post("/api/echo/", {"lines": [0] * 10_000}).json()
    assert document["detail"] == "10000 fields are wrong."
    assert len(document["errors"]) == 100


@pytest.mark.parametrize("length", ["-1", "nonsense", "1e3", "0x10", "²", "9" * 5000, "1, 1"])
def test_a_content_length_that_is_not_a_number_is_a_bad_request(mode, api, length):
    response = api.generic(
        "POST", "/api/echo/", b"{}", content_type="application/json", CONTENT_LENGTH=length
    )
    assert_problem(response, 400, "bad_request")


def test_a_body_in_chunks_is_refused_where_the_server_cannot_tell_its_end(mode, api):
    response = api.generic(
        "POST", "/api/echo/", b"{}", "application/json", HTTP_TRANSFER_ENCODING="chunked"
    )
    assert_problem(response, 400, "bad_request")


def test_a_body_that_is_too_large_is_refused_unread(mode, api, settings):
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    response = api.generic(
        "POST", "/api/echo/", b"{}", content_type="application/json", CONTENT_LENGTH=str(limit + 1)
    )
    assert_problem(response, 413, "too_large")
    # The security headers are there, too, although no view was called.
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/api/clock/", "/nothing/", "/static/nothing.css"])
@pytest.mark.parametrize("host", ["evil.example.org", "bad host", "a_b:c", ""])
def test_another_host_is_a_bad_request(mode, browser, path, host):
    document = assert_problem(browser.get(path, HTTP_HOST=host), 400, "bad_request")
    assert document["detail"] == "This host is not served here."


def test_a_session_without_its_csrf_token_is_refused(mode, browser):
    browser.force_login(StaffFactory())
    for path in ("/api/members/", "/admin/logout/"):
        assert_problem(browser.post(path), 403, "permission_denied")


def test_a_form_with_too_many_fields_is_a_bad_request(mode, browser):
    """A middleware reads the form, outside the views' handler of errors."""
    form = urlencode({f"field{number}": "" for number in range(2000)})
    browser.cookies["csrftoken"] = "a" * 32
    content_type = "application/x-www-form-urlencoded"
    response = browser.post("/admin/login/", form, content_type=content_type)
    assert_problem(response, 400, "bad_request")


def test_head_and_options_answer(api):
    head = api.head("/api/groups/")
    assert (head.status_code, head.content) == (200, b"")
    assert head["ETag"]
    options = api.options("/api/groups/")
    assert options.status_code == 200
    assert options["Allow"] == "GET, HEAD, OPTIONS"
    assert_problem(api.options("/api/members/"), 401, "not_authenticated")


def test_the_errors_of_unknown_fields_end_at_a_hundred(api):
    document = assert_problem(
        api.post("/api/echo/", {f"name{number}": 1 for number in range(4000)}), 400, "invalid"
    )
    assert len(document["errors"]) == 100
