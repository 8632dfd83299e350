"""Statements in a trace: by what they do and to which table, never with what they carry."""

from __future__ import annotations

import pytest

from allonova.adapters.telemetry.sql import summary_of


@pytest.mark.parametrize(
    ("query", "summary"),
    [
        ("SELECT id FROM carpool.trips WHERE id = $1", "SELECT carpool.trips"),
        ("\nWITH due AS (SELECT 1 FROM platform.outbox) UPDATE platform.outbox SET a = 1", "WITH platform.outbox"),
        ("insert into carpool.bookings (id) values ($1)", "INSERT carpool.bookings"),
        ("COMMIT;", "COMMIT;"),
        ("", ""),
    ],
)
def test_statement_is_named_after_deed_and_table(query: str, summary: str) -> None:
    assert summary_of(query) == summary
