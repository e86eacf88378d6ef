"""Tests of lists: pages, filters and conditional requests."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.forms import Form
from django.http import HttpResponse

from eventbooking_system.api.filters import FilterSet
from eventbooking_system.db.replica import ReplicaRouter
from eventbooking_system.testing.problems import fields_in_error
from eventbooking_system.tests.urls import GroupFilter
from users.tests.factories import StaffFactory, UserFactory

pytestmark = [
    pytest.mark.urls("eventbooking_system.tests.urls"),
    pytest.mark.django_db,
    pytest.mark.sqlite,
]


def etag_of(response: HttpResponse) -> str:
    assert response.status_code == 200
    return response["ETag"]


@pytest.fixture(autouse=True)
def _no_groups(db: None) -> None:
    """Delete the groups that a migration adds."""
    Group.objects.all().delete()


@pytest.fixture
def groups() -> list[Group]:
    return Group.objects.bulk_create(Group(name=f"Group {number}") for number in range(25))


class TestPages:
    def test_a_list_comes_in_pages(self, api, groups, django_assert_num_queries):
        with django_assert_num_queries(2):
            first = api.get("/api/groups/").json()
        assert first.keys() == {"count", "next", "previous", "results"}
        assert (first["count"], first["previous"], len(first["results"])) == (25, None, 20)
        last = api.get(first["next"]).json()
        assert (last["next"], len(last["results"])) == (None, 5)
        assert last["previous"] == "http://testserver/api/groups/"

    def test_the_largest_page_is_a_hundred(self, api, groups):
        assert len(api.get("/api/groups/?page_size=100").json()["results"]) == 25
        assert len(api.get("/api/groups/?page_size=1&page=25").json()["results"]) == 1

    @pytest.mark.parametrize("name", ["page", "page_size"])
    @pytest.mark.parametrize(
        "value",
        ["0", "-1", "abc", "1.5", "1e1", "", " 1", "%2B1", "%00", "1%00", "²", "١", "last",
         "1" + "0" * 30, "9" * 5000, "1&{}=2"],
    )  # fmt: skip
    def test_list_refuses_an_invalid_page(self, api, groups, name, value):
        response = api.get(f"/api/groups/?{name}={value.format(name)}")
        assert (response.status_code, response.json()["code"]) == (400, "invalid")
        assert response.json()["errors"][0]["field"] == name

    def test_a_page_size_beyond_the_largest_is_invalid(self, api, groups):
        response = api.get("/api/groups/?page_size=101")
        assert response.json()["errors"][0]["detail"] == "A whole number from 1 to 100."

    @pytest.mark.parametrize("page", ["3", "999999999"])
    def test_a_page_beyond_the_end_is_not_found(self, api, groups, page):
        assert api.get(f"/api/groups/?page={page}").json()["code"] == "not_found"

    def test_the_last_page_says_the_count(self, api, groups, django_assert_num_queries):
        with django_assert_num_queries(1):
            assert api.get("/api/groups/?page=2").json()["count"] == 25

    def test_a_long_list_is_counted_no_further_and_goes_on(self, api, groups, monkeypatch):
        monkeypatch.setattr("eventbooking_system.api.pagination.MAX_COUNTED", 10)
        path, names = "/api/groups/?page_size=6", []
        while path:
            page = api.get(path).json()
            assert page["count"] == 10
            names += [row["name"] for row in page["results"]]
            path = page["next"]
        assert names == [group.name for group in groups]

    def test_an_empty_list_has_one_page(self, api):
        assert api.get("/api/groups/").json()["results"] == []


class TestFilters:
    @pytest.mark.parametrize(
        ("query", "field", "code"),
        [
            ("nothing=1", "nothing", "unknown_filter"),
            ("Name=a", "Name", "unknown_filter"),
            ("ordering=-name", "ordering", "unknown_filter"),
            ("format=json", "format", "unknown_filter"),
            ("%00=1", "\x00", "unknown_filter"),
            ("size=huge", "size", "invalid_choice"),
            ("size=big&size=small", "size", "repeated"),
            ("names=a&names=c", "names", "invalid_choice"),
            ("name=%00", "name", "null_characters_not_allowed"),
            ("search=a%00", "search", "null_characters_not_allowed"),
            (f"search={'a' * 201}", "search", "max_length"),
            ("id=1.5", "id", "invalid"),
            ("id=abc", "id", "invalid"),
            ("id=0", "id", "min_value"),
            ("id=9223372036854775808", "id", "max_value"),
            (f"id={'9' * 5000}", "id", "invalid"),
            ("id=1e9999999", "id", "invalid"),
            ("id=NaN", "id", "invalid"),
            ("id=1&id=1", "id", "repeated"),
        ],
    )
    def test_list_refuses_unknown_parameters(self, api, groups, query, field, code):
        response = api.get(f"/api/groups/?{query}")
        assert response.status_code == 400
        errors = [(error["field"], error["code"]) for error in response.json()["errors"]]
        assert errors == [(field, code)]

    def test_only_the_filters_that_a_request_names_are_made(self, api, groups, monkeypatch):
        made = []

        def get_form_class(filterset: GroupFilter) -> type[Form]:
            made.append(set(filterset.filters))
            return FilterSet.get_form_class(filterset)

        monkeypatch.setattr(GroupFilter, "get_form_class", get_form_class)
        api.get("/api/groups/")
        api.get("/api/groups/?name=a&search=b&page=1")
        assert made == [set(), {"name", "search"}]

    def test_a_page_for_people_offers_all_filters(self, api, groups):
        page = api.get("/api/groups/?name=a", headers={"accept": "text/html"}).content.decode()
        for name in GroupFilter.base_filters:
            assert f'name="{name}"' in page

    def test_every_word_of_a_search_must_occur(self, api, groups):
        Group.objects.create(name="100% Gold_Circle")
        for search, count in [("gROUP", 25), ("24 group", 1), ("group nothing", 0), ("", 26),
                              ("%25", 1), ("_", 1), ("0% gold_", 1), ("  ", 26)]:  # fmt: skip
            assert api.get(f"/api/groups/?search={search}").json()["count"] == count, search

    def test_values_choose(self, api, groups):
        Group.objects.bulk_create([Group(name="a"), Group(name="b"), Group(name="big")])
        assert api.get("/api/groups/?names=a&names=b").json()["count"] == 2
        assert api.get("/api/groups/?size=big").json()["count"] == 1
        assert api.get(f"/api/groups/?id={groups[0].pk}").json()["count"] == 1
        assert api.get(f"/api/groups/?id={2**63 - 1}").json()["count"] == 0

    def test_detail_refuses_filters(self, api, groups):
        response = api.get(f"/api/groups/{groups[0].pk}/?name=nothing&quantity=4")
        assert fields_in_error(response) == ["name", "quantity"]


class TestCachedReads:
    @pytest.mark.parametrize("path", ["/api/groups/", "/api/groups/{}/", "/api/clock/"])
    def test_a_validator_saves_the_body(self, api, groups, path):
        path = path.format(groups[0].pk)
        etag = etag_of(api.get(path))
        assert etag.startswith('W/"')
        for sent in (etag, etag.removeprefix("W/"), "*", f'"a", {etag}', f'W/"b,c" ,{etag}'):
            response = api.get(path, headers={"if-none-match": sent})
            assert (response.status_code, response.content) == (304, b"")
            assert response["ETag"] == etag
            assert response["Cache-Control"] == "public, max-age=60"
            assert {"Authorization", "Cookie", "Accept"} <= set(response["Vary"].split(", "))
            assert "Content-Type" not in response
            assert response["X-Request-ID"]

    @pytest.mark.parametrize("sent", ['"other"', "nonsense", "", 'W/"', '"*"'])
    def test_another_validator_gets_the_body(self, api, groups, sent):
        assert api.get("/api/groups/", headers={"if-none-match": sent}).status_code == 200

    def test_etag_changes_with_the_content(self, api, groups):
        before = etag_of(api.get("/api/groups/"))
        assert etag_of(api.get("/api/groups/")) == before
        Group.objects.filter(pk=groups[0].pk).update(name="Renamed")
        assert etag_of(api.get("/api/groups/")) != before

    def test_etag_does_not_change_with_the_time(self, api):
        first, second = api.get("/api/clock/"), api.get("/api/clock/")
        assert first.json()["as_of"] != second.json()["as_of"]
        assert first["ETag"] == second["ETag"]

    def test_a_page_for_people_has_another(self, api, groups):
        html = api.get("/api/groups/", headers={"accept": "text/html"})
        assert etag_of(html) != etag_of(api.get("/api/groups/"))

    def test_head_has_the_headers_of_get(self, api, groups):
        get, head = api.get("/api/groups/"), api.head("/api/groups/")
        assert (head["ETag"], head["Cache-Control"]) == (get["ETag"], get["Cache-Control"])

    def test_answer_to_a_login_is_private(self, login, client, groups):
        staff = StaffFactory()
        assert login(staff).get("/api/groups/")["Cache-Control"] == "private, max-age=60"
        client.force_login(staff)
        assert client.get("/api/groups/")["Cache-Control"] == "private, max-age=60"

    @pytest.mark.parametrize("path", ["/api/groups/?nothing=1", "/api/groups/0/"])
    def test_errors_are_not_kept(self, api, path):
        response = api.get(path, headers={"if-none-match": "*"})
        assert response.status_code in (400, 404)
        assert response["Cache-Control"] == "no-store"
        assert "ETag" not in response

    def test_other_methods_are_not_kept(self, api):
        assert "ETag" not in api.options("/api/groups/")


class TestReplica:
    """Tests of a replica's reads, with a router that records queries."""

    @pytest.fixture
    def asked(self, settings, monkeypatch) -> list[str]:
        answers = []
        router = ReplicaRouter()

        class Noting:
            def db_for_read(self, model, **hints):
                if model is Group:
                    answers.append(router.db_for_read(model, **hints))
                return "default"

        monkeypatch.setattr("django.db.router.routers", [Noting()])
        return answers

    def test_all_clients_read_the_catalogue_from_the_replica(self, asked, api, login):
        api.get("/api/groups/")
        login(UserFactory()).get("/api/groups/")
        assert set(asked) == {"replica"}

    def test_staff_read_what_they_have_just_written(self, asked, login):
        login(StaffFactory()).get("/api/groups/")
        assert set(asked) == {"default"}

    @pytest.fixture
    def write(self, settings, monkeypatch) -> Callable[..., int]:
        """
        Return a function that writes while there is a replica.

        `write(client, **fields)` returns the answer's status.
        """
        monkeypatch.setitem(settings.DATABASES, "replica", {"ATOMIC_REQUESTS": False})
        settings.MIDDLEWARE = [
            *settings.MIDDLEWARE,
            "eventbooking_system.db.replica.RememberWritersMiddleware",
        ]
        return lambda client, **fields: client.post("/api/echo/", fields).status_code

    def test_a_customer_who_has_just_written_reads_from_the_primary(self, asked, write, login, api):
        writer, other = login(UserFactory()), login(UserFactory())
        assert write(writer, text="New") == 200
        asked.clear()
        writer.get("/api/groups/")
        assert set(asked) == {"default"}
        asked.clear()
        other.get("/api/groups/")
        api.get("/api/groups/")
        assert set(asked) == {"replica"}

    def test_a_refused_write_does_not_count_as_a_write(self, asked, write, login):
        writer = login(UserFactory())
        assert write(writer, nothing="New") == 400
        asked.clear()
        writer.get("/api/groups/")
        assert set(asked) == {"replica"}

    def test_a_customer_reads_from_the_replica_again_after_a_while(self, asked, write, login):
        customer = UserFactory()
        writer = login(customer)
        assert write(writer, text="New") == 200
        cache.delete(f"wrote:{customer.pk}")
        asked.clear()
        writer.get("/api/groups/")
        assert set(asked) == {"replica"}

    def test_after_a_request_reads_are_fresh_again(self, asked, api):
        for path in ("/api/groups/", "/api/groups/?page=9", "/api/groups/0/"):
            api.get(path)
        asked.clear()
        Group.objects.count()
        assert asked == ["default"]
