from django.urls import re_path

from events import pages

urlpatterns = [re_path(r"^posters/([0-9a-f]{20}-[0-9a-f]{8}-[0-9]{1,4}\.jpg)$", pages.poster)]
