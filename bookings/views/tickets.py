"""A booking's tickets at the API, as data and as files."""

from functools import partial

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from bookings import selectors, services
from bookings.calendar import booking_calendar
from bookings.check_in.serializers import TicketSerializer
from bookings.errors import AlreadyCheckedIn, InvalidTransition, TicketNotValid
from bookings.idempotency.requests import IdempotentRequest
from bookings.idempotency.views import IdempotencyMixin, idempotent_schema, rendered
from bookings.models import Ticket
from bookings.printing import print_tickets
from bookings.tickets.qr import qr_svg
from bookings.views.examples import TICKET_EXAMPLE
from eventbooking_system.api.files import CalendarRenderer, PDFRenderer, SVGRenderer
from eventbooking_system.api.schema import problems
from shows.calendar import media_type_of

# The media type besides JSON that an action offers.
FILES = {
    "tickets_pdf": PDFRenderer,
    "ticket_qr": SVGRenderer,
    "held_ticket_pdf": PDFRenderer,
    "held_ticket_qr": SVGRenderer,
    "calendar": CalendarRenderer,
}


class TicketActionsMixin(IdempotencyMixin):
    """The actions on a booking's tickets."""

    def get_renderers(self) -> list[BaseRenderer]:
        renderers = super().get_renderers()
        return [FILES[self.action](), *renderers] if self.action in FILES else renderers

    @extend_schema(
        summary="List a confirmed booking's tickets",
        description="`payload` is the text of the QR code. `code` can be typed instead. Only the holder of a "
        "ticket that was passed on has them.",
        responses={200: TicketSerializer(many=True), **problems(InvalidTransition)},
        examples=[TICKET_EXAMPLE],
    )
    @action(detail=True, filterset_class=None, pagination_class=None)
    def tickets(self, request: Request, pk: str) -> Response:
        tickets = selectors.tickets_of(self.get_object())
        return Response(TicketSerializer(tickets, many=True).data)

    @idempotent_schema(
        InvalidTransition,
        AlreadyCheckedIn,
        TicketNotValid,
        summary="Issue a ticket again",
        description="The new ticket has another code. The old code is refused at the door.",
        request=None,
        responses={200: TicketSerializer},
    )
    @action(detail=True, methods=["post"], url_path="tickets/(?P<ticket_id>[0-9]{1,19})/reissue")
    def reissue(self, request: Request, pk: str, ticket_id: str) -> HttpResponse:
        return self.answer_once(request, self._reissue, partial(rendered, TicketSerializer, 200))

    def _reissue(self, keyed: IdempotentRequest) -> Ticket:
        tickets = selectors.tickets_of(self.get_object())
        ticket = get_object_or_404(tickets, pk=self.kwargs["ticket_id"])
        return services.reissue_ticket(ticket_id=ticket.pk, by=self.request.user, request=keyed)

    @extend_schema(
        summary="Download a booking's tickets as a PDF",
        description="The file has one A5 page for each ticket, with its QR code.",
        responses={
            (200, "application/pdf"): OpenApiTypes.BINARY,
            **problems(InvalidTransition),
        },
    )
    def tickets_pdf(self, request: Request, pk: str) -> HttpResponse:
        booking = self.get_object()
        document = print_tickets(booking)
        name = f'inline; filename="tickets-{booking.reference}.pdf"'
        headers = {"Content-Disposition": name, "Cache-Control": "private, no-store"}
        return HttpResponse(document, content_type="application/pdf", headers=headers)

    @extend_schema(
        summary="Get a ticket's QR code",
        description="The image encodes the ticket's `payload`.",
        parameters=[OpenApiParameter("ticket_id", int, OpenApiParameter.PATH)],
        responses={
            (200, "image/svg+xml"): OpenApiTypes.BINARY,
            **problems(InvalidTransition),
        },
    )
    def ticket_qr(self, request: Request, pk: str, ticket_id: str) -> HttpResponse:
        tickets = selectors.tickets_of(self.get_object())
        payload = selectors.payload_of(get_object_or_404(tickets.kept(), pk=ticket_id))
        headers = {"Cache-Control": "private, no-store"}
        return HttpResponse(qr_svg(payload), content_type="image/svg+xml", headers=headers)

    @extend_schema(
        summary="Download the booking's show as a calendar entry",
        description="The entry is tentative until the booking is confirmed, and cancelled after it "
        "was cancelled or has expired. It keeps its UID, and its SEQUENCE grows with each change.",
        responses={(200, "text/calendar"): OpenApiTypes.STR},
    )
    def calendar(self, request: Request, pk: str) -> HttpResponse:
        calendar = booking_calendar(self.get_object())
        content_type = f"{media_type_of(calendar)}; charset=utf-8"
        headers = {"Cache-Control": "private, no-store"}
        return HttpResponse(calendar, content_type=content_type, headers=headers)
