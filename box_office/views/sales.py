"""Sales at the API."""

from functools import partial

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from bookings.idempotency.requests import IdempotentRequest
from bookings.idempotency.views import IdempotencyMixin, idempotent_schema, rendered
from bookings.models import Booking
from bookings.services import SeatRequest
from bookings.views.holding import SALE_PROBLEMS
from box_office import services
from box_office.errors import CashSessionClosed, CashSessionRequired, TenderMismatch
from box_office.permissions import MaySell, check_may_give_complimentary
from box_office.serializers import SaleRequestSerializer, SaleSerializer
from box_office.services import Customer, SaleTerms, WantedTender
from box_office.views.examples import CASH_SALE, COMPLIMENTARY, PAY_LATER, SALE_EXAMPLE
from eventbooking_system.api.queries import StrictQueryMixin
from shows.errors import SeatsUnavailable

_rendered_sale = partial(rendered, SaleSerializer, 201)


@extend_schema(tags=["box office"])
class SaleViewSet(StrictQueryMixin, IdempotencyMixin, GenericViewSet):
    """Sales of staff to customers at the counter or on the telephone."""

    queryset = Booking.objects.none()
    serializer_class = SaleSerializer
    permission_classes = [MaySell]

    @idempotent_schema(
        *SALE_PROBLEMS,
        TenderMismatch,
        "permission_denied",
        SeatsUnavailable,
        CashSessionRequired,
        CashSessionClosed,
        summary="Sell seats",
        description="The hold, the payment, the confirmation and the tickets are one transaction. "
        "Exactly one of `tender`, `complimentary_reason` and `pay_by` settles the sale; with "
        "`pay_by` the booking stays pending until then. Cash needs an open cash session.",
        request=SaleRequestSerializer,
        responses={201: SaleSerializer},
        examples=[CASH_SALE, COMPLIMENTARY, PAY_LATER, SALE_EXAMPLE],
    )
    def create(self, request: Request) -> HttpResponse:
        return self.answer_once(request, self._sell, _rendered_sale, look_first=False)

    def _sell(self, keyed: IdempotentRequest) -> Booking:
        body = self.validated(SaleRequestSerializer)
        check_may_give_complimentary(self.request.user, body)
        tender = body.pop("tender", None)
        terms = SaleTerms(
            tender=WantedTender(**tender) if tender else None,
            complimentary_reason=body.pop("complimentary_reason", ""),
            pay_by=body.pop("pay_by", None),
        )
        customer = Customer(user=body.pop("user", None), **body.pop("customer", {}))
        return services.sell(
            seller=self.request.user,
            wanted=SeatRequest(**body),
            customer=customer,
            terms=terms,
            request=keyed,
        )
