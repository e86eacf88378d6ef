from typing import Any

import pytest

from box_office.tests.factories import cash_session

pytestmark = pytest.mark.django_db


def test_admin_index_lists_cash_sessions_and_the_audit(boss: Any) -> None:
    index = boss.get("/admin/").content.decode()
    assert "/admin/box_office/cashsession/" in index
    assert "/admin/audit/entry/" in index


def test_admin_shows_a_session_and_offers_no_change(staff: Any) -> None:
    session = cash_session()
    client = staff("view_cashsession")
    path = f"/admin/box_office/cashsession/{session.pk}/change/"
    assert "100.00 INR" in client.get(path).content.decode()
    assert "Foyer 1" in client.get("/admin/box_office/cashsession/").content.decode()
    assert client.post(path, {"station": "Mine"}).status_code == 403
    assert client.get("/admin/box_office/cashsession/add/").status_code == 403
