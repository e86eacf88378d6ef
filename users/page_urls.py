"""The pages under /admin/ beside those of Django."""

from django.contrib import admin
from django.urls import path

from users import pages

urlpatterns = [
    path("second-factor/", admin.site.admin_view(pages.second_factor), name="second-factor"),
]
