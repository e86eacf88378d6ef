from django.urls import path

from bookings.check_in import pages

urlpatterns = [path("", pages.scanner), path("worker.js", pages.worker)]
