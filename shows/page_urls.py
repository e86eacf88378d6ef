from django.urls import path, re_path

from shows.pages import crawling, views

urlpatterns = [
    path("", views.whats_on),
    path("films/<slug:slug>/", views.film),
    re_path(r"^shows/(?P<show_id>[0-9]{1,19})/$", views.seat_picker),
    path("my-bookings/", views.my_bookings),
    path("account/", views.account),
    path("login/", views.log_in),
    path("register/", views.register),
    re_path(r"^legal/(?P<name>terms|privacy|imprint)/$", views.legal),
    # Mails link to these.
    re_path(r"^bookings/(?P<reference>[0-9A-Za-z-]{1,20})/?$", views.booking),
    re_path(r"^reset-password/?$", views.reset_password),
    re_path(r"^verify-email/?$", views.verify_email),
    path("embed.js", views.embed),
    path("transfers/", views.transfers),
    path("theme.css", views.theme),
    path("robots.txt", crawling.robots),
    path("sitemap.xml", crawling.sitemap),
]
