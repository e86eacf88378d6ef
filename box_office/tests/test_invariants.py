"""Each invariant of the drawer, broken once to see it fail."""

from decimal import Decimal

import pytest
from django.db import InternalError, connection, transaction
from django.db.utils import IntegrityError

from bookings.invariants import broken
from box_office import services
from box_office.models import CashMovement, CashSession
from box_office.tests.factories import cash_session
from users.tests.factories import StaffFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def closed() -> CashSession:
    session = cash_session()
    services.record_movement(
        session_id=session.pk, kind="drop", amount=Decimal(10), reason="safe", by=StaffFactory()
    )
    return services.close_cash_session(
        session_id=session.pk, counted=Decimal(90), closed_by=StaffFactory()
    )


def test_invariants_hold_for_a_closed_session(closed: CashSession) -> None:
    assert list(broken()) == []


def _without_triggers(sql: str) -> None:
    """Write as somebody with all rights on the database would."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql)
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.mark.parametrize(
    ("sql", "complaint"),
    [
        ("UPDATE box_office_cashmovement SET reason = 'mine'", "a row changed"),
        ("UPDATE box_office_cashmovement SET amount = 5", "not the sum"),
        ("UPDATE box_office_cashsession SET counted = 80", "a row changed"),
        ("UPDATE box_office_cashsession SET number = 2", "does not follow"),
        ("UPDATE box_office_cashsession SET previous_digest = 'x'", "does not follow"),
        ("DELETE FROM box_office_cashmovement", "not the sum"),
    ],
)
def test_a_changed_row_of_a_closed_session_is_found(
    closed: CashSession, sql: str, complaint: str
) -> None:
    _without_triggers(sql)
    assert any(complaint in line for line in broken())


@pytest.mark.postgres
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE box_office_cashmovement SET reason = 'mine'",
        "DELETE FROM box_office_cashmovement",
        "UPDATE box_office_cashsession SET counted = 80",
        "DELETE FROM box_office_cashsession",
    ],
)
def test_postgresql_refuses_to_change_a_closed_session(closed: CashSession, sql: str) -> None:
    refusals = (IntegrityError, InternalError)
    with pytest.raises(refusals), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    closed.refresh_from_db()
    assert closed.counted == 90


@pytest.mark.postgres
def test_postgresql_refuses_a_movement_of_a_closed_session(closed: CashSession) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        CashMovement.objects.create(
            session=closed, kind="drop", amount=1, reason="late", by=closed.opened_by
        )
    assert closed.movements.count() == 1
