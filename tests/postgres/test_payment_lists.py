"""The back office's lists of payments and refunds: two statements each, and what finds the few does so by an index."""

from __future__ import annotations

from typing import Any

import pytest

from allonova.adapters.postgres.carpool.payment_queries import PostgresPaymentQueries
from allonova.adapters.postgres.runner import Connection, Pool
from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort
from allonova.domain.money.payment import PaymentStatus
from allonova.domain.money.refund import RefundStatus
from tests.support.explaining import Explaining
from tests.support.factories import NOW, new_id

_FILL = """
INSERT INTO carpool.users (phone, first_name, last_name) SELECT '+22507' || lpad(n::text, 8, '0'), 'A', 'B'
FROM generate_series(1, 100) AS n;
INSERT INTO carpool.payments (user_id, method, provider_ref, provider_url, amount, status, flags, created_at)
SELECT u.id, 'wave', 'cos-' || n || u.phone, 'x', 500 + n, CASE WHEN n = 1 THEN 'init' ELSE 'paid' END,
    CASE WHEN n = 2 AND u.phone LIKE '%1' THEN '{chargeback}'::text[] ELSE '{}' END,
    now() - make_interval(mins => n)
FROM carpool.users u, generate_series(1, 100) AS n;
INSERT INTO carpool.refunds (payment_id, user_id, amount, sent_to, cause, status, created_at)
SELECT id, user_id, 1, 'provider', 'admin', CASE WHEN amount = 510 THEN 'pending_manual' ELSE 'done' END, created_at
FROM carpool.payments WHERE amount > 500 AND status = 'paid'
"""


NEWEST = (Sort("created_at", descending=True),)
PAYMENTS = [
    ("ix_payments_flags", Filter("flags", Op.EQ, ("chargeback",)), 10),
    ("uq_payments_provider_ref", Filter("provider_refs", Op.EQ, ("cos-7+2250700000009",)), 1),
    ("ix_payments_status_created_at", Filter("status", Op.EQ, PaymentStatus.INIT), 100),
    ("ix_payments_booking_id", Filter("booking_id", Op.EQ, new_id()), 0),
    ("ix_payments_user_id_created_at", Filter("user_id", Op.EQ, new_id()), 0),
    ("ix_payments_created_at", Filter("created_at", Op.GTE, NOW.replace(year=2100)), 0),
]
REFUNDS = [
    ("ix_refunds_status_created_at", Filter("status", Op.EQ, RefundStatus.PENDING_MANUAL), 100),
    ("ix_refunds_payment_id", Filter("payment_id", Op.EQ, new_id()), 0),
    ("ix_refunds_user_id", Filter("user_id", Op.EQ, new_id()), 0),
]


async def test_few_are_found_by_an_index(pool: Pool, owner: Connection, subtests: pytest.Subtests) -> None:
    await owner.execute(_FILL)
    await owner.execute("ANALYZE carpool.payments, carpool.refunds")
    for kind, cases in (("payments", PAYMENTS), ("refunds", REFUNDS)):
        for index, condition, count in cases:
            with subtests.test(index):
                runner = Explaining(pool)
                found: Any = await getattr(PostgresPaymentQueries(runner), kind)(ListQuery((condition,), NEWEST))
                assert (found.total, len(runner.plans)) == (count, 2 if count else 1)
                assert index in runner.plans[0]
                assert all("Seq Scan" not in plan for plan in runner.plans)
    runner = Explaining(pool)
    newest: Any = await PostgresPaymentQueries(runner).payments(ListQuery((), NEWEST))
    assert (newest.total, len(newest.items)) == (10_000, 20)
    assert "Index Scan Backward using ix_payments_created_at" in runner.plans[1]
