import secrets
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import cycle
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.text import slugify

from bookings import checkout
from bookings.management import demo
from bookings.models import Booking, Message, PromoCode
from bookings.services import Caller, SeatRequest, hold, save_promo_code
from eventbooking_system.errors import DomainError
from eventbooking_system.timezones import day_bounds
from events.models import Event
from events.services import create_event, draw_poster_sizes, set_poster
from shows.models import Show
from shows.services import NewShow, schedule_shows
from users.models import User
from venues.models import Screen, Venue
from venues.services import create_screen, create_venue, replace_layout

DAYS = 7
MAX_DAYS = 31
_FATES = (Booking.Status.CONFIRMED, Booking.Status.PENDING, Booking.Status.CANCELLED)
_STEP = timedelta(minutes=15)
_EVENING = 17
# Bookings of a show that starts this much later can still be cancelled at every demo venue.
_EARLIEST_BOOKING = timedelta(hours=30)


class Command(BaseCommand):
    help = (
        f"Fill the database with real venues and films and {DAYS} days of shows from today. "
        "Existing rows stay. Run it again on another day to add the missing days."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--force", action="store_true", help="also without DEBUG; the password is then random"
        )
        parser.add_argument(
            "--days", type=int, default=DAYS, choices=range(1, MAX_DAYS + 1), metavar="DAYS",
            help=f"the number of days with shows ({DAYS})",
        )  # fmt: skip

    def handle(self, *, force: bool, days: int, **options: Any) -> None:
        if not (settings.DEBUG or force):
            raise CommandError("Demo logins do not belong in production: DEBUG is off.")
        password = demo.PASSWORD if settings.DEBUG else secrets.token_urlsafe(12)
        customers, new_logins = _make_people(password)
        events = {event.title: _made_event(event) for event in demo.EVENTS}
        shows = sum(
            _fill(_made_screen(_made_venue(venue), screen), venue, screen, events, days)
            for venue in demo.VENUES
            for screen in venue.screens
        )
        bookings = 0 if Booking.objects.filter(user__in=customers).exists() else _book(customers)
        if not PromoCode.objects.filter(code=demo.PROMO_CODE).exists():
            save_promo_code(code=demo.PROMO_CODE, percent=Decimal(10))
        self.stdout.write(f"Demo: {shows} shows and {bookings} bookings added.")
        if settings.DEBUG or new_logins:
            self.stdout.write(f"  Staff     {demo.STAFF}     password: {password}")
            self.stdout.write(f"  Customer  {demo.CUSTOMER}  password: {password}")
            self.stdout.write(f"  Promo code  {demo.PROMO_CODE}")


def _make_people(password: str) -> tuple[list[User], bool]:
    """Return the customers, and whether any was added. The visitor is the first."""
    emails = [demo.CUSTOMER] + [
        f"{slugify(first)}.{slugify(last)}@demo.example" for first, last in demo.CUSTOMERS[1:]
    ]
    known = set(
        User.objects.filter(email__in=[*emails, demo.STAFF]).values_list("email", flat=True)
    )
    # All share one hash, because hashing a password is slow on purpose.
    stored = make_password(password)
    User.objects.bulk_create(
        User(email=email, first_name=first, last_name=last, password=stored)
        for email, (first, last) in zip(emails, demo.CUSTOMERS, strict=True)
        if email not in known
    )
    if demo.STAFF not in known:
        User.objects.create(
            email=demo.STAFF, first_name="Demo", password=stored, is_staff=True, is_superuser=True
        )
    people = {user.email: user for user in User.objects.filter(email__in=emails)}
    return [people[email] for email in emails], len(known) <= len(emails)


def _made_event(event: demo.DemoEvent) -> Event:
    found = Event.objects.filter(title=event.title, kind=event.kind).order_by("pk").first()
    if found:
        return found
    made = create_event(
        fields={
            "kind": event.kind,
            "title": event.title,
            "description": event.description,
            "duration_minutes": event.minutes,
            "language": event.language,
            "certificate": event.certificate,
            "genres": list(event.genres),
            "release_date": event.released,
            "cast": list(event.cast),
            "is_published": True,
        }
    )
    return set_poster(event_id=made.pk, images=draw_poster_sizes(demo.draw_poster(event)))


def _made_venue(venue: demo.DemoVenue) -> Venue:
    found = Venue.objects.filter(name=venue.name, city=venue.city).order_by("pk").first()
    return found or create_venue(
        fields={
            "name": venue.name,
            "address": venue.address,
            "city": venue.city,
            "country": venue.country,
            "timezone": venue.timezone,
            "latitude": venue.latitude,
            "longitude": venue.longitude,
            **venue.terms,
        }
    )


def _made_screen(venue: Venue, screen: demo.DemoScreen) -> Screen:
    made = venue.screens.filter(name=screen.name).first() or create_screen(
        venue_id=venue.pk, fields={"name": screen.name}
    )
    if not made.seats.exists():
        replace_layout(screen_id=made.pk, document=screen.layout)
    return made


def _fill(
    made: Screen,
    venue: demo.DemoVenue,
    screen: demo.DemoScreen,
    events: Mapping[str, Event],
    days: int,
) -> int:
    """Schedule a screen's missing shows, and return their number."""
    zone = ZoneInfo(venue.timezone)
    prices = {name: _amounts(price) for name, price in screen.prices.items()}
    missing: list[NewShow] = []
    today = timezone.now().astimezone(zone).date()
    for day in (today + timedelta(days=number) for number in range(days)):
        if screen.weekday not in (None, day.weekday()):
            continue
        first, after = day_bounds(day, venue.timezone)
        if Show.objects.filter(screen=made, start_time__gte=first, start_time__lt=after).exists():
            continue
        opens = datetime.combine(day, screen.opens, zone)
        cleaning = timedelta(minutes=made.venue.cleaning_minutes)
        for event, start in _day(screen, events, opens, after - cleaning, cleaning):
            fields = {
                "start_time": start,
                "currency": venue.currency,
                "language": event.language,
                "format": screen.format,
            }
            missing.append(NewShow(event, made, prices, fields))
    for result in schedule_shows(new_shows=missing):
        if isinstance(result, DomainError):
            raise result
    return len(missing)


def _day(
    screen: demo.DemoScreen,
    events: Mapping[str, Event],
    start: datetime,
    closes: datetime,
    cleaning: timedelta,
) -> Iterator[tuple[Event, datetime]]:
    """Yield a day's shows. Each day begins with another title of the programme."""
    # Computed with instants, because local time may jump in between.
    start = start.astimezone(closes.tzinfo)
    first = start.toordinal()
    for number in range(screen.per_day):
        event = events[screen.programme[(first + number) % len(screen.programme)]]
        end = start + timedelta(minutes=event.duration_minutes)
        if end > closes:
            return
        yield event, start
        start = _next_quarter(end + cleaning)


def _sell_evenings(customers: list[User]) -> int:
    """Sell the given shares of the next evenings of one screen."""
    shows = Show.objects.filter(
        screen__name=demo.BUSY_SCREEN, start_time__gte=timezone.now() + _EARLIEST_BOOKING
    ).select_related("screen__venue")
    evenings = [
        show
        for show in shows.order_by("start_time")
        if show.start_time.astimezone(ZoneInfo(show.screen.venue.timezone)).hour >= _EVENING
    ]
    added = 0
    for show, share in zip(evenings, demo.BUSY_EVENINGS, strict=False):
        free = show.show_seats.filter(status="available").count()
        wanted = int(share * show.show_seats.count()) - (show.show_seats.count() - free)
        while wanted > 0:
            quantity = min(2 + added % 4, wanted, settings.BOOKINGS_MAX_SEATS)
            customer = customers[added % len(customers)]
            seats = SeatRequest(show.pk, quantity=quantity)
            booking = hold(caller=Caller(customer.pk), wanted=seats)
            checkout.pay(booking_id=booking.pk, payment_method="pm_card_visa")
            wanted -= quantity
            added += 1
    return added


def _next_quarter(moment: datetime) -> datetime:
    return moment + (datetime.min.replace(tzinfo=moment.tzinfo) - moment) % _STEP


def _amounts(price: str | Mapping[str, str]) -> dict[str, Decimal]:
    by_type = {"": price} if isinstance(price, str) else price
    return {ticket_type: Decimal(amount) for ticket_type, amount in by_type.items()}


def _book(customers: list[User]) -> int:
    """Make bookings in every state, several for the visitor."""
    shows = Show.objects.published().filter(
        status=Show.Status.SCHEDULED, start_time__gte=timezone.now() + _EARLIEST_BOOKING
    )
    show_ids = list(shows.order_by("start_time", "pk").values_list("pk", flat=True))
    # The visitor gets one more booking of each state, to try the pages with.
    plans = zip([*customers, *customers[:1] * len(_FATES)], cycle(_FATES), strict=False)
    added = 0
    for number, (customer, fate) in enumerate(plans):
        if not show_ids:
            break
        quantity = min(1 + number % 4, settings.BOOKINGS_MAX_SEATS)
        wanted = SeatRequest(show_ids[7 * number % len(show_ids)], quantity=quantity)
        booking = hold(caller=Caller(customer.pk), wanted=wanted)
        added += 1
        if fate != Booking.Status.PENDING and settings.PAYMENT_PROVIDER == "sandbox":
            checkout.pay(booking_id=booking.pk, payment_method="pm_card_visa")
            if fate == Booking.Status.CANCELLED:
                checkout.cancel(booking_id=booking.pk, cancelled_by=customer, reason="Ill")
    if settings.PAYMENT_PROVIDER == "sandbox":
        added += _sell_evenings(customers[1:])
    # The invented customers have no mailboxes.
    messages = Message.objects.filter(booking__user__in=customers, state=Message.State.QUEUED)
    messages.update(state=Message.State.DROPPED, last_error="part of the demo")
    return added
