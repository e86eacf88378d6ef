"""Tests of the probes."""

from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder


def test_healthz_needs_no_database(client):
    response = client.get("/healthz/")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_readyz_is_well_with_every_migration(client):
    assert client.get("/readyz/").json() == {"status": "ok"}


@pytest.mark.django_db
def test_readyz_is_503_while_migrations_are_pending(client):
    MigrationRecorder.Migration.objects.filter(app="bookings").delete()
    response = client.get("/readyz/")
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert response.json()["detail"] == "Not ready: migrations pending."


@pytest.mark.postgres
@pytest.mark.django_db
def test_readyz_is_503_while_the_database_is_read_only(client):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_read_only = on")
    response = client.get("/readyz/")
    assert response.status_code == 503
    assert response.json()["detail"] == "Not ready: database is read-only."


@pytest.mark.parametrize("error", [OperationalError("hunter2"), InterfaceError("hunter2")])
def test_readyz_is_503_without_the_database(client, monkeypatch, error):
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("django.db.backends.base.base.BaseDatabaseWrapper.ensure_connection", fail)
    response = client.get("/readyz/")
    assert (response.status_code, response.json()["code"]) == (503, "busy")
    assert "hunter2" not in response.content.decode()
    assert client.get("/healthz/").status_code == 200


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_readyz_is_503_while_the_disk_of_the_database_is_full(client):
    """Each probe writes a small file, which a full disk refuses."""

    def refuse_files(execute: Any, sql: str, *arguments: Any) -> Any:
        if "pg_export_snapshot" in sql:
            sql = "DO $$ BEGIN RAISE SQLSTATE '53100'; END $$"
        return execute(sql, *arguments)

    assert client.get("/readyz/").status_code == 200
    with connection.execute_wrapper(refuse_files):
        response = client.get("/readyz/")
    assert response.status_code == 503
    assert response.json()["detail"] == "Not ready: the disk of the database is full."
    assert client.get("/readyz/").status_code == 200
