"""The shapes of the box office at the API."""

from box_office.serializers.cash_sessions import (
    CashMovementRequestSerializer,
    CashMovementSerializer,
    CashReportSerializer,
    CashSessionRequestSerializer,
    CashSessionSerializer,
    CloseRequestSerializer,
)
from box_office.serializers.sales import (
    CounterPaymentRequestSerializer,
    CounterRefundRequestSerializer,
    CustomerCorrectionSerializer,
    FoundSaleSerializer,
    SaleRequestSerializer,
    SaleSerializer,
)

__all__ = [
    "CashMovementRequestSerializer",
    "CashMovementSerializer",
    "CashReportSerializer",
    "CashSessionRequestSerializer",
    "CashSessionSerializer",
    "CloseRequestSerializer",
    "CounterPaymentRequestSerializer",
    "CounterRefundRequestSerializer",
    "CustomerCorrectionSerializer",
    "FoundSaleSerializer",
    "SaleRequestSerializer",
    "SaleSerializer",
]
