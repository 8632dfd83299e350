"""What reconciliation looks for is found by indexes, in tables that have grown."""

from __future__ import annotations

from datetime import timedelta

from allonova.adapters.postgres.money import reconciliation
from allonova.adapters.postgres.runner import Connection, Pool
from allonova.adapters.postgres.unit import PostgresUnits
from tests.support.factories import HOUR, NOW, a_user, keep

_HISTORY = """
INSERT INTO carpool.payments (user_id, method, provider_url, amount, status, created_at, updated_at)
SELECT $1::uuid, 'wave', '', 1000, CASE WHEN n % 500 = 0 THEN 'init' ELSE 'paid' END, at, at
FROM generate_series(1, 20000) AS n, LATERAL (SELECT $2::timestamptz - make_interval(mins => n * 10) AS at) AS made
"""


async def plan(pool: Pool, sql: str, *args: object) -> str:
    return "\n".join(row[0] for row in await pool.fetch(f"EXPLAIN {sql}", *args))


async def test_payments_are_found_by_their_indexes(owner: Connection, pool: Pool, units: PostgresUnits) -> None:
    user, now = a_user(), NOW + HOUR
    async with units.begin() as unit:
        await keep(unit, user)
    await owner.execute(_HISTORY, user.id, NOW)
    await owner.execute("ANALYZE carpool.payments")
    found = await plan(pool, reconciliation._OPEN_PAYMENTS, ["wave"], now, now, now - timedelta(days=1), now, 200)
    assert "ix_payments_status_created_at" in found
    assert "Seq Scan on payments" not in found
    found = await plan(pool, reconciliation._PAYMENTS, ["wave"], NOW - timedelta(days=3), NOW, now, 200)
    assert "ix_payments_updated_at" in found
    assert "Seq Scan on payments" not in found
