"""Batches of messages, with the rows that they need, read together."""

from collections.abc import Sequence
from functools import cached_property

from bookings import services
from bookings.models import Booking, Message
from bookings.selectors import bookings_to_write_about, mails_of_today, states_of_messages
from shows.calendar import Revision, revisions_of


class Batch:
    """
    Messages that one worker has claimed.

    Nothing is written, except the links once the first one is needed.
    """

    def __init__(self, messages: Sequence[Message]) -> None:
        self.messages = messages
        # Read before all else, so that a later change makes a difference to it.
        self._states = states_of_messages(message.pk for message in messages)
        ids = {message.booking_id for message in messages}
        self._bookings = bookings_to_write_about(ids)

    def is_current(self, message: Message) -> bool:
        """
        Tell whether the message and its booking are as they were read.

        The show, the tickets and the recipient count, too. A message that another worker has
        claimed meanwhile is not current.
        """
        state = states_of_messages([message.pk])[message.pk]
        claims = {facts[:2] for facts in state}
        is_claimed = claims == {(Message.State.SENDING, message.attempts)}
        return is_claimed and state == self._states[message.pk]

    def booking_of(self, message: Message) -> Booking:
        return self._bookings[message.booking_id]

    def revision_of(self, booking: Booking) -> Revision:
        """Return what a calendar entry needs beside the show."""
        return self._revisions[booking.show_id]

    def link_of(self, message: Message) -> str:
        """Return the message's own link to its booking."""
        return self._links[message.pk]

    def mails_of_today(self, address: str) -> int:
        """Count the mails to an address within 24 hours, with this batch."""
        return self._mails_of_today[address]

    @cached_property
    def _revisions(self) -> dict[int, Revision]:
        return revisions_of([booking.show for booking in self._bookings.values()])

    @cached_property
    def _links(self) -> dict[int, str]:
        with_links = [message for message in self.messages if has_link_to_booking(message)]
        links = services.links_to([self.booking_of(message) for message in with_links])
        return {message.pk: link for message, link in zip(with_links, links, strict=True)}

    @cached_property
    def _mails_of_today(self) -> dict[str, int]:
        return mails_of_today({booking.contact_email for booking in self._bookings.values()})


def has_link_to_booking(message: Message) -> bool:
    """Tell whether a message brings a link that opens the booking itself."""
    is_to_customer = message.kind not in Message.TO_STAFF and message.transfer_id is None
    return message.channel == Message.Channel.EMAIL and is_to_customer
