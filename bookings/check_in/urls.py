from django.urls import path

from bookings.check_in.door_views import ShowsAtDoorsView
from bookings.check_in.views import CheckInKeysView, CheckInView, UndoCheckInView

urlpatterns = [
    path("", CheckInView.as_view()),
    path("undo/", UndoCheckInView.as_view()),
    path("shows/", ShowsAtDoorsView.as_view()),
    path("keys/", CheckInKeysView.as_view()),
]
