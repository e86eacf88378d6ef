"""The audit at the admin site, to read."""

import json
from datetime import datetime

from django.contrib import admin
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime

from audit.models import Entry
from eventbooking_system.admin import StrictAdmin


@admin.register(Entry)
class EntryAdmin(StrictAdmin):
    """The actions of staff, newest first; nobody can change them here."""

    list_display = ["time", "actor", "action", "object_type", "object_id", "what", "request_id"]
    list_filter = ["action", "object_type", "at"]
    list_select_related = ["actor"]
    search_fields = ["actor__email", "action", "object_id", "request_id"]
    date_hierarchy = "at"
    fields = ["time", "actor", "action", "object_type", "object_id", "what", "request_id"]
    show_full_result_count = False

    @admin.display(description="time", ordering="pk")
    def time(self, entry: Entry) -> str:
        return _local(entry.at)

    @admin.display(description="changes")
    def what(self, entry: Entry) -> str:
        lines = [_line(name, values) for name, values in entry.changes.items()]
        return format_html("{}", " · ".join(lines)) if lines else "-"

    def has_add_permission(self, *_: object) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission

    def get_actions(self, request: HttpRequest) -> dict[str, object]:
        return {}


def _local(instant: datetime) -> str:
    return date_format(localtime(instant), "D j M Y, H:i:s T")


def _text(value: object) -> str:
    instant = _as_instant(value)
    return _local(instant) if instant else json.dumps(value, ensure_ascii=False)


def _as_instant(value: object) -> datetime | None:
    """Return the instant that an ISO 8601 text names, or None."""
    try:
        instant = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return instant if instant and instant.tzinfo else None


def _line(name: str, values: object) -> str:
    if values is None:
        return name
    if isinstance(values, list) and len(values) == 2:
        old, new = map(_text, values)
        return f"{name}: {old} → {new}"
    return f"{name}: {_text(values)}"
