from typing import Any

import pytest
from django.contrib.auth.models import Permission

from eventbooking_system.testing.problems import fields_in_error
from users.tests.factories import StaffFactory, UserFactory
from venues.models import SALES_TERMS, Venue
from venues.serializers import MAILS
from venues.tests.factories import ScreenFactory, VenueFactory, hall

pytestmark = pytest.mark.django_db
LIST = "/api/venues/"
BODY = {"name": "Regal", "city": "Mumbai", "country": "IN", "timezone": "Asia/Kolkata"}
NAMES = [
    "id", "name", "slug", "address", "city", "country", "timezone", "latitude", "longitude",
]  # fmt: skip
TERMS = {
    "fee_per_ticket": "20.50", "fee_per_booking": "0.125", "tax_rate": "8.875",
    "tax_inclusive": False, "refund_cutoff_hours": 24, "refund_percent": "50.00",
    "fees_refundable": False, "exchange_fee": "1.50", "exchange_cutoff_minutes": 60,
    "exchange_scope": "venue", "downgrade": "forfeit",
    "cleaning_minutes": 30, "business_day_starts_at": "05:30:00", "week_starts_on": 3,
    "sender_name": "Regal", "reply_to": "desk@regal.example",
    "logo_url": "https://regal.example/logo.png", "tax_id": "27AAACR1234A1Z5",
}  # fmt: skip


def one(venue: Venue) -> str:
    return f"{LIST}{venue.pk}/"


def names(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [venue["name"] for venue in response.data["results"]]


# ---- Reading


def test_anyone_reads_a_venue_with_its_screens(api: Any, login: Any) -> None:
    screen = hall({"A": 3}, name="Screen 1")
    for client in (api, login(UserFactory())):
        response = client.get(one(screen.venue))
        assert list(response.json()) == [*NAMES, "screens"]
        assert response.json()["screens"] == [{"id": screen.pk, "name": "Screen 1", "capacity": 3}]
        assert list(client.get(LIST).json()["results"][0]) == NAMES


def test_staff_see_the_terms_of_sale(boss_api: Any) -> None:
    venue = VenueFactory()
    expected = [*NAMES, *SALES_TERMS, "business_day_starts_at", "week_starts_on", *MAILS]
    assert list(boss_api.get(one(venue)).json()) == [*expected, "screens"]
    assert list(boss_api.get(LIST).json()["results"][0]) == expected
    assert boss_api.get(one(venue)).json()["fee_per_ticket"] == "0.00"
    assert boss_api.get(one(venue)).json()["refund_percent"] == "100.00"


@pytest.mark.sqlite
def test_reads_take_a_fixed_number_of_queries(api: Any, django_assert_num_queries: Any) -> None:
    venue = VenueFactory()
    for _ in range(10):
        hall(venue=venue)
        VenueFactory()
    with django_assert_num_queries(1):  # A page at the end of the list needs no count.
        api.get(LIST)
    with django_assert_num_queries(2):  # The venue and its screens.
        assert len(api.get(one(venue)).json()["screens"]) == 10


def test_reads_carry_an_etag_that_staff_do_not_share(api: Any, boss_api: Any) -> None:
    venue = VenueFactory()
    for path in (LIST, one(venue)):
        first = api.get(path)
        assert first["Cache-Control"] == "public, max-age=60"
        assert api.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 304
        seen_by_staff = boss_api.get(path, headers={"If-None-Match": first["ETag"]})
        assert seen_by_staff.status_code == 200
        assert seen_by_staff["Cache-Control"].startswith("private")


@pytest.mark.sqlite
@pytest.mark.parametrize("pk", ["9223372036854775808", "9" * 19, "9" * 40, "-1", "abc"])
@pytest.mark.parametrize("rest", ["", "screens/", "screens/1/", "screens/1/seats/"])
def test_an_impossible_id_is_not_found(api: Any, boss_api: Any, pk: str, rest: str) -> None:
    for client in (api, boss_api):
        response = client.get(f"{LIST}{pk}/{rest}")
        assert response.status_code == 404
        assert response["Content-Type"] == "application/problem+json"


# ---- Filters


@pytest.mark.sqlite
def test_search_city_and_country_narrow_the_list(api: Any) -> None:
    VenueFactory(name="Regal", city="Mumbai", address="Colaba Causeway")
    VenueFactory(name="Odeon", city="London", country="GB", timezone="Europe/London")
    assert names(api.get(LIST, {"search": "colaba REG"})) == ["Regal"]
    assert names(api.get(LIST, {"search": "london"})) == ["Odeon"]
    assert names(api.get(LIST, {"city": "mumbai"})) == ["Regal"]
    assert names(api.get(LIST, {"country": "gb"})) == ["Odeon"]
    assert names(api.get(LIST, {"country": "FR"})) == []
    assert names(api.get(LIST, {"ordering": "-name"})) == ["Regal", "Odeon"]
    assert names(api.get(LIST, {"ordering": "city"})) == ["Odeon", "Regal"]


LONDON = {
    "BFI Southbank": (51.50694, -0.11513),
    "ActOne": (51.50659, -0.26857),
    "Enfield": (51.65038, -0.06085),
    "Paris": (48.8566, 2.3522),
}


@pytest.fixture
def london() -> None:
    for name, (latitude, longitude) in LONDON.items():
        VenueFactory(name=name, latitude=latitude, longitude=longitude)
    VenueFactory(name="Nowhere")


@pytest.mark.sqlite
@pytest.mark.usefixtures("london")
def test_near_lists_the_nearest_first(api: Any) -> None:
    near = {"near": "51.507,-0.115"}
    assert names(api.get(LIST, near)) == ["BFI Southbank", "ActOne", "Enfield"]
    assert names(api.get(LIST, {**near, "radius_km": "12"})) == ["BFI Southbank", "ActOne"]
    assert names(api.get(LIST, {**near, "radius_km": "10.5"})) == ["BFI Southbank"]
    assert names(api.get(LIST, {**near, "radius_km": "340"})) == [
        "BFI Southbank", "ActOne", "Enfield",
    ]  # fmt: skip
    assert names(api.get(LIST, {**near, "radius_km": "350"}))[-1] == "Paris"
    assert names(api.get(LIST, {**near, "ordering": "name"})) == [
        "ActOne", "BFI Southbank", "Enfield",
    ]  # fmt: skip
    assert names(api.get(LIST, {**near, "radius_km": "20016"}))[-1] == "Paris"


@pytest.mark.sqlite
def test_distances_are_those_of_the_great_circle() -> None:
    VenueFactory(latitude=48.8566, longitude=2.3522)
    found = Venue.objects.within(latitude=51.5074, longitude=-0.1278, radius_km=500).get()
    assert found.distance_km == pytest.approx(343.56, abs=0.05)  # London to Paris.
    VenueFactory(latitude=-51.5074, longitude=179.8722)
    everywhere = Venue.objects.within(latitude=51.5074, longitude=-0.1278, radius_km=20_016)
    assert everywhere.order_by("distance_km").last().distance_km == pytest.approx(20015.1, abs=0.1)


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("near", "there"),
    [
        ("-17.0,179.9", (-17.0, -179.9)),  # The date line runs through Fiji.
        ("-17.0,-179.9", (-17.0, 179.9)),
        ("89.95,0", (89.95, 180.0)),  # Across the pole.
        ("-89.95,10", (-90.0, -170.0)),
        ("60,0", (60.0, 0.42)),  # Meridians are closer together in the north.
    ],
)
def test_near_works_across_the_date_line_and_the_poles(
    api: Any, near: str, there: tuple[float, float]
) -> None:
    VenueFactory(latitude=there[0], longitude=there[1])
    assert len(names(api.get(LIST, {"near": near}))) == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"radius_km": "5"}, "radius_km"), ({"near": "1,1", "radius_km": "-1"}, "radius_km"),
        ({"near": "1,1", "radius_km": "20017"}, "radius_km"),
        ({"near": "1,1", "radius_km": "nan"}, "radius_km"),
        ({"near": "1,1", "radius_km": "inf"}, "radius_km"),
        ({"near": "1,1", "radius_km": "far"}, "radius_km"),
        ({"near": "91,0"}, "near"), ({"near": "0,181"}, "near"), ({"near": "1"}, "near"),
        ({"near": "1,2,3"}, "near"), ({"near": "nan,0"}, "near"), ({"near": "a,b"}, "near"),
        ({"near": "1,1\0"}, "near"), ({"near": "1e400,0"}, "near"), ({"near": "५,५"}, "near"),
        ({"near": "x", "radius_km": "5"}, "near"),
        ({"country": "UK"}, "country"), ({"country": "\0"}, "country"),
        ({"country": "IND"}, "country"), ({"city": "a\0"}, "city"),
        ({"search": "x" * 201}, "search"), ({"ordering": "slug"}, "ordering"),
        ({"timezone": "UTC"}, "timezone"), ({"page": "0"}, "page"),
    ],
)  # fmt: skip
def test_an_invalid_filter_is_refused_by_name(api: Any, query: dict[str, str], field: str) -> None:
    VenueFactory(latitude=1, longitude=1)
    response = api.get(LIST, query)
    assert fields_in_error(response) == [field]
    assert all(error["code"] for error in response.json()["errors"])


# ---- Writing


@pytest.mark.sqlite
def test_staff_create_a_venue(boss_api: Any) -> None:
    body = {
        **BODY, **TERMS, "slug": "the-regal", "address": "Colaba", "latitude": 18.92,
        "longitude": 72.83,
    }  # fmt: skip
    response = boss_api.post(LIST, body)
    assert response.status_code == 201, response.content
    rules = [{"hours": "24", "percent": "50"}]
    made = {"id": Venue.objects.get().pk, "screens": [], "refund_rules": rules}
    assert response.json() == {**body, **made}


@pytest.mark.sqlite
def test_staff_change_a_venue_and_keep_the_rest(boss_api: Any) -> None:
    venue = VenueFactory(slug="regal", fee_per_ticket=20)
    ScreenFactory(venue=venue)
    response = boss_api.put(one(venue), {**BODY, "name": "Odeon"})
    assert response.status_code == 200, response.content
    assert response.json()["slug"] == "regal"
    assert response.json()["fee_per_ticket"] == "20.00"
    assert len(response.json()["screens"]) == 1
    response = boss_api.patch(one(venue), {"tax_rate": "18", "latitude": 1, "longitude": 2.5})
    assert response.json()["tax_rate"] == "18.00"
    assert (response.json()["latitude"], response.json()["longitude"]) == (1, 2.5)
    response = boss_api.patch(one(venue), {"latitude": None, "longitude": None})
    assert response.json()["latitude"] is None


def test_put_asks_for_every_required_field(boss_api: Any) -> None:
    venue = VenueFactory()
    assert fields_in_error(boss_api.put(one(venue), {})) == ["name", "city", "country", "timezone"]


@pytest.mark.sqlite
def test_a_venue_with_screens_cannot_be_deleted(boss_api: Any) -> None:
    screen = ScreenFactory()
    response = boss_api.delete(one(screen.venue))
    assert response.status_code == 409
    assert response.json()["code"] == "in_use"
    assert Venue.objects.exists()
    screen.delete()
    assert boss_api.delete(one(screen.venue)).status_code == 204
    assert not Venue.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", None), ("name", 5), ("name", "x" * 201), ("name", "a\0"),
        ("slug", "a b"), ("slug", ""), ("slug", 5), ("slug", None), ("address", "x" * 301),
        ("address", None), ("city", ""), ("city", "x" * 101), ("city", []),
        ("country", "UK"), ("country", "in"), ("country", "IND"), ("country", ""),
        ("country", 5), ("country", None), ("timezone", "Mars/Base"), ("timezone", "asia/kolkata"),
        ("timezone", "../../etc/passwd"), ("timezone", ""), ("timezone", None), ("timezone", 5),
        ("latitude", 90.1), ("latitude", "1"), ("latitude", True), ("latitude", []),
        ("longitude", -180.1), ("longitude", "x"), ("fee_per_ticket", "-1"),
        ("fee_per_ticket", "NaN"), ("fee_per_ticket", "Infinity"), ("fee_per_ticket", 5),
        ("fee_per_ticket", 5.5), ("fee_per_ticket", "1.0001"), ("fee_per_ticket", "9" * 12),
        ("fee_per_ticket", None), ("fee_per_booking", ""), ("tax_rate", "100.001"),
        ("tax_rate", "-0.1"), ("tax_rate", 18), ("tax_rate", "x"), ("refund_percent", "101"),
        ("refund_percent", "0.001"), ("tax_inclusive", "yes"), ("tax_inclusive", 1),
        ("tax_inclusive", None), ("refund_cutoff_hours", -1), ("refund_cutoff_hours", 8761),
        ("refund_cutoff_hours", True), ("refund_cutoff_hours", "2"), ("cleaning_minutes", 1441),
        ("cleaning_minutes", -1), ("cleaning_minutes", 10**30), ("id", 5), ("screens", []),
        ("nonsense", 1),
    ],
)  # fmt: skip
def test_a_wrong_field_is_refused_by_name(boss_api: Any, field: str, value: Any) -> None:
    venue = VenueFactory(name="Before", latitude=1, longitude=1)
    body = {**BODY, "latitude": 1, "longitude": 1, field: value}
    assert set(fields_in_error(boss_api.post(LIST, body))) == {field}
    assert set(fields_in_error(boss_api.patch(one(venue), {field: value}))) == {field}
    venue.refresh_from_db()
    assert venue.name == "Before"
    assert Venue.objects.count() == 1


def test_a_latitude_without_a_longitude_is_refused(boss_api: Any) -> None:
    assert fields_in_error(boss_api.post(LIST, {**BODY, "latitude": 5})) == ["longitude"]
    assert fields_in_error(boss_api.post(LIST, {**BODY, "longitude": 5})) == ["latitude"]
    assert not Venue.objects.exists()


@pytest.mark.sqlite
def test_a_slug_in_use_is_refused(boss_api: Any) -> None:
    VenueFactory(slug="regal")
    assert fields_in_error(boss_api.post(LIST, {**BODY, "slug": "regal"})) == ["slug"]
    assert Venue.objects.count() == 1


@pytest.mark.parametrize(
    "body", ["[]", "5", "null", "{", '{"latitude": NaN}', '{"latitude": 1e999}']
)
def test_a_malformed_body_is_refused(boss_api: Any, body: str) -> None:
    for response in (
        boss_api.post(LIST, data=body, content_type="application/json"),
        boss_api.patch(one(VenueFactory()), data=body, content_type="application/json"),
    ):
        assert response.status_code == 400
        assert response["Content-Type"] == "application/problem+json"


# ---- Permissions to write


def test_venues_are_written_only_with_permission(api: Any, login: Any) -> None:
    venue = VenueFactory(name="Before")
    for status, client in {401: api, 403: login(UserFactory())}.items():
        for response in (
            client.post(LIST, BODY),
            client.put(one(venue), BODY),
            client.patch(one(venue), {"name": "After"}),
            client.delete(one(venue)),
        ):
            assert response.status_code == status
    venue.refresh_from_db()
    assert venue.name == "Before"
    assert Venue.objects.count() == 1


def test_staff_need_the_permission_for_what_they_do(login: Any) -> None:
    venue = VenueFactory()
    user = StaffFactory(is_superuser=False)
    user.user_permissions.add(Permission.objects.get(codename="change_venue"))
    client = login(user)
    assert client.patch(one(venue), {"name": "After"}).status_code == 200
    assert client.post(LIST, BODY).status_code == 403
    assert client.delete(one(venue)).status_code == 403
    assert client.post(f"{one(venue)}screens/", {"name": "x"}).status_code == 403
    assert Venue.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sender_name", "Regal\nBcc: all@example.org"),
        ("reply_to", "nobody"),
        ("reply_to", "a@example.org, b@example.org"),
        ("logo_url", "javascript:alert(1)"),
        ("tax_id", "x" * 51),
    ],
)
def test_the_sender_of_a_venue_is_checked(boss_api: Any, field: str, value: str) -> None:
    venue = VenueFactory()
    response = boss_api.patch(one(venue), {field: value})
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == field
    venue.refresh_from_db()
    assert getattr(venue, field) == ""
