"""Views for the frame's tests, before the system's paths."""

import time
from typing import Any

from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from django_filters import CharFilter, ChoiceFilter, MultipleChoiceFilter
from rest_framework import mixins, serializers, viewsets
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from eventbooking_system.api.conditional_requests import ConditionalReadsMixin
from eventbooking_system.api.filters import FilterSet, IdFilter, SearchFilter
from eventbooking_system.api.serializers import (
    CurrencyField,
    IdField,
    MoneyField,
    StrictBooleanField,
    StrictCharField,
    StrictFloatField,
    StrictIntegerField,
    StrictModelSerializer,
    StrictSerializer,
)
from eventbooking_system.api.throttles import BookingRateThrottle, UserRateThrottle


class LineSerializer(StrictSerializer):
    name = StrictCharField()


class EchoSerializer(StrictSerializer):
    id = serializers.IntegerField(read_only=True)
    owner = serializers.HiddenField(default=None)
    text = StrictCharField(required=False, max_length=50)
    whole = StrictIntegerField(required=False)
    show_id = IdField(required=False)
    flag = StrictBooleanField(required=False)
    ratio = StrictFloatField(required=False)
    amount = MoneyField(required=False)
    currency = CurrencyField(required=False)
    lines = LineSerializer(many=True, required=False)
    any = serializers.JSONField(required=False)


class Echo(APIView):
    """Answers with the data that its serializer read."""

    permission_classes = [AllowAny]

    def post(self, request: Request) -> Response:
        serializer = EchoSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response(serializer.validated_data)


class Members(APIView):
    """A view for every login. Its POSTs are throttled as bookings are."""

    def get_throttles(self) -> list[BaseThrottle]:
        return [BookingRateThrottle() if self.request.method == "POST" else UserRateThrottle()]

    def get(self, request: Request) -> Response:
        return Response({"id": request.user.pk})

    post = get


class Failing(APIView):
    """Raises the error that a test has put here."""

    permission_classes = [AllowAny]
    error: Exception = RuntimeError("hunter2")

    def get(self, request: Request) -> Response:
        raise self.error

    post = get


@csrf_exempt
def failing(request: HttpRequest) -> HttpResponse:
    raise Failing.error


class GroupSerializer(StrictModelSerializer):
    class Meta:
        model = Group
        fields = ["id", "name"]


class GroupFilter(FilterSet):
    search = SearchFilter("name")
    id = IdFilter()
    name = CharFilter()
    size = ChoiceFilter(field_name="name", choices=[("big", "big"), ("small", "small")])
    names = MultipleChoiceFilter(field_name="name", choices=[("a", "a"), ("b", "b")])

    class Meta:
        model = Group
        fields: list[str] = []


class Groups(
    ConditionalReadsMixin, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet
):
    permission_classes = [AllowAny]
    queryset = Group.objects.order_by("pk")
    serializer_class = GroupSerializer
    filterset_class = GroupFilter


class Clock(ConditionalReadsMixin, APIView):
    """Always the same answer, except for its time."""

    permission_classes = [AllowAny]
    reads = 0

    def get(self, request: Request) -> Response:
        Clock.reads += 1
        return Response({"as_of": str(Clock.reads), "available": 3})


def refusing(request: HttpRequest) -> HttpResponse:
    """Answer with an error page as of some library."""
    return HttpResponse("<h1>hunter2</h1>", status=int(request.GET["status"]))


def waiting(request: HttpRequest) -> HttpResponse:
    """Answer after some seconds."""
    time.sleep(float(request.GET["seconds"]))
    return HttpResponse("waited")


router = SimpleRouter()
router.register("api/groups", Groups)

urlpatterns: list[Any] = [
    path("api/echo/", Echo.as_view()),
    path("api/members/", Members.as_view()),
    path("api/failing/", Failing.as_view()),
    path("api/clock/", Clock.as_view()),
    path("failing/", failing),
    path("refusing/", refusing),
    path("waiting/", waiting),
    *router.urls,
    path("", include("eventbooking_system.urls")),
]
