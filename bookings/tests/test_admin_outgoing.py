"""Staff's work with outgoing messages: look, send again, subscribe partners."""

import pytest
from django.contrib.auth.models import Permission

from bookings import checkout, services
from bookings.models import Message, Payment, WebhookSubscription
from bookings.tests.factories import confirmed, held
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db
MESSAGES = "/admin/bookings/message/"
SUBSCRIPTIONS = "/admin/bookings/webhooksubscription/"


@pytest.fixture
def onlooker(client):
    user = UserFactory(is_staff=True)
    looks = ["view_message", "view_webhooksubscription"]
    user.user_permissions.set(Permission.objects.filter(codename__in=looks))
    client.force_login(user)
    return client


def send_again(client, message):
    return client.post(MESSAGES, {"action": "send_again", "_selected_action": [message.pk]})


def dead_message() -> Message:
    confirmed()
    Message.objects.update(state="dead", last_error="The mail server is gone.")
    return Message.objects.get()


def test_every_list_and_page_opens(boss, subscription) -> None:
    confirmed()
    services.plan_jobs(["expire_holds"])
    for name in ("message", "webhookdelivery", "webhooksubscription", "periodicjob"):
        page = boss.get(f"/admin/bookings/{name}/")
        assert page.status_code == 200
        row = page.context["cl"].queryset.first()
        assert boss.get(f"/admin/bookings/{name}/{row.pk}/change/").status_code == 200


def test_staff_find_a_dead_message_and_send_it_again(boss) -> None:
    message = dead_message()
    page = boss.get(MESSAGES, {"state__exact": "dead", "q": message.booking.reference})
    assert b"The mail server is gone." in page.content
    assert send_again(boss, message).status_code == 302
    message.refresh_from_db()
    assert (message.state, message.last_error) == ("queued", "")


def test_read_only_staff_send_nothing_and_see_no_secret(onlooker, subscription) -> None:
    message = dead_message()
    send_again(onlooker, message)
    message.refresh_from_db()
    assert message.state == "dead"
    page = onlooker.get(f"{SUBSCRIPTIONS}{subscription.pk}/change/")
    assert subscription.url.partition("?")[0] in page.content.decode()
    assert subscription.secret not in page.content.decode()


def test_staff_subscribe_a_partner(boss) -> None:
    form = boss.get(f"{SUBSCRIPTIONS}add/").context["adminform"].form
    body = {
        "name": "Partner",
        "url": "https://partner.example/hooks",
        "events": ["booking.confirmed", "show.cancelled"],
        "secret": form.get_initial_for_field(form.fields["secret"], "secret"),
        "is_active": "on",
    }
    for wrong in ({"events": ["booking.made"]}, {"secret": "x"}, {"url": "ftp://a/"}):
        assert boss.post(f"{SUBSCRIPTIONS}add/", {**body, **wrong}).status_code == 200
        assert not WebhookSubscription.objects.exists()
    assert boss.post(f"{SUBSCRIPTIONS}add/", body).status_code == 302
    assert WebhookSubscription.objects.get().events == body["events"]


def test_read_only_staff_cannot_search_secrets(client, subscription) -> None:
    checkout.pay(booking_id=held().pk, payment_method="pm_card_authentication")
    payment = Payment.objects.get()
    user = UserFactory(is_staff=True)
    looks = ["view_webhooksubscription", "view_webhookdelivery", "view_payment", "view_refund"]
    user.user_permissions.set(Permission.objects.filter(codename__in=looks))
    client.force_login(user)
    for path, name, secret in (
        ("webhooksubscription", "secret", subscription.secret),
        ("webhookdelivery", "subscription__secret", subscription.secret),
        ("payment", "client_secret", payment.client_secret),
        ("payment", "action_url", payment.action_url),
        ("refund", "payment__client_secret", payment.client_secret),
    ):
        page = client.get(f"/admin/bookings/{path}/", {f"{name}__startswith": secret[:3]})
        assert page.status_code == 400
    assert client.get("/admin/bookings/payment/", {"provider__startswith": "s"}).status_code == 200
