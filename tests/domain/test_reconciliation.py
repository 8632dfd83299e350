"""When a day's run is due."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from allonova.domain.money.reconciliation import day_of


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-03-02T01:59:59Z", date(2026, 3, 1)),
        ("2026-03-02T02:00:00Z", date(2026, 3, 2)),
        ("2026-03-03T01:59:59Z", date(2026, 3, 2)),
    ],
)
def test_day_begins_at_two_in_abidjan(now: str, day: date) -> None:
    assert day_of(datetime.fromisoformat(now)) == day
