"""Puts so many lines of wallets' statements into a database, spread evenly over a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from allonova.adapters.postgres.runner import Runner

PEOPLE = 500

_PEOPLE = """
INSERT INTO carpool.users (id, phone, first_name, is_phone_verified, referral_code)
SELECT gen_random_uuid(), '+22599' || lpad(n::text, 8, '0'), 'Awa', true, 'X' || lpad(n::text, 7, '0')
FROM generate_series(1, $1::int) AS n RETURNING id
"""
_WALLETS = "INSERT INTO carpool.wallets (user_id) SELECT unnest($1::uuid[]) RETURNING id"
_LINES = """
INSERT INTO carpool.wallet_txns (wallet_id, type, amount, source, ref, status, balance_after, created_at)
SELECT ($1::uuid[])[1 + n % cardinality($1::uuid[])], CASE n % 3 WHEN 0 THEN 'debit' ELSE 'credit' END, 500 + n % 9000,
    CASE n % 3 WHEN 0 THEN 'payment' ELSE 'topup' END, gen_random_uuid(), 'done', n % 100000,
    $2::timestamptz + n * $3::interval
FROM generate_series(0, $4::int - 1) AS n
"""


async def fill_statements(owner: Runner, lines: int, *, since: datetime, until: datetime) -> None:
    """As whoever owns the tables; the lines belong to `PEOPLE` wallets by turns."""
    people = [row["id"] for row in await owner.fetch(_PEOPLE, PEOPLE)]
    wallets = [row["id"] for row in await owner.fetch(_WALLETS, people)]
    await owner.execute(_LINES, wallets, since, (until - since) / lines, lines)
    await owner.execute("ANALYZE carpool.wallet_txns, carpool.wallets, carpool.users")


_ACCOUNTS = """
INSERT INTO platform.accounts (kind, owner)
VALUES ('clearing', 'wave'), ('escrow', ''), ('commission', '') ON CONFLICT DO NOTHING
"""
_ENTRIES = """
INSERT INTO platform.journal_entries (kind, ref_type, ref_id, created_at)
SELECT 'booking_paid', 'payment', gen_random_uuid(), $1::timestamptz + n * $2::interval
FROM generate_series(0, $3::int - 1) AS n
"""
_POSTINGS = """
INSERT INTO platform.postings (entry_id, account_id, amount)
SELECT e.id, a.id, CASE a.kind WHEN 'clearing' THEN -6000 ELSE 6000 END
FROM platform.journal_entries e JOIN platform.accounts a ON a.kind IN ('clearing', 'escrow')
"""


async def fill_books(owner: Runner, entries: int, *, since: datetime, until: datetime) -> None:
    """So many fares in escrow, each of two postings. The rule that an entry balances sleeps meanwhile."""
    await owner.execute("SET session_replication_role = replica")
    await owner.execute(_ACCOUNTS)
    await owner.execute(_ENTRIES, since, (until - since) / entries, entries)
    await owner.execute(_POSTINGS)
    await owner.execute("SET session_replication_role = origin")
    await owner.execute("ANALYZE platform.journal_entries, platform.postings, platform.accounts")


_ADMIN = "INSERT INTO carpool.admin_users (id, email, role) VALUES ($1::uuid, $2::text, 'finance')"


async def add_admin(owner: Runner) -> UUID:
    """Somebody of finance, who never logs in."""
    id = uuid4()
    await owner.execute(_ADMIN, id, f"{id}@allonova.test")
    return id


def days_before(now: datetime, days: int) -> datetime:
    """The midnight so many days ago."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days)
