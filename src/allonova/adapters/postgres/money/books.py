"""Proves the books."""

from __future__ import annotations

from allonova.adapters.postgres.runner import Runner
from allonova.application.money.ports import BooksQueries, BooksReport

# One statement, so that all of it looks at one moment. Each part yields a rank and a line.
_VERIFY = """
WITH moved AS (
    SELECT e.kind AS entry_kind, e.ref_type, e.ref_id, a.kind AS account_kind, p.amount
    FROM platform.postings p
    JOIN platform.journal_entries e ON e.id = p.entry_id
    JOIN platform.accounts a ON a.id = p.account_id
), sums AS (
    SELECT entry_kind, ref_type, ref_id, account_kind, sum(amount) AS amount
    FROM moved GROUP BY entry_kind, ref_type, ref_id, account_kind
), escrow AS (
    SELECT ref_id, sum(amount) AS held FROM sums
    WHERE ref_type = 'booking' AND account_kind = 'escrow' GROUP BY ref_id
), settled AS (
    SELECT p.id, p.booking_id, p.amount, p.status,
        -apart.amount AS apart, -booked.amount AS booked, -sent.amount AS sent,
        row_number() OVER (PARTITION BY p.booking_id, apart.amount IS NULL ORDER BY p.created_at, p.id) AS turn
    FROM carpool.payments p
    LEFT JOIN sums apart ON apart.entry_kind = 'payment_without_booking' AND apart.ref_type = 'payment'
        AND apart.ref_id = p.id AND apart.account_kind = 'clearing'
    LEFT JOIN sums booked ON booked.entry_kind = 'booking_paid' AND booked.ref_type = 'booking'
        AND booked.ref_id = p.booking_id AND booked.account_kind = 'clearing'
    LEFT JOIN sums sent ON sent.entry_kind = 'refund_sent' AND sent.ref_type = 'payment'
        AND sent.ref_id = p.id AND sent.account_kind = 'refunds_due'
    WHERE p.status IN ('paid', 'refunded')
), refunds AS (
    SELECT coalesce((SELECT sum(amount) FROM sums WHERE account_kind = 'refunds_due'), 0) AS owed,
        coalesce((SELECT sum(amount) FROM settled WHERE status = 'paid' AND apart IS NOT NULL), 0) AS waiting
), faults (rank, about, line) AS (
    SELECT 1, e.id, format('entry %s: does not balance', e.id)
    FROM platform.journal_entries e LEFT JOIN platform.postings p ON p.entry_id = e.id
    GROUP BY e.id HAVING coalesce(sum(p.amount), 1) <> 0
    UNION ALL
    SELECT 2, b.id, format('booking %s: escrow holds %s instead of %s', b.id,
        trunc(coalesce(escrow.held, 0)), CASE b.status WHEN 'paid' THEN trunc(b.amount_total) ELSE 0 END)
    FROM carpool.bookings b LEFT JOIN escrow ON escrow.ref_id = b.id
    WHERE coalesce(escrow.held, 0) <> CASE b.status WHEN 'paid' THEN b.amount_total ELSE 0 END
    UNION ALL
    SELECT 3, ref_id, format('booking %s: escrow holds %s, but it does not exist', ref_id, trunc(held))
    FROM escrow WHERE held <> 0 AND NOT EXISTS (SELECT FROM carpool.bookings b WHERE b.id = escrow.ref_id)
    UNION ALL
    SELECT 4, id, format('payment %s: paid but not booked', id)
    FROM settled WHERE apart IS NULL AND (booked IS NULL OR turn > 1)
    UNION ALL
    SELECT 5, id, format('payment %s: booked with another amount', id)
    FROM settled WHERE coalesce(apart, booked) <> amount AND (apart IS NOT NULL OR turn = 1)
    UNION ALL
    SELECT 6, id, format('payment %s: refunded but not booked', id) FROM settled
    WHERE status = 'refunded' AND sent IS NULL
    UNION ALL
    SELECT 7, id, format('payment %s: refund booked but not sent', id) FROM settled
    WHERE status = 'paid' AND sent IS NOT NULL
    UNION ALL
    SELECT 8, id, format('payment %s: refunded with another amount', id) FROM settled
    WHERE status = 'refunded' AND sent <> amount
    UNION ALL
    SELECT 9, NULL, format('refunds_due: %s instead of %s', trunc(owed), trunc(waiting))
    FROM refunds WHERE owed <> waiting
)
SELECT
    (SELECT count(*) FROM platform.journal_entries) AS entries,
    (SELECT count(*) FROM platform.postings) AS postings,
    ARRAY(SELECT line FROM faults ORDER BY rank, about) AS faults
"""


class PostgresBooks:
    """The books, whole."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def verify(self) -> BooksReport:
        """Entries balance; each paid booking's escrow holds its fare until it is released, once; payments are booked.

        A payment is booked by the entry of its booking (one payment for each booking) or by one of its own.
        """
        row = await self._runner.fetchrow(_VERIFY)
        if row is None:
            raise RuntimeError("no totals")
        return BooksReport(row["entries"], row["postings"], tuple(row["faults"]))


def _conforms(books: PostgresBooks) -> BooksQueries:
    return books
