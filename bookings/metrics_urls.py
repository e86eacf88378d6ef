from django.urls import path

from bookings.metrics import metrics

urlpatterns = [path("", metrics)]
