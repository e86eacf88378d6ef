import zoneinfo
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Q

from eventbooking_system.errors import InvalidField
from eventbooking_system.timezones import day_bounds, localised, on_local_days, validate_zone


@pytest.mark.parametrize("name", ["Asia/Kolkata", "UTC", "America/Argentina/Buenos_Aires"])
def test_a_zone_of_iana_is_known(name: str) -> None:
    validate_zone(name)


@pytest.mark.parametrize(
    "name", ["", "Mars/Base", "asia/kolkata", "localtime", "Factory", "../etc/passwd", "+05:30"]
)
def test_unknown_time_zone_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        validate_zone(name)


def test_a_naive_time_is_the_venues() -> None:
    local = localised(datetime(2026, 7, 1, 19, 30), "Asia/Kolkata", field="start_time")
    assert local == datetime(2026, 7, 1, 14, 0, tzinfo=UTC)
    # Adding to a time with a zone would be arithmetic on the wall.
    assert local.tzinfo is UTC


def test_a_time_with_an_offset_stays_the_instant_that_it_is() -> None:
    instant = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert localised(instant, "Europe/London", field="start_time") is instant


@pytest.mark.parametrize(
    ("value", "zone", "code"),
    [
        (datetime(2026, 3, 29, 1, 30), "Europe/London", "nonexistent_time"),
        (datetime(2026, 10, 25, 1, 30), "Europe/London", "ambiguous_time"),
        # Half an hour only.
        (datetime(2026, 10, 4, 2, 15), "Australia/Lord_Howe", "nonexistent_time"),
        (datetime(2026, 4, 5, 1, 45), "Australia/Lord_Howe", "ambiguous_time"),
        # A whole day that Samoa never had.
        (datetime(2011, 12, 30, 12, 0), "Pacific/Apia", "nonexistent_time"),
        (datetime(1, 1, 1), "Asia/Kolkata", "invalid"),
        (datetime(9999, 12, 31, 23), "America/New_York", "invalid"),
    ],
)
def test_a_time_that_is_skipped_or_repeated_is_refused_by_field(
    value: datetime, zone: str, code: str
) -> None:
    with pytest.raises(InvalidField) as refusal:
        localised(value, zone, field="end_time")
    (error,) = refusal.value.members["errors"]
    assert (error["field"], error["code"]) == ("end_time", code)


@pytest.mark.parametrize("zone", ["Africa/Casablanca", "America/Vancouver", "Europe/London"])
def test_zones_are_those_of_the_pinned_package_not_of_the_machine(zone: str) -> None:
    with files("tzdata.zoneinfo").joinpath(*zone.split("/")).open("rb") as file:
        pinned = ZoneInfo.from_file(file, key=zone)
    for year in (2020, 2026, 2027, 2030):
        for month in range(1, 13):
            local = datetime(year, month, 5, 20)
            found = localised(local, zone, field="start_time")
            assert found == local.replace(tzinfo=pinned)
    assert zoneinfo.TZPATH == ()


@pytest.mark.parametrize("fold", [0, 1])
def test_the_times_around_a_change_are_taken(fold: int) -> None:
    zone = "Europe/London"
    before = localised(datetime(2026, 3, 29, 0, 59, fold=fold), zone, field="x")
    after = localised(datetime(2026, 3, 29, 2, 0, fold=fold), zone, field="x")
    assert after - before == timedelta(minutes=1)


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        (date(2026, 7, 1), "Asia/Kolkata", 24),
        (date(2026, 3, 29), "Europe/London", 23),
        (date(2026, 10, 25), "Europe/London", 25),
        # The clocks change at midnight, which is skipped or comes twice.
        (date(2026, 9, 6), "America/Santiago", 23),
        (date(2024, 11, 3), "America/Havana", 25),
        (date(2011, 12, 30), "Pacific/Apia", 0),
    ],
)
def test_a_day_lasts_as_long_as_its_zone_says(day: date, zone: str, hours: int) -> None:
    start, end = day_bounds(day, zone)
    assert end - start == timedelta(hours=hours)
    if hours:
        zone_info = ZoneInfo(zone)
        assert start.astimezone(zone_info).date() == day
        assert (start - timedelta(seconds=1)).astimezone(zone_info).date() < day
        assert (end - timedelta(seconds=1)).astimezone(zone_info).date() == day


def _days(zones: list[str]) -> str:
    day = date(2026, 7, 1)
    return str(on_local_days(day, day, zones=zones, in_zones=lambda names: Q(zone__in=names)))


def test_zones_that_agree_share_a_condition() -> None:
    condition = _days(["Asia/Kolkata", "Asia/Calcutta", "Europe/London"])
    # The two that agree, the other, the hours that are that day in all, and in any.
    assert condition.count("start_time__gte") == 4
    assert "['Asia/Calcutta', 'Asia/Kolkata']" in condition


def test_zones_that_agree_on_a_day_need_no_condition_by_zone() -> None:
    condition = _days(["Asia/Kolkata", "Asia/Calcutta"])
    assert condition.count("start_time__gte") == 1
    assert "zone__in" not in condition
