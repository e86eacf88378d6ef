"""Paying by Stripe, and answers that are lost, late or wrong."""

import time
from decimal import Decimal

import pytest
import stripe

from bookings.payments.gateway import GatewayUnavailable
from bookings.payments.minor_units import AmountNotPayable, from_minor, to_minor
from bookings.payments.stripe import StripeGateway
from bookings.payments.stripe.gateway import API_VERSION
from bookings.tests.stripe_gateway.orders import LONG_AGO, SECRET_KEY, charges, ops, order
from eventbooking_system.errors import InvalidField
from eventbooking_system.money import CURRENCY_DIGITS, formatted, quantum


def test_card_is_charged_once_with_stable_keys(server, gateway) -> None:
    result = gateway.create_payment(order())
    assert (result.status, result.failure, result.client_secret) == ("succeeded", "", "")
    assert gateway.create_payment(order()) == result
    assert charges(server) == [1, 50000]
    keys = [(request["op"], request["key"]) for request in server.asked()]
    assert keys == [("create", "payment:31:1:create"), ("confirm", "payment:31:1:confirm")] * 2


def test_requests_to_stripe_have_no_personal_data_and_a_fixed_version(server, gateway) -> None:
    gateway.create_payment(order())
    created, confirmed = server.asked()
    assert created["params"] == {
        "amount": "50000",
        "currency": "inr",
        "metadata[payment]": "7",
        "payment_method": "pm_card_visa",
        "payment_method_types[0]": "card",
    }
    assert confirmed["params"] == {}
    assert {created["version"], confirmed["version"]} == {API_VERSION}
    # A newer SDK expects other fields, so its version is changed on purpose.
    assert stripe.api_version == API_VERSION
    assert stripe.api_key is None


def test_stripe_gets_our_api_version_and_not_the_one_of_the_sdk(server, monkeypatch) -> None:
    monkeypatch.setattr("bookings.payments.stripe.gateway.API_VERSION", "2025-01-27.acacia")
    gateway = StripeGateway(secret_key=SECRET_KEY, webhook_secret="whsec_x", api_base=server.url)
    gateway.create_payment(order())
    assert {request["version"] for request in server.asked()} == {"2025-01-27.acacia"}


def test_payment_without_a_method_is_confirmed_by_the_client(server, gateway) -> None:
    result = gateway.create_payment(order(payment_method=gateway.default_method))
    assert result.status == "requires_action"
    assert result.client_secret.startswith(f"{result.provider_id}_secret_")
    assert ops(server) == ["create"]
    server.finish(result.provider_id)
    assert gateway.payment_state(provider_id=result.provider_id).status == "succeeded"


def test_declined_card_gives_a_reason_and_is_not_charged(server, gateway) -> None:
    result = gateway.create_payment(order(payment_method="pm_card_chargeDeclined"))
    assert (result.status, result.failure) == ("failed", "Your card was declined.")
    assert result.provider_id.startswith("pi_") and not result.client_secret
    assert charges(server) == [0, 0]
    assert gateway.create_payment(order(idempotency_key="31:2")).status == "succeeded"


def test_card_that_needs_authentication_gives_the_client_a_secret(server, gateway) -> None:
    result = gateway.create_payment(order(payment_method="pm_card_authenticationRequired"))
    assert result.status == "requires_action"
    assert result.client_secret and result.action_url.startswith("https://hooks.stripe.example/")
    assert charges(server) == [0, 0]


def test_payment_that_the_bank_processes_is_open(server, gateway) -> None:
    result = gateway.create_payment(order(payment_method="pm_card_processing"))
    assert (result.status, charges(server)) == ("requires_action", [0, 0])


def test_unknown_payment_method_is_refused_at_its_field(server, gateway) -> None:
    with pytest.raises(InvalidField) as refusal:
        gateway.create_payment(order(payment_method="pm_unknown"))
    assert refusal.value.members["errors"][0]["field"] == "payment_method"
    assert server.truth() == {}


def test_other_refusals_of_stripe_are_failed_payments(server, gateway) -> None:
    result = gateway.create_payment(order(amount=Decimal(0)))
    assert (result.status, result.provider_id) == ("failed", "")
    assert result.failure and server.truth() == {}


@pytest.mark.parametrize("method", ["", "pm_card_visa", "pm_1Q2w3E4r5T6y7U8i", "pm_" + "x" * 97])
def test_payment_method_of_stripe_s_form_is_accepted(gateway, method: str) -> None:
    gateway.check_method(method)


@pytest.mark.parametrize(
    "method", ["pm_", "card_visa", "pm_x/../refunds", "pm_x\n", "pm_é", "pm_" + "x" * 98, "\x00"]
)
def test_payment_method_of_another_form_is_refused(gateway, method: str) -> None:
    with pytest.raises(InvalidField):
        gateway.check_method(method)


@pytest.mark.parametrize("op", ["create", "confirm"])
@pytest.mark.parametrize(
    "fault", ["lose", "drop", "error_before", "error_after", "conflict", "garbage", "empty"]
)
def test_one_broken_answer_still_takes_the_money_once(server, gateway, op, fault) -> None:
    server.script(op, fault)
    for _ in range(2):
        try:
            gateway.create_payment(order())
        except GatewayUnavailable:
            continue
    if (op, fault) == ("create", "error_after"):
        # Stripe repeats its answer 500 to a key for a day, so the next attempt has another key.
        assert charges(server) == [0, 0]
        gateway.create_payment(order(idempotency_key="31:2"))
    assert charges(server) == [1, 50000]


@pytest.mark.parametrize("op", ["create", "confirm"])
@pytest.mark.parametrize("fault", ["lose", "drop", "error_before", "rate_limit", "conflict"])
def test_payment_without_an_answer_is_found_again_by_its_key(server, gateway, op, fault) -> None:
    server.script(op, fault, fault)
    with pytest.raises(GatewayUnavailable):
        gateway.create_payment(order())
    taken = charges(server)
    assert taken == ([1, 50000] if (op, fault) == ("confirm", "lose") else [0, 0])
    for _ in range(2):
        # The SDK does not repeat a limited request, so one of the two faults is left.
        try:
            assert gateway.create_payment(order()).status == "succeeded"
        except GatewayUnavailable:
            assert fault == "rate_limit"
    assert charges(server) == [1, 50000]


def test_a_repeated_request_finds_a_decline_whose_answer_was_lost(server, gateway) -> None:
    server.script("confirm", "lose", "lose")
    declined = order(payment_method="pm_card_chargeDeclined")
    with pytest.raises(GatewayUnavailable):
        gateway.create_payment(declined)
    assert gateway.create_payment(declined).status == "failed"
    assert charges(server) == [0, 0]


def test_wait_for_stripe_s_answer_ends(server, monkeypatch) -> None:
    monkeypatch.setattr("bookings.payments.stripe.gateway.TIMEOUT", (0.2, 0.2))
    gateway = StripeGateway(
        secret_key=SECRET_KEY, webhook_secret=server.webhook_secret, api_base=server.url
    )
    server.script("confirm", "slow:5", "slow:5")
    started = time.monotonic()
    with pytest.raises(GatewayUnavailable):
        gateway.create_payment(order())
    assert time.monotonic() - started < 4
    assert gateway.create_payment(order()).status == "succeeded"
    assert charges(server) == [1, 50000]


def test_confirmed_intent_answers_its_outcome(server, gateway) -> None:
    first = gateway.create_payment(order())
    del server._answers["payment:31:1:confirm"]
    assert gateway.create_payment(order()) == first
    assert charges(server) == [1, 50000]


def test_an_intent_that_was_cancelled_is_not_confirmed(server, gateway) -> None:
    server.script("confirm", "drop", "drop")
    with pytest.raises(GatewayUnavailable):
        gateway.create_payment(order())
    (provider_id,) = server.intents
    gateway.cancel_payment(provider_id=provider_id)
    result = gateway.create_payment(order())
    assert (result.status, result.failure) == ("failed", "The payment was cancelled.")
    assert charges(server) == [0, 0]


@pytest.mark.parametrize("fault", ["wrong_amount", "wrong_currency"])
def test_intent_of_another_order_is_never_confirmed(server, gateway, fault) -> None:
    server.script("create", fault)
    for _ in range(2):
        with pytest.raises(GatewayUnavailable):
            gateway.create_payment(order())
    assert "confirm" not in ops(server)


def test_charge_of_another_amount_is_never_a_success(server, gateway) -> None:
    server.script("confirm", "wrong_amount")
    with pytest.raises(GatewayUnavailable):
        gateway.create_payment(order())
    (state,) = gateway.payments_since(LONG_AGO)
    assert (state.status, state.amount) == ("succeeded", Decimal("499.99"))


def test_key_that_was_used_for_another_request_is_not_charged(server, gateway) -> None:
    gateway.create_payment(order())
    with pytest.raises(GatewayUnavailable):
        gateway.create_payment(order(amount=Decimal("1.00")))
    assert charges(server) == [1, 50000]


@pytest.mark.parametrize("call", ["payment_state", "cancel_payment"])
def test_a_refused_api_key_makes_the_gateway_unavailable(server, call) -> None:
    gateway = StripeGateway(secret_key="wrong", webhook_secret="whsec_x", api_base=server.url)
    with pytest.raises(GatewayUnavailable):
        getattr(gateway, call)(provider_id="pi_1")


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("250.00", "INR", 25000), ("0.01", "EUR", 1), ("1200", "JPY", 1200), ("5", "ISK", 500),
        ("5", "UGX", 500), ("4.500", "KWD", 4500), ("4.510", "KWD", 4510), ("12", "MGA", 12),
        ("99999999999.99", "USD", 9999999999999),
    ],
)  # fmt: skip
def test_amounts_are_sent_in_stripe_s_units(amount: str, currency: str, minor: int) -> None:
    assert to_minor(Decimal(amount), currency) == minor
    assert from_minor(minor, currency) == Decimal(amount)


@pytest.mark.parametrize(
    ("amount", "currency", "step"),
    [("5.124", "KWD", "0.010"), ("12.50", "MGA", "1"), ("0.5", "JPY", "1"), ("1.5", "ISK", "1")],
)
def test_amount_that_stripe_cannot_express_is_refused_and_not_rounded(
    server, gateway, amount: str, currency: str, step: str
) -> None:
    with pytest.raises(AmountNotPayable):
        to_minor(Decimal(amount), currency)
    result = gateway.create_payment(order(amount=Decimal(amount), currency=currency))
    assert result.status == "failed" and f"{currency} are paid in steps of {step}" in result.failure
    assert gateway.refund(
        provider_id="pi_1", amount=Decimal(amount), currency=currency, idempotency_key="refund:1"
    ).status == "failed"  # fmt: skip
    assert server.truth() == {}


@pytest.mark.parametrize("currency", sorted(CURRENCY_DIGITS))
def test_amounts_of_every_currency_are_read_as_they_were_sent(currency: str) -> None:
    for amount in (quantum(currency) * 1000, Decimal(123456000)):
        assert from_minor(to_minor(amount, currency), currency) == amount
        assert formatted(from_minor(to_minor(amount, currency), currency), currency)
