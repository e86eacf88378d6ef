"""Passing tickets on, and accepting them, at the API."""

from functools import partial

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from bookings import selectors, services
from bookings.errors import AlreadyCheckedIn, InvalidTransition, TransferPending
from bookings.idempotency.requests import IdempotentRequest
from bookings.idempotency.views import IdempotencyMixin, idempotent_schema, rendered
from bookings.models import BookingLink, Ticket, TicketTransfer
from bookings.printing import print_some_tickets
from bookings.tickets.qr import qr_svg
from bookings.transfers.serializers import (
    AcceptSerializer,
    HeldTicketSerializer,
    OpenedTransferSerializer,
    TransferRequestSerializer,
    TransferSerializer,
    TransferTokenSerializer,
)
from eventbooking_system.api.schema import problems
from users.errors import TokenInvalid
from users.models import User
from users.throttles import NetworkThrottle
from users.views.base import request_example

TICKET_PATH = "tickets/(?P<ticket_id>[0-9]{1,19})/transfer"
NO_STORE = {"Cache-Control": "private, no-store"}
TICKET_ID = OpenApiParameter("ticket_id", int, OpenApiParameter.PATH)


class TransferActionsMixin(IdempotencyMixin):
    """The actions on tickets that are passed on."""

    @idempotent_schema(
        "invalid",
        InvalidTransition,
        AlreadyCheckedIn,
        TransferPending,
        "throttled",
        summary="Pass a ticket on",
        description="Mails a link to the address. Your ticket stays valid until the recipient "
        "accepts it. The offer ends with the start of the show, and when the ticket is cancelled, "
        "exchanged or issued again. The holder of a ticket can pass it on again. An address is "
        "offered five free tickets a day at most.",
        request=TransferRequestSerializer,
        responses={201: TransferSerializer},
        examples=[request_example(email="ravi@example.org", message="See you there!")],
    )
    @action(detail=True, methods=["post"], url_path=TICKET_PATH)
    def transfer(self, request: Request, pk: str, ticket_id: str) -> HttpResponse:
        return self.answer_once(request, self._offer, partial(rendered, TransferSerializer, 201))

    @extend_schema(
        summary="Withdraw the offer of a ticket",
        description="The link of the mail opens it no more. An accepted ticket stays with its "
        "holder: 404.",
        request=None,
        responses={204: None},
    )
    @transfer.mapping.delete
    def withdraw(self, request: Request, pk: str, ticket_id: str) -> Response:
        ticket = self._ticket_to_pass_on()
        services.withdraw_transfer(ticket_id=ticket.pk, by=_owner_of(ticket))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        summary="See what a transfer's link offers",
        description="The mail links to `/transfers/#<token>` of the front end. Before the "
        "acceptance the answer says what is offered, afterwards it has the `ticket`. A wrong, old, "
        "used or withdrawn token gets one answer.",
        request=TransferTokenSerializer,
        responses={
            200: OpenedTransferSerializer,
            **problems("invalid", TokenInvalid, "throttled"),
        },
        examples=[request_example(token="kY0c3…")],
    )
    @action(
        detail=False,
        methods=["post"],
        url_path="transfers/open",
        authentication_classes=[],
        permission_classes=[AllowAny],
        throttle_classes=[NetworkThrottle],
    )
    def open_transfer(self, request: Request) -> Response:
        opened = services.open_transfer(**self.validated(TransferTokenSerializer))
        return Response(OpenedTransferSerializer(opened).data, headers=NO_STORE)

    @idempotent_schema(
        "invalid",
        TokenInvalid,
        InvalidTransition,
        "throttled",
        summary="Accept a ticket",
        description="With an account, or as a guest (`POST /api/users/guest/`). The ticket is "
        "issued again, so that the sender's copy is void, and mailed to the address of the offer. "
        "Its booking shows the holder's name. `name` is needed if the account has none.",
        request=AcceptSerializer,
        responses={200: HeldTicketSerializer},
        examples=[request_example(token="kY0c3…", name="Ravi Menon")],
    )
    @action(
        detail=False,
        methods=["post"],
        url_path="transfers/accept",
        # The session of a link must not replace a login.
        authentication_classes=api_settings.DEFAULT_AUTHENTICATION_CLASSES,
        throttle_classes=[NetworkThrottle],
    )
    def accept_transfer(self, request: Request) -> HttpResponse:
        return self.answer_once(request, self._accept, partial(rendered, HeldTicketSerializer, 200))

    @extend_schema(
        summary="List the tickets that were passed on to you",
        description="Newest first, until 90 days after the show. `booking` and `id` name a ticket "
        "where it is passed on again.",
        responses={200: HeldTicketSerializer(many=True)},
    )
    @action(
        detail=False,
        url_path="transfers",
        authentication_classes=api_settings.DEFAULT_AUTHENTICATION_CLASSES,
        filterset_class=None,
    )
    def transfers(self, request: Request) -> Response:
        page = self.paginate_queryset(selectors.held_tickets(request.user))
        return self.get_paginated_response(HeldTicketSerializer(page, many=True).data)

    @extend_schema(
        summary="Download a ticket that was passed on to you",
        parameters=[TICKET_ID],
        responses={(200, "application/pdf"): OpenApiTypes.BINARY},
    )
    def held_ticket_pdf(self, request: Request, ticket_id: str) -> HttpResponse:
        ticket = get_object_or_404(selectors.held_tickets(request.user), pk=ticket_id)
        document = print_some_tickets([ticket], language=request.user.language)
        headers = {"Content-Disposition": 'inline; filename="ticket.pdf"', **NO_STORE}
        return HttpResponse(document, content_type="application/pdf", headers=headers)

    @extend_schema(
        summary="Get the QR code of a ticket that was passed on to you",
        parameters=[TICKET_ID],
        responses={(200, "image/svg+xml"): OpenApiTypes.BINARY},
    )
    def held_ticket_qr(self, request: Request, ticket_id: str) -> HttpResponse:
        ticket = get_object_or_404(selectors.held_tickets(request.user), pk=ticket_id)
        image = qr_svg(selectors.payload_of(ticket))
        return HttpResponse(image, content_type="image/svg+xml", headers=NO_STORE)

    def _offer(self, keyed: IdempotentRequest) -> TicketTransfer:
        ticket = self._ticket_to_pass_on()
        body = self.validated(TransferRequestSerializer)
        return services.offer_ticket(
            ticket_id=ticket.pk, offered_by=_owner_of(ticket), **body, request=keyed
        )

    def _accept(self, keyed: IdempotentRequest) -> Ticket:
        body = self.validated(AcceptSerializer)
        return services.accept_transfer(**body, recipient=self.request.user, request=keyed)

    def _ticket_to_pass_on(self) -> Ticket:
        """Return the path's ticket, which the caller paid for or holds. Raises Http404."""
        # The session of a booking's link reaches this booking only.
        if not isinstance(self.request.auth, BookingLink):
            held = selectors.held_tickets(self.request.user).filter(booking=self.kwargs["pk"])
            if ticket := held.filter(pk=self.kwargs["ticket_id"]).first():
                return ticket
        tickets = selectors.tickets_of(self.get_object()).kept()
        return get_object_or_404(tickets, pk=self.kwargs["ticket_id"])


def _owner_of(ticket: Ticket) -> User:
    return ticket.holder or ticket.booking.user
