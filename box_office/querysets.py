"""QuerySets of cash sessions."""

from typing import Self

from django.db import connections

from eventbooking_system.db.querysets import LockingQuerySet


class CashSessionQuerySet(LockingQuerySet):
    def open(self) -> Self:
        """Select sessions that nobody has closed yet."""
        return self.filter(closed_at=None)

    def lock_shared(self, pk: int) -> bool:
        """
        Lock a session FOR SHARE if it is open, and tell whether.

        Any number of sales share the lock; closing the session waits for all of them, and a sale
        that waited for the close finds the session closed. On SQLite writers queue from BEGIN on,
        so the lock is not needed there.
        """
        rows = self.open().filter(pk=pk).values("pk")
        sql, parameters = rows.query.get_compiler(self.db).as_sql()
        connection = connections[self.db]
        if connection.vendor == "postgresql":
            sql += " FOR SHARE"
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchone() is not None
