from django.urls import path, re_path

from shows import pages

urlpatterns = [
    path("", pages.shows_list),
    re_path(r"^shows/(?P<show_id>[0-9]{1,19})/$", pages.seat_picker),
    # Mails link to these.
    re_path(r"^bookings/(?P<reference>[0-9A-Za-z-]{1,20})/?$", pages.booking),
    re_path(r"^reset-password/?$", pages.reset_password),
    re_path(r"^verify-email/?$", pages.verify_email),
]
