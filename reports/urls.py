from django.urls import path, re_path

from reports.views import ClosingViewSet, ReportViewSet, RunViewSet

NAMES = ("takings", "refunds", "admissions", "tax", "occupancy")

urlpatterns = [
    *(path(f"{name}/", ReportViewSet.as_view({"get": name})) for name in NAMES),
    path("box-office-returns/", ReportViewSet.as_view({"get": "box_office_returns"})),
    path("closings/", ClosingViewSet.as_view({"get": "list", "post": "create"})),
    path("runs/", RunViewSet.as_view({"get": "list", "post": "create"})),
    re_path(r"^runs/(?P<pk>[0-9]{1,18})/$", RunViewSet.as_view({"get": "retrieve"})),
    re_path(r"^runs/(?P<pk>[0-9]{1,18})/file/$", RunViewSet.as_view({"get": "file"})),
    # This path is a file name, so it ends without a slash.
    path("lines.csv", ReportViewSet.as_view({"get": "lines"})),
]
