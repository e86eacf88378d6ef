from django.urls import path

from reports.views import ClosingViewSet, ReportViewSet

NAMES = ("takings", "refunds", "admissions", "tax", "occupancy")

urlpatterns = [
    *(path(f"{name}/", ReportViewSet.as_view({"get": name})) for name in NAMES),
    path("box-office-returns/", ReportViewSet.as_view({"get": "box_office_returns"})),
    path("closings/", ClosingViewSet.as_view({"get": "list", "post": "create"})),
    # The name of a file, and so without a slash.
    path("lines.csv", ReportViewSet.as_view({"get": "lines"})),
]
