"""Moving shows, reseating tickets and swapping seats at the API."""

from functools import partial
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.viewsets import ViewSet

from bookings import checkout, services
from bookings.check_in.serializers import TicketSerializer
from bookings.errors import AlreadyCheckedIn, CannotSeat, TicketNotValid
from bookings.idempotency.requests import Answer, IdempotentRequest
from bookings.idempotency.views import IdempotencyMixin, idempotent_schema, rendered
from bookings.models import Ticket
from bookings.permissions import MayCancelShows, MayReseat
from bookings.reseating.serializers import (
    MoveRequestSerializer,
    ReseatRequestSerializer,
    ShowMoveSerializer,
    SwappedSerializer,
    SwapRequestSerializer,
)
from bookings.serializers import DryRunSerializer
from bookings.services import ShowMove
from eventbooking_system.api.queries import StrictQueryMixin
from eventbooking_system.db.contention import left_to_jobs
from eventbooking_system.errors import InUse
from shows.errors import SeatsNotInShow, SeatsUnavailable, ShowOverlap
from shows.selectors import shows_visible_to

_EXAMPLE = OpenApiExample(
    "To the small hall, an hour later",
    {"screen": 4, "start_time": "2026-12-01T20:30", "dry_run": True},
    request_only=True,
)


_REFUSALS = (
    "invalid",
    "permission_denied",
    SeatsNotInShow,
    AlreadyCheckedIn,
    TicketNotValid,
    InUse,
)


def _rendered_swap(tickets: list[Ticket]) -> Answer:
    return rendered(SwappedSerializer, 200, {"tickets": tickets})


@extend_schema(tags=["shows"])
class ShowMoveViewSet(IdempotencyMixin, StrictQueryMixin, ViewSet):
    """The move of a show with its bookings."""

    permission_classes = [MayCancelShows]
    query_serializers = {"create": DryRunSerializer}

    @idempotent_schema(
        "invalid",
        "permission_denied",
        ShowOverlap,
        CannotSeat,
        InUse,
        summary="Move a show",
        description="To another start, to another screen of the venue, or both. Parties keep their "
        "labels (section, row, number) where the new screen has them, in the same category or one that "
        "costs at least as much. All others sit together in such a category, and in as few groups as "
        "possible. House seats keep their labels unless people need them; `unblocked` lists the "
        "others. Places of an area move to the area of the same name, or to one as good with room for "
        "the whole party. Bookings keep their prices, and pending ones move as well. Categories keep "
        "the prices of the same name; `prices` has those of other categories. Tickets are issued again, "
        "and customers get one mail. Until `give_back_until` (the new start, unless sent) a customer "
        "who booked before gets all money back. With `dry_run`, in the body or the query, nothing is "
        "written.",
        request=MoveRequestSerializer,
        responses={200: ShowMoveSerializer},
        examples=[_EXAMPLE],
    )
    @extend_schema(parameters=[OpenApiParameter("dry_run", bool)])
    def create(self, request: Request, pk: str) -> HttpResponse:
        return self.answer_once(request, self._move, partial(rendered, ShowMoveSerializer, 200))

    def _move(self, keyed: IdempotentRequest) -> ShowMove:
        show = get_object_or_404(shows_visible_to(is_staff=True), pk=self.kwargs["pk"])
        body = self.validated(MoveRequestSerializer)
        dry_run = body.pop("dry_run", False) or self.query["dry_run"]
        return services.move_show(show_id=show.pk, dry_run=dry_run, request=keyed, **body)


class ReseatViewSet(IdempotencyMixin, StrictQueryMixin, ViewSet):
    """Other seats for tickets, which staff give."""

    permission_classes = [MayReseat]
    query_serializers: dict[str, Any] = {}

    @idempotent_schema(
        *_REFUSALS,
        SeatsUnavailable,
        tags=["bookings"],
        summary="Give a ticket another seat",
        description="A free seat, or a house seat, of the same show. The ticket is issued again: its "
        "customer gets a mail with the new one, and the door refuses the earlier one. A seat of "
        "another category needs `reprice`. If it is cheaper, the difference goes back; a dearer one is "
        "refused, because an exchange sells it. A ticket with which somebody came in keeps its seat.",
        request=ReseatRequestSerializer,
        responses={200: TicketSerializer},
        examples=[OpenApiExample("Another seat", {"seat_id": 12}, request_only=True)],
    )
    def create(self, request: Request, pk: str, ticket_id: str) -> HttpResponse:
        return self.answer_once(request, self._reseat, partial(rendered, TicketSerializer, 200))

    def _reseat(self, keyed: IdempotentRequest) -> Ticket:
        found = get_object_or_404(Ticket, pk=self.kwargs["ticket_id"], booking=self.kwargs["pk"])
        body = self.validated(ReseatRequestSerializer)
        if body.get("reprice"):  # The difference goes back.
            self.request.user.refuse_stale_second_factor()
        ticket = services.reseat_ticket(ticket_id=found.pk, request=keyed, **body)
        with left_to_jobs():
            checkout.send_refunds(booking=ticket.booking_id)
        return ticket

    @idempotent_schema(
        *_REFUSALS,
        tags=["shows"],
        summary="Swap the seats of two tickets",
        description="Both tickets are issued again, in one transaction. Each keeps its price, also "
        "between categories.",
        request=SwapRequestSerializer,
        responses={200: SwappedSerializer},
        examples=[OpenApiExample("Two tickets", {"ticket_ids": [51, 52]}, request_only=True)],
    )
    def swap(self, request: Request, pk: str) -> HttpResponse:
        return self.answer_once(request, self._swap, _rendered_swap)

    def _swap(self, keyed: IdempotentRequest) -> list[Ticket]:
        show = get_object_or_404(shows_visible_to(is_staff=True), pk=self.kwargs["pk"])
        body = self.validated(SwapRequestSerializer)
        return services.swap_seats(show_id=show.pk, request=keyed, **body)
