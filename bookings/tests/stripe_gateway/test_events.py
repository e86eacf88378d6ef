"""Stripe's events and their signatures."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from bookings.errors import InvalidSignature
from bookings.payments.gateway import GatewayUnavailable
from bookings.payments.states import RefundState
from bookings.tests.stripe_gateway.orders import LONG_AGO, one_event, ops, order, refund
from eventbooking_system.errors import Busy, InvalidField


def test_a_payment_s_event_says_what_it_is(server, gateway, paid) -> None:
    event = one_event(server, gateway)
    assert (event.type, event.payment_id, event.status, event.amount, event.currency) == (
        "payment_intent.succeeded", 7, "succeeded", Decimal(500), "INR",
    )  # fmt: skip
    assert event.event_id.startswith("evt_")
    assert event.payload == {"provider_id": paid, "status": "succeeded"}


@pytest.mark.parametrize(
    ("method", "event_type", "status"),
    [
        ("pm_card_chargeDeclined", "payment_intent.payment_failed", "failed"),
        ("pm_card_processing", "payment_intent.processing", "requires_action"),
    ],
)
def test_event_of_an_unpaid_payment_says_so(server, gateway, method, event_type, status) -> None:
    gateway.create_payment(order(payment_method=method))
    event = one_event(server, gateway)
    assert (event.type, event.status, event.payment_id) == (event_type, status, 7)


def test_a_cancellation_s_event_is_a_failure(server, gateway) -> None:
    asked = gateway.create_payment(order(payment_method=""))
    gateway.cancel_payment(provider_id=asked.provider_id)
    event = one_event(server, gateway)
    assert (event.type, event.status) == ("payment_intent.canceled", "failed")


def test_content_of_an_event_is_not_trusted(server, gateway) -> None:
    asked = gateway.create_payment(order(payment_method="pm_card_chargeDeclined"))
    lies = {"status": "succeeded", "amount": 1, "amount_received": 1, "currency": "usd"}
    event = one_event(server, gateway, edit=lies, everything=True)
    assert (event.status, event.amount, event.currency) == ("failed", Decimal(500), "INR")
    server.finish(asked.provider_id)
    outdated = server.deliveries(everything=True)[0]
    event = gateway.read_event(*outdated)
    assert (event.type, event.status) == ("payment_intent.payment_failed", "succeeded")


def test_event_has_the_amount_at_stripe_even_if_it_is_another(server, gateway, paid) -> None:
    server.edit(paid, amount_received=49999, currency="usd")
    event = one_event(server, gateway)
    assert (event.status, event.amount, event.currency) == ("succeeded", Decimal("499.99"), "USD")


@pytest.mark.parametrize("status", ["succeeded", "failed"])
def test_a_refund_s_event_names_the_refund(server, gateway, paid, status) -> None:
    server.script("refund", "pending")
    result = refund(gateway, paid)
    pending = one_event(server, gateway)
    assert (pending.type, pending.refunds[0].status) == ("charge.refunded", "pending")
    server.settle_refund(result.provider_id, status)
    event = one_event(server, gateway)
    assert event.type == ("refund.updated" if status == "succeeded" else "refund.failed")
    assert (event.status, event.refunds[0].status) == ("succeeded", status)
    assert (event.payment_id, event.amount, event.currency) == (7, Decimal(500), "INR")
    assert event.refunds[0].amount == Decimal(200)
    assert event.payload["provider_id"] == paid
    assert event.payload["refunds"] == [
        {
            "refund_id": result.provider_id,
            "refund": "refund:1:0",
            "refund_status": status,
            "failure": "" if status == "succeeded" else "The bank refused it: unknown.",
        }
    ]


def test_a_charge_s_event_names_all_of_its_refunds(server, gateway, paid) -> None:
    refund(gateway, paid)
    refund(gateway, paid, "refund:2:0", "100")
    event = one_event(server, gateway)
    assert (event.type, event.status, event.amount) == (
        "charge.refunded", "succeeded", Decimal(500),
    )  # fmt: skip
    assert [(state.key, state.amount) for state in event.refunds] == [
        ("refund:2:0", Decimal(100)),
        ("refund:1:0", Decimal(200)),
    ]


def test_failed_refunds_are_listed_by_when_they_failed(server, gateway, paid) -> None:
    results = [refund(gateway, paid, f"refund:{number}:0", "4") for number in range(102)]
    for result in results[1:]:
        server.settle_refund(result.provider_id, "failed")
    server.edit(paid, created=0)
    found = list(gateway.failed_refunds_since(LONG_AGO))
    assert len(found) == 101  # More than a page.
    assert found[-1] == (
        paid,
        RefundState(
            results[1].provider_id, "refund:1:0", "failed", Decimal(4),
            "The bank refused it: unknown.",
        ),
    )  # fmt: skip
    assert not list(gateway.failed_refunds_since(datetime.now(UTC) + timedelta(minutes=1)))
    server.script("event_list", "lose", "lose")
    with pytest.raises(GatewayUnavailable):
        list(gateway.failed_refunds_since(LONG_AGO))


@pytest.mark.parametrize(
    "document",
    [
        {"type": "customer.created", "data": {"object": {"id": "cus_1"}}},
        {"type": "payment_intent.succeeded", "data": {"object": {"id": "pi_unknown"}}},
        {"type": "payment_intent.succeeded", "data": {"object": {"id": "../refunds"}}},
        {"type": "payment_intent.succeeded", "data": {"object": {"id": None}}},
        {"type": "payment_intent.succeeded", "data": []},
        {"type": "payment_intent.succeeded"},
        {"type": "refund.updated", "data": {"object": {"id": "re_unknown"}}},
        {"type": "charge.refunded", "data": {"object": {"id": "ch_unknown"}}},
    ],
)
def test_events_of_other_objects_have_no_effect(server, gateway, document) -> None:
    event = gateway.read_event(*server.signed({"id": "evt_1", **document}))
    assert (event.event_id, event.type) == ("evt_1", document["type"])
    assert (event.payment_id, event.status, event.payload) == (None, None, {})


@pytest.mark.parametrize("document", [[], "x", 5, None, {"id": "evt_1"}, {"id": 5, "type": "x"},
                                      {"id": "x" * 101, "type": "x"},
                                      {"id": "evt_1", "type": "\x00"}])  # fmt: skip
def test_a_signed_body_that_is_not_an_event_is_refused(server, gateway, document) -> None:
    with pytest.raises(InvalidField):
        gateway.read_event(*server.signed(document))


def test_event_is_refused_with_busy_if_stripe_cannot_be_asked(server, gateway, paid) -> None:
    server.script("retrieve", "error_before", "error_before")
    (delivery,) = server.deliveries()
    with pytest.raises(Busy):
        gateway.read_event(*delivery)
    assert gateway.read_event(*delivery).status == "succeeded"


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_signature_of_another_time_is_refused(server, gateway, paid, seconds) -> None:
    (delivery,) = server.deliveries(age=seconds)
    with pytest.raises(InvalidSignature):
        gateway.read_event(*delivery)
    assert "retrieve" not in ops(server)


@pytest.mark.parametrize("seconds", [-290, 290])
def test_a_signature_within_the_tolerance_is_taken(server, gateway, paid, seconds) -> None:
    (delivery,) = server.deliveries(age=seconds)
    assert gateway.read_event(*delivery).status == "succeeded"


def test_a_forged_event_is_refused_before_anything_is_asked(server, gateway, paid) -> None:
    asked = len(server.asked())
    body, headers = server.deliveries()[0]
    (forged,) = server.deliveries(everything=True, secret="whsec_another")
    signature = headers["Stripe-Signature"]
    stamp = signature.split(",")[0]
    bad = [
        forged,
        (body + b" ", headers),
        (body.replace(b"evt_", b"evx_"), headers),
        (b"\xff" + body, headers),
        (b"", headers),
        (body, {}),
        *(
            (body, {"Stripe-Signature": value})
            for value in (
                "", "nonsense", stamp, f"{stamp},v1=", f"{stamp},v0={signature[-64:]}",
                signature.replace("t=", "t=-"), signature.replace("v1=", "v1=é"),
                "t=" + "9" * 5000 + signature[12:], f"t=1,{signature.split(',')[1]}", "t=1,v1=\x00",
            )
        ),
    ]  # fmt: skip
    for delivery in bad:
        with pytest.raises(InvalidSignature):
            gateway.read_event(*delivery)
    assert len(server.asked()) == asked


def test_a_signature_may_stand_among_others(server, gateway, paid) -> None:
    """As while a secret is being rolled: https://docs.stripe.com/webhooks#roll-endpoint-secrets."""
    body, headers = server.deliveries()[0]
    stamp, genuine = headers["Stripe-Signature"].split(",")
    signature = f"{stamp},v1={'0' * 64},{genuine},v0={'0' * 64}"
    assert gateway.read_event(body, {"Stripe-Signature": signature}).status == "succeeded"
