from django.urls import path

from box_office import pages

urlpatterns = [path("", pages.till)]
