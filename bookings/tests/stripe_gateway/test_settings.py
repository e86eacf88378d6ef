"""The settings of the Stripe gateway, and its secrets."""

import logging
import traceback

import pytest

from bookings.payments import providers
from bookings.payments.gateway import GatewayUnavailable
from bookings.payments.providers import gateway_named
from bookings.payments.stripe import StripeGateway
from bookings.tests.stripe_gateway.orders import SECRET_KEY, STRIPE, order
from eventbooking_system.errors import InvalidField
from eventbooking_system.testing.processes import PRODUCTION, settings_of, start


def test_no_key_is_logged_or_raised(server, gateway, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    told = []
    wrong = StripeGateway(secret_key="rk_wrong_key", webhook_secret="whsec_x", api_base=server.url)
    for fault in ("lose", "drop", "error_before", "error_after", "rate_limit", "garbage", "ok"):
        for op in ("create", "confirm", "retrieve"):
            server.script(op, fault, fault)
        for method in ("pm_card_visa", "pm_card_chargeDeclined", "pm_unknown"):
            asked = order(idempotency_key=f"{fault}:{method}", payment_method=method)
            try:
                told.append(gateway.create_payment(asked).failure)
            except (GatewayUnavailable, InvalidField) as error:
                told += traceback.format_exception(error)
        server._scripts.clear()
    server.script("*", "error_before", "error_before")
    with pytest.raises(GatewayUnavailable) as refusal:
        wrong.payment_state(provider_id="pi_1")
    told += [*traceback.format_exception(refusal.value), caplog.text]
    text = "\n".join([*told, *(str(vars(record)) for record in caplog.records)])
    assert "stripe gave no answer" in text
    for secret in (SECRET_KEY, "rk_wrong_key", server.webhook_secret, "_secret_"):
        assert secret not in text


def test_stripe_gateway_exists_only_if_it_is_configured(settings) -> None:
    providers.stripe_gateway.cache_clear()
    settings.PAYMENT_PROVIDER = "stripe"
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = SECRET_KEY, "whsec_x"
    gateway = gateway_named("stripe")
    assert gateway.name == "stripe" and gateway_named("stripe") is gateway
    assert gateway_named("sandbox") is None
    settings.PAYMENT_PROVIDER = "none"
    assert gateway_named("stripe") is None and gateway_named("none") is None


def test_stripe_starts_with_its_keys() -> None:
    names = ["s.PAYMENT_PROVIDER", "s.STRIPE_API_BASE"]
    assert settings_of({**PRODUCTION, **STRIPE}, *names) == ["stripe", "https://api.stripe.com"]
    other = {"STRIPE_API_BASE": "http://127.0.0.1:12111/", "STRIPE_SECRET_KEY": "rk_test_1"}
    assert settings_of({**PRODUCTION, **STRIPE, **other}, *names)[1] == "http://127.0.0.1:12111"


WRONG = [
    ("STRIPE_SECRET_KEY", ""),
    ("STRIPE_SECRET_KEY", "hunter2"),
    ("STRIPE_SECRET_KEY", "sk_"),
    ("STRIPE_PUBLISHABLE_KEY", ""),
    ("STRIPE_PUBLISHABLE_KEY", "sk_test_hunter2"),
    ("STRIPE_WEBHOOK_SECRET", ""),
    ("STRIPE_WEBHOOK_SECRET", "hunter2"),
    ("STRIPE_API_BASE", "ftp://hunter"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_key_that_is_missing_or_another_stops_the_start_and_is_named(name, value) -> None:
    process = start({**PRODUCTION, **STRIPE, name: value})
    assert process.returncode == 1
    assert process.stderr.splitlines()[-1].startswith(
        f"django.core.exceptions.ImproperlyConfigured: {name}: "
    )
    assert "hunter2" not in process.stderr
