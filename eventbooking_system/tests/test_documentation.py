"""Tests of the OpenAPI document and the pages that show it."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from drf_spectacular import validation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from jsonschema_rs import Draft202012Validator

from eventbooking_system.api.documentation import SchemaView
from eventbooking_system.api.schema import SchemaGenerator as OwnGenerator
from eventbooking_system.errors import PROBLEMS
from eventbooking_system.problems import MEDIA_TYPE
from eventbooking_system.testing.contract import contract
from eventbooking_system.urls import urlpatterns as project_urls
from users.tests.factories import StaffFactory

# The URLs of the project under another name, for which no document has been made yet.
urlpatterns = project_urls


@pytest.fixture(scope="module")
def document() -> dict:
    return SchemaGenerator().get_schema(request=None, public=True)


def operations(document: dict) -> list[tuple[str, dict]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if isinstance(operation, dict)
    ]


class Requested(HTMLParser):
    """The addresses that a browser fetches for a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.urls: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "link", "img", "iframe"}:
            self.urls += [value or "" for name, value in attrs if name in {"src", "href"}]


def test_the_document_is_openapi_3_1(document):
    assert document["openapi"] == "3.1.0"
    # drf-spectacular's own `validate_schema` takes a hundred times as long with the same schema.
    schema = json.loads((Path(validation.__file__).parent / "openapi_3_1_schema.json").read_text())
    plain = json.loads(OpenApiJsonRenderer().render(document))
    errors = list(Draft202012Validator(schema).iter_errors(plain))
    assert errors == []
    del plain["info"]["title"]
    assert not Draft202012Validator(schema).is_valid(plain)


def test_every_operation_has_a_summary_and_a_tag_that_is_described(document):
    described = {tag["name"] for tag in document["tags"]}
    for name, operation in operations(document):
        assert operation.get("summary"), name
        assert set(operation["tags"]) <= described, name


def test_every_error_is_described_by_our_problem_with_an_example(document):
    for name, operation in operations(document):
        errors = {
            status: response
            for status, response in operation["responses"].items()
            if status >= "400"
        }
        assert errors.keys() >= {"429", "503"}, name
        for status, response in errors.items():
            assert response["content"].keys() == {MEDIA_TYPE}, (name, status)
            content = response["content"][MEDIA_TYPE]
            assert content["schema"] == {"$ref": "#/components/schemas/Problem"}, (name, status)
            assert content["examples"], (name, status)
            for code, example in content["examples"].items():
                assert example["value"]["status"] == int(status), name
                assert PROBLEMS[example["value"]["code"]].status == int(status), (name, code)


def test_the_problem_of_the_document_is_the_one_that_is_sent(document):
    schema = document["components"]["schemas"]["Problem"]
    assert set(schema["required"]) == {"type", "title", "status", "code", "detail"}
    assert {*schema["required"], "errors", "alternatives"} <= set(schema["properties"])
    code = schema["properties"]["code"]["$ref"].rpartition("/")[2]
    assert document["components"]["schemas"][code]["enum"] == sorted(PROBLEMS)


def bodies(operation: dict) -> list[dict]:
    """Yield every body of an operation by its media type. It is of the request or of an answer."""
    sides = [operation.get("requestBody", {}), *operation["responses"].values()]
    return [body for side in sides for body in side.get("content", {}).values()]


def test_every_example_is_what_its_schema_says(document):
    seen = 0
    for name, operation in operations(document):
        for body in bodies(operation):
            for title, example in body.get("examples", {}).items():
                fault = contract().fault_of_value(example["value"], body["schema"])
                assert not fault, (name, title, fault)
                seen += 1
    assert seen > 100


def test_no_operation_id_has_a_dot_and_no_shape_is_a_request_of_a_request(document):
    ids = [operation["operationId"] for _, operation in operations(document)]
    assert not [name for name in ids if not re.fullmatch(r"\w+", name)]
    assert not [name for name in document["components"]["schemas"] if "RequestRequest" in name]


def test_ids_flags_and_days_are_described_as_such(document):
    shows = {
        parameter["name"]: parameter["schema"]
        for parameter in document["paths"]["/api/shows/"]["get"]["parameters"]
    }
    assert shows["available"] == {"type": "boolean"}
    assert shows["include_past"] == {"type": "boolean"}
    assert shows["date"] == {"type": "string", "format": "date"}
    for name, operation in operations(document):
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "path" and re.fullmatch(r"id|\w+_id", parameter["name"]):
                assert parameter["schema"]["type"] == "integer", name


def test_no_keyword_of_openapi_3_0_and_no_default_of_a_request_is_left(document):
    assert '"nullable"' not in json.dumps(document)
    for name, schema in document["components"]["schemas"].items():
        if name.endswith("Request"):
            for field, shape in schema.get("properties", {}).items():
                assert "default" not in shape, (name, field)


def test_docstrings_of_the_code_are_not_used_as_descriptions(document):
    for name, operation in operations(document):
        assert "mixin" not in operation.get("description", "").lower(), name
    assert "description" not in document["paths"]["/api/shows/{id}/calendar.ics"]["get"]


def test_names_of_choices_say_whose_they_are(document):
    names = [name for name in document["components"]["schemas"] if name.endswith("Enum")]
    assert "StatusEnum" not in names
    assert not [name for name in names if re.search(r"[0-9a-f]{3}Enum$", name)]


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_document_is_made_once_for_each_url_configuration(client, monkeypatch):
    made = []
    monkeypatch.setattr(SchemaGenerator, "get_schema", lambda *_: made.append(1) or {"paths": {}})
    for _ in range(3):
        assert client.get("/api/schema/").status_code == 200
    assert len(made) == 1


@pytest.mark.django_db
def test_requests_are_refused_while_the_document_is_made(client, monkeypatch):
    refused = []

    def make(*_, **__):
        refused.append(client.get("/api/schema/"))
        return {"paths": {}}

    monkeypatch.setattr(SchemaView, "_made", {})
    monkeypatch.setattr(OwnGenerator, "get_schema", make)
    assert client.get("/api/schema/").status_code == 200
    assert [response.status_code for response in refused] == [503]
    assert refused[0].json()["code"] == "busy"
    assert int(refused[0]["Retry-After"]) > 0
    assert client.get("/api/schema/").status_code == 200
    assert len(refused) == 1


@pytest.mark.django_db
def test_the_document_is_served(client):
    response = client.get("/api/schema/")
    assert response.status_code == 200
    assert yaml.load(response.content, Loader=yaml.CSafeLoader)["openapi"] == "3.1.0"
    as_json = client.get("/api/schema/", headers={"accept": "application/json"})
    assert as_json.json()["info"]["title"] == "Event Booking System"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/docs/", "/api/redoc/", "/api/problems/", "/admin/login/"])
def test_a_page_asks_for_nothing_from_elsewhere(client, path):
    response = client.get(path, headers={"accept": "text/html"})
    assert response.status_code == 200
    page = response.content.decode().replace("http://www.w3.org/2000/svg", "")
    assert "http://" not in page and "https://" not in page
    urls = Requested(page).urls
    assert all(url.startswith(("/static/", "/api/", "data:", "/admin/")) for url in urls), urls
    for url in urls:
        if url.startswith("/static/"):
            file = client.get(url)
            assert file.status_code == 200, url
            file.close()
    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "http" not in policy


@pytest.mark.django_db
def test_swagger_ui_does_not_ask_its_makers_for_a_verdict(client):
    assert '"validatorUrl": null' in client.get("/api/docs/?script=").content.decode()


BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/docs/", "/api/redoc/", "/admin/login/", "/nothing/"])
def test_the_policy_of_a_page_runs_no_inline_script(client, path):
    response = client.get(path, headers=BROWSER)
    policy = dict(part.split(" ", 1) for part in response["Content-Security-Policy"].split("; "))
    assert policy["script-src"] == "'self'" and policy["default-src"] == "'self'"
    scripts = re.findall(r"<script([^>]*)>([^<]*)", response.content.decode())
    assert all(not text.strip() and "src=" in attributes for attributes, text in scripts), scripts
    assert not re.search(r"\son\w+=|javascript:", response.content.decode())


@pytest.mark.django_db
def test_redoc_has_no_logo_of_another_host(client):
    assert "/api/redoc/redoc.js" in client.get("/api/redoc/", headers=BROWSER).content.decode()
    script = client.get("/api/redoc/redoc.js")
    assert script.status_code == 200 and script["Content-Type"] == "text/javascript"
    assert b"Redoc" in script.content and b"logo-mini" not in script.content


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/nothing/", "/shows/999999/", "/bookings/"])
def test_an_unknown_page_is_html_to_a_browser_and_a_problem_to_a_program(client, path):
    page = client.get(path, headers=BROWSER)
    assert (page.status_code, page["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert '<a href="/">' in page.content.decode() and "Accept" in page["Vary"]
    problem = client.get(path, headers={"accept": "application/json"})
    assert (problem.status_code, problem["Content-Type"]) == (404, MEDIA_TYPE)


@pytest.mark.django_db
def test_the_root_of_the_api_leads_a_browser_to_its_documentation(client):
    page = client.get("/api/", headers=BROWSER)
    assert page.status_code == 200 and '<a href="/api/docs/">' in page.content.decode()
    assert client.get("/api/").json()["code"] == "not_found"
    assert client.get("/api/nothing/", headers=BROWSER)["Content-Type"] == MEDIA_TYPE


@pytest.mark.django_db
def test_the_root_leads_to_the_documentation(client):
    assert '<a href="/api/docs/">' in client.get("/").content.decode()


@pytest.mark.django_db
@pytest.mark.urls("eventbooking_system.tests.urls")
class TestBrowsableAPI:
    BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}

    def test_json_is_the_default(self, api):
        assert api.get("/api/groups/")["Content-Type"] == "application/json"
        assert (
            api.get("/api/groups/", headers={"accept": "*/*"})["Content-Type"] == "application/json"
        )

    @pytest.mark.parametrize("path", ["/api/groups/", "/api/clock/", "/api/members/"])
    def test_browsable_api_renders_for_staff(self, client, path):
        client.force_login(StaffFactory())
        response = client.get(path, headers=self.BROWSER)
        assert response.status_code == 200
        assert response["Content-Type"].startswith("text/html")
        assert "https://" not in response.content.decode().replace("https://www.django-rest", "")

    def test_a_write_of_a_session_needs_its_csrf_token(self, client):
        client.handler.enforce_csrf_checks = True
        client.force_login(StaffFactory())
        assert client.post("/api/members/").json()["code"] == "permission_denied"
        client.get("/admin/")
        token = client.cookies["csrftoken"].value
        headers = {"x-csrftoken": token}
        response = client.post("/api/members/", {}, "application/json", headers=headers)
        assert response.status_code == 200

    def test_browsers_get_errors_as_problems(self, api):
        response = api.get("/api/members/", headers=self.BROWSER)
        assert (response.status_code, response["Content-Type"]) == (401, MEDIA_TYPE)


@pytest.mark.django_db
@pytest.mark.parametrize("accept", ["*/*", "application/json"])
def test_the_document_is_the_same_when_it_is_sent_again(client, accept):
    first, second = (client.get("/api/schema/", headers={"accept": accept}) for _ in range(2))
    assert first.status_code == second.status_code == 200
    assert first.content == second.content
    assert first["Content-Type"] == second["Content-Type"]
