"""The admin site: its name, its sections and its first page."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.text import slugify

from eventbooking_system.admin.sections import SECTIONS, name_of, section_of

# Returns HTML for the first page, or "" for staff who may not see it.
Panel = Callable[[HttpRequest], str]


class Page(NamedTuple):
    """A page that a section lists beside its models."""

    section: str
    title: str
    url: str
    may_see: Callable[[HttpRequest], bool]


class HouseAdminSite(admin.AdminSite):
    """
    The site on which the staff of a house work.

    Apps add pages and panels when their admin modules are imported. Times that belong to no venue
    are in ADMIN_TIME_ZONE.
    """

    index_title = "Today"

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self._pages = [Page("Today", "Today", reverse_lazy("admin:index"), lambda _: True)]
        self._panels: list[tuple[int, Panel]] = []

    @property
    def site_header(self) -> str:
        return settings.SHOP_NAME

    site_title = site_header

    def register_page(self, page: Page) -> None:
        """List a page in its section from now on."""
        self._pages.append(page)

    def register_panel(self, panel: Panel, *, order: int) -> None:
        """Show a panel on the first page from now on. The lowest order is the first."""
        self._panels.append((order, panel))

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        panels = [panel(request) for _, panel in sorted(self._panels, key=lambda each: each[0])]
        context = {"panels": [html for html in panels if html], **(extra_context or {})}
        return super().index(request, context)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().each_context(request), "admin_time_zone": settings.ADMIN_TIME_ZONE}

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the sections in place of apps. With an app, only with the lists of its models."""
        apps = self._build_app_dict(request, app_label)
        lists = [each for app in apps.values() for each in app["models"]]
        pages = [] if app_label else [page for page in self._pages if page.may_see(request)]
        sections = [self._section(name, lists, pages) for name in SECTIONS]
        return [section for section in sections if section["models"]]

    def _section(self, name: str, lists: list[dict[str, Any]], pages: list[Page]) -> dict[str, Any]:
        slug = name.lower()
        linked = [_link(page) for page in pages if page.section == name]
        order = list(SECTIONS[name])
        listed = []
        for each in lists:
            label = each["model"]._meta.label_lower
            if section_of(label) == name:
                place = order.index(label) if label in order else len(order)
                listed.append((place, {**each, "name": name_of(label) or each["name"]}))
        listed.sort(key=lambda each: each[0])
        return {
            "name": name,
            "app_label": slug,
            "app_url": f"{reverse('admin:index', current_app=self.name)}#{slug}",
            "has_module_perms": True,
            "models": [*linked, *(each for _, each in listed)],
        }

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        """Show times in ADMIN_TIME_ZONE, unless a page names a venue's zone."""
        inner = super().admin_view(view, cacheable)

        def in_time_zone(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            with timezone.override(settings.ADMIN_TIME_ZONE):
                response = inner(request, *args, **kwargs)
                # Templates are rendered here, because they write times.
                render = getattr(response, "render", None)
                return render() if callable(render) else response

        return update_wrapper(in_time_zone, inner)


def _link(page: Page) -> dict[str, Any]:
    return {
        "name": page.title,
        "object_name": slugify(page.title),
        "admin_url": str(page.url),
        "add_url": None,
        "view_only": True,
        "perms": {},
    }
