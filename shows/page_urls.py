from django.urls import path, re_path

from shows import pages

urlpatterns = [
    path("", pages.shows_list),
    re_path(r"^shows/(?P<show_id>[0-9]{1,19})/$", pages.seat_picker),
]
