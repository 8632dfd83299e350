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
    SELECT coalesce(p.booking_id, s.ref_id) AS booking_id, sum(s.amount) AS held
    FROM sums s LEFT JOIN carpool.payments p ON s.ref_type = 'payment' AND p.id = s.ref_id
    WHERE s.account_kind = 'escrow' GROUP BY 1
), fares AS (
    SELECT b.id, coalesce(escrow.held, 0) AS held,
        CASE WHEN b.status = 'paid' OR b.is_frozen THEN b.amount_total ELSE 0 END AS due
    FROM carpool.bookings b LEFT JOIN escrow ON escrow.booking_id = b.id
), came AS (
    SELECT ref_id, count(DISTINCT entry_kind) AS entries,
        -coalesce(sum(amount) FILTER (WHERE account_kind IN ('clearing', 'wallet') AND amount < 0), 0) AS amount,
        -coalesce(sum(amount) FILTER (WHERE account_kind = 'promo_expense'), 0) AS discount
    FROM sums
    WHERE ref_type = 'payment' AND entry_kind IN ('booking_paid', 'payment_without_booking', 'wallet_topped_up')
    GROUP BY ref_id
), went AS (
    SELECT ref_id, -sum(amount) AS amount FROM sums
    WHERE entry_kind IN ('refund_sent', 'refund_to_wallet') AND account_kind = 'refunds_due' GROUP BY ref_id
), gone AS (
    SELECT payment_id, sum(amount) AS amount FROM carpool.refunds WHERE status = 'done' GROUP BY payment_id
), settled AS (
    SELECT p.id, p.status, p.amount, p.discount, p.refunded_amount, coalesce(came.entries, 0) AS entries,
        came.amount AS came, came.discount AS given, coalesce(gone.amount, 0) AS gone
    FROM carpool.payments p LEFT JOIN came ON came.ref_id = p.id LEFT JOIN gone ON gone.payment_id = p.id
), sent AS (
    SELECT ref_id, coalesce(-sum(amount) FILTER (
            WHERE entry_kind = 'payout_started' AND account_kind IN ('driver_payable', 'wallet')
        ), 0) AS started,
        bool_or(entry_kind = 'payout_done') AS is_done, bool_or(entry_kind = 'payout_returned') AS is_returned
    FROM sums WHERE ref_type = 'payout' GROUP BY ref_id
), totals AS (
    SELECT coalesce((SELECT sum(amount) FROM sums WHERE account_kind = 'refunds_due'), 0) AS owed,
        coalesce((SELECT sum(amount) FROM carpool.refunds WHERE status IN ('pending', 'pending_manual')), 0) AS waiting,
        coalesce((SELECT sum(amount) FROM sums WHERE account_kind = 'payouts_in_flight'), 0) AS flying,
        coalesce((
            SELECT sum(amount) FROM carpool.payouts WHERE status IN ('awaiting_approval', 'scheduled', 'processing')
        ), 0) AS sending
), purses AS (
    SELECT owner, sum(amount) AS held FROM moved WHERE account_kind = 'wallet' GROUP BY owner
), statements AS (
    SELECT w.user_id, w.balance, coalesce(sum(CASE t.type WHEN 'credit' THEN t.amount ELSE -t.amount END), 0) AS lines
    FROM carpool.wallets w LEFT JOIN carpool.wallet_txns t ON t.wallet_id = w.id AND t.status <> 'failed'
    GROUP BY w.id
), faults (rank, about, line) AS (
    SELECT 1, e.id, format('entry %s: does not balance', e.id)
    FROM platform.journal_entries e LEFT JOIN platform.postings p ON p.entry_id = e.id
    GROUP BY e.id HAVING coalesce(sum(p.amount), 1) <> 0
    UNION ALL
    SELECT 2, id, format('booking %s: escrow holds %s instead of %s', id, trunc(held), trunc(due)) FROM fares
    WHERE held <> due
    UNION ALL
    SELECT 3, booking_id, format('booking %s: escrow holds %s, but it does not exist', booking_id, trunc(held))
    FROM escrow WHERE held <> 0 AND NOT EXISTS (SELECT FROM carpool.bookings b WHERE b.id = escrow.booking_id)
    UNION ALL
    SELECT 4, id, format('payment %s: paid but not booked', id) FROM settled
    WHERE status IN ('paid', 'refunded') AND entries = 0
    UNION ALL
    SELECT 5, id, format('payment %s: booked twice', id) FROM settled WHERE entries > 1
    UNION ALL
    SELECT 6, id, format('payment %s: booked but not paid', id) FROM settled
    WHERE status NOT IN ('paid', 'refunded') AND entries > 0
    UNION ALL
    SELECT 7, id, format('payment %s: booked with another amount', id) FROM settled
    WHERE entries = 1 AND (came <> amount OR given <> discount)
    UNION ALL
    SELECT 8, r.id, format('refund %s: done but not booked', r.id)
    FROM carpool.refunds r WHERE r.status = 'done' AND NOT EXISTS (SELECT FROM went WHERE went.ref_id = r.id)
    UNION ALL
    SELECT 9, went.ref_id, format('refund %s: booked but not done', went.ref_id)
    FROM went LEFT JOIN carpool.refunds r ON r.id = went.ref_id WHERE r.status IS DISTINCT FROM 'done'
    UNION ALL
    SELECT 10, r.id, format('refund %s: booked with another amount', r.id)
    FROM carpool.refunds r JOIN went ON went.ref_id = r.id WHERE r.status = 'done' AND went.amount <> r.amount
    UNION ALL
    SELECT 10, NULL, format('refunds_due: %s instead of %s', trunc(owed), trunc(waiting))
    FROM totals WHERE owed <> waiting
    UNION ALL
    SELECT 10, id, format('payment %s: %s went back instead of %s', id, trunc(refunded_amount), trunc(gone))
    FROM settled WHERE refunded_amount <> gone
    UNION ALL
    SELECT 10, id, format('payment %s: is %s with %s of %s back', id, status, trunc(gone), trunc(amount))
    FROM settled WHERE amount > 0 AND (status = 'refunded') <> (refunded_amount = amount)
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
    UNION ALL
    SELECT 13, p.id, format('payout %s: booked with another amount', p.id)
    FROM carpool.payouts p LEFT JOIN sent ON sent.ref_id = p.id WHERE coalesce(sent.started, 0) <> p.amount
    UNION ALL
    SELECT 13, p.id, format('payout %s: is %s, and booked otherwise', p.id, p.status)
    FROM carpool.payouts p JOIN sent ON sent.ref_id = p.id
    WHERE (p.status = 'done') <> sent.is_done OR (p.status = 'failed') <> sent.is_returned
    UNION ALL
    SELECT 14, d.booking_id, format('booking %s: its driver was paid while it is disputed', d.booking_id)
    FROM carpool.disputes d
    WHERE d.status IN ('open', 'in_review') AND EXISTS (
        SELECT FROM platform.journal_entries e
        JOIN platform.postings p ON p.entry_id = e.id JOIN platform.accounts a ON a.id = p.account_id
        WHERE e.ref_type = 'booking' AND e.ref_id = d.booking_id AND e.created_at > d.created_at
            AND a.kind = 'driver_payable' AND p.amount > 0
    )
    UNION ALL
    SELECT 15, d.id, format('dispute %s: gave back %s, and its refund says otherwise', d.id, trunc(d.refund_amount))
    FROM carpool.disputes d JOIN carpool.refunds r ON r.id = d.refund_id JOIN carpool.payments p ON p.id = r.payment_id
    WHERE r.amount <> d.refund_amount OR p.booking_id IS DISTINCT FROM d.booking_id
    UNION ALL
    SELECT 13, NULL, format('payouts_in_flight: %s instead of %s', trunc(flying), trunc(sending))
    FROM totals WHERE flying <> sending
)
SELECT
    (SELECT count(*) FROM platform.journal_entries) AS entries,
    (SELECT count(*) FROM platform.postings) AS postings,
    ARRAY(SELECT line FROM faults ORDER BY rank, about NULLS FIRST, line) AS faults
"""


class PostgresBooks:
    """The books, whole."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def verify(self) -> BooksReport:
        """See BooksQueries."""
        row = await self._runner.fetchrow(_VERIFY)
        if row is None:
            raise RuntimeError("no totals")
        return BooksReport(row["entries"], row["postings"], tuple(row["faults"]))


def _conforms(books: PostgresBooks) -> BooksQueries:
    return books
