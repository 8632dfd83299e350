"""Proves the books."""

from __future__ import annotations

from allonova.adapters.postgres.runner import Runner
from allonova.application.money.ports import BooksQueries, BooksReport

# One statement, so that all of it looks at one moment. Each part yields a rank and a line.
_VERIFY = """
WITH moved AS (
    SELECT e.kind AS entry_kind, e.ref_type, e.ref_id, a.kind AS account_kind, a.owner, p.amount
    FROM platform.postings p
    JOIN platform.journal_entries e ON e.id = p.entry_id
    JOIN platform.accounts a ON a.id = p.account_id
), sums AS (
    SELECT entry_kind, ref_type, ref_id, account_kind, sum(amount) AS amount
    FROM moved GROUP BY entry_kind, ref_type, ref_id, account_kind
), escrow AS (
    SELECT ref_id, sum(amount) AS held FROM sums
    WHERE ref_type = 'booking' AND account_kind = 'escrow' GROUP BY ref_id
), fares AS (
    SELECT b.id, coalesce(escrow.held, 0) AS held,
        CASE WHEN b.status = 'paid' OR b.is_frozen THEN b.amount_total ELSE 0 END AS due
    FROM carpool.bookings b LEFT JOIN escrow ON escrow.ref_id = b.id
), back AS (
    SELECT ref_id, sum(amount) AS amount FROM sums
    WHERE entry_kind IN ('refund_sent', 'refund_to_wallet') AND ref_type = 'payment' AND account_kind = 'refunds_due'
    GROUP BY ref_id
), settled AS (
    SELECT p.id, p.booking_id, p.amount, p.status, p.refunded_amount,
        -apart.amount AS apart, -booked.amount AS booked, -went.amount AS went, due.amount AS due, part.amount AS part,
        row_number() OVER (PARTITION BY p.booking_id, apart.amount IS NULL ORDER BY p.created_at, p.id) AS turn
    FROM carpool.payments p
    LEFT JOIN sums apart ON apart.entry_kind = 'payment_without_booking' AND apart.ref_type = 'payment'
        AND apart.ref_id = p.id AND apart.account_kind = 'clearing'
    LEFT JOIN sums booked ON booked.entry_kind = 'booking_paid' AND booked.ref_type = 'booking'
        AND booked.ref_id = p.booking_id AND booked.account_kind = 'clearing'
    LEFT JOIN back went ON went.ref_id = p.id
    LEFT JOIN sums due ON due.entry_kind = 'booking_cancelled' AND due.ref_type = 'booking'
        AND due.ref_id = p.booking_id AND due.account_kind = 'refunds_due'
    LEFT JOIN sums part ON part.entry_kind = 'booking_cancelled' AND part.ref_type = 'booking'
        AND part.ref_id = p.booking_id AND part.account_kind = 'wallet'
    WHERE p.status IN ('paid', 'refunded')
), refunds AS (
    SELECT coalesce((SELECT sum(amount) FROM sums WHERE account_kind = 'refunds_due'), 0) AS owed,
        coalesce((
            SELECT sum(amount) FROM settled
            WHERE status = 'paid' AND (apart IS NOT NULL OR turn = 1 AND due IS NOT NULL)
        ), 0) AS waiting
), purses AS (
    SELECT owner, sum(amount) AS held FROM moved WHERE account_kind = 'wallet' GROUP BY owner
), statements AS (
    SELECT w.user_id, w.balance, coalesce(sum(CASE t.type WHEN 'credit' THEN t.amount ELSE -t.amount END), 0) AS lines
    FROM carpool.wallets w LEFT JOIN carpool.wallet_txns t ON t.wallet_id = w.id AND t.status = 'done'
    GROUP BY w.id
), faults (rank, about, line) AS (
    SELECT 1, e.id, format('entry %s: does not balance', e.id)
    FROM platform.journal_entries e LEFT JOIN platform.postings p ON p.entry_id = e.id
    GROUP BY e.id HAVING coalesce(sum(p.amount), 1) <> 0
    UNION ALL
    SELECT 2, id, format('booking %s: escrow holds %s instead of %s', id, trunc(held), trunc(due)) FROM fares
    WHERE held <> due
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
    WHERE status = 'refunded' AND went IS NULL
    UNION ALL
    SELECT 7, id, format('payment %s: refund booked but not sent', id) FROM settled
    WHERE status = 'paid' AND went IS NOT NULL
    UNION ALL
    SELECT 8, id, format('payment %s: refunded with another amount', id) FROM settled
    WHERE status = 'refunded' AND went <> amount
    UNION ALL
    SELECT 9, NULL, format('refunds_due: %s instead of %s', trunc(owed), trunc(waiting))
    FROM refunds WHERE owed <> waiting
    UNION ALL
    SELECT 10, id, format('payment %s: %s went back instead of %s', id, trunc(refunded_amount),
        trunc(due_back))
    FROM (
        SELECT *, CASE WHEN status = 'refunded' THEN amount WHEN apart IS NULL AND turn = 1 THEN coalesce(part, 0)
            ELSE 0 END AS due_back
        FROM settled
    ) AS s WHERE refunded_amount <> due_back
    UNION ALL
    SELECT 11, s.user_id,
        format('wallet of %s: %s instead of %s', s.user_id, trunc(s.balance), trunc(coalesce(p.held, 0)))
    FROM statements s LEFT JOIN purses p ON p.owner = s.user_id::text WHERE s.balance <> coalesce(p.held, 0)
    UNION ALL
    SELECT 11, p.owner::uuid, format('wallet of %s: nothing instead of %s', p.owner, trunc(p.held))
    FROM purses p WHERE p.held <> 0 AND NOT EXISTS (SELECT FROM statements s WHERE s.user_id::text = p.owner)
    UNION ALL
    SELECT 12, user_id, format('wallet of %s: its lines say %s instead of %s', user_id, trunc(lines), trunc(balance))
    FROM statements WHERE lines <> balance
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
        """Entries balance; each paid booking's escrow holds its fare until it is released, once; payments are booked,
        and so is what went back of them; each wallet equals its postings and its lines.

        A payment is booked by the entry of its booking (one payment for each booking) or by one of its own.
        """
        row = await self._runner.fetchrow(_VERIFY)
        if row is None:
            raise RuntimeError("no totals")
        return BooksReport(row["entries"], row["postings"], tuple(row["faults"]))


def _conforms(books: PostgresBooks) -> BooksQueries:
    return books
