"""What can be said about people's logins in a query."""

from typing import Self

from eventbooking_system.querysets import LockingQuerySet


class LoginSessionQuerySet(LockingQuerySet):
    def live(self) -> Self:
        """Logins that nobody has ended, of people who may log in; each comes with its user."""
        return self.filter(ended_at=None, user__is_active=True).select_related("user")
