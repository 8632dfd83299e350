"""Entries into the books."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from uuid import UUID

from allonova.adapters.postgres.failures import refusing
from allonova.adapters.postgres.runner import Runner
from allonova.domain.money.journal import Account, AccountKind, Entry, EntryKind, Posting

# Entry and postings in one statement, if all accounts are there; else nothing is written.
_POST = """
WITH wanted AS (
    SELECT w.amount, a.id AS account_id
    FROM unnest($5::text[], $6::text[], $7::numeric[]) AS w (kind, owner, amount)
    JOIN platform.accounts a ON a.kind = w.kind AND a.owner = w.owner
), entry AS (
    INSERT INTO platform.journal_entries (id, kind, ref_type, ref_id, created_at)
    SELECT $1::uuid, $2::text, $3::text, $4::uuid, $8::timestamptz
    WHERE (SELECT count(*) FROM wanted) = cardinality($5::text[])
    RETURNING id
), posted AS (
    INSERT INTO platform.postings (entry_id, account_id, amount)
    SELECT entry.id, wanted.account_id, wanted.amount FROM entry, wanted
)
SELECT count(*) FROM entry
"""

# The same for many entries.
_POST_ALL = """
WITH wanted AS (
    SELECT w.entry_id, w.amount, a.id AS account_id
    FROM unnest($6::uuid[], $7::text[], $8::text[], $9::numeric[]) AS w (entry_id, kind, owner, amount)
    JOIN platform.accounts a ON a.kind = w.kind AND a.owner = w.owner
), entries AS (
    INSERT INTO platform.journal_entries (id, kind, ref_type, ref_id, created_at)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::timestamptz[])
    WHERE (SELECT count(*) FROM wanted) = cardinality($6::uuid[])
    RETURNING id
), posted AS (
    INSERT INTO platform.postings (entry_id, account_id, amount)
    SELECT wanted.entry_id, wanted.account_id, wanted.amount FROM entries JOIN wanted ON wanted.entry_id = entries.id
)
SELECT count(*) FROM entries
"""

_FIND = """
SELECT e.id, e.created_at, array_agg(a.kind ORDER BY p.id) AS kinds, array_agg(a.owner ORDER BY p.id) AS owners,
    array_agg(p.amount::bigint ORDER BY p.id) AS amounts
FROM platform.journal_entries e
JOIN platform.postings p ON p.entry_id = e.id JOIN platform.accounts a ON a.id = p.account_id
WHERE e.kind = $1::text AND e.ref_type = $2::text AND e.ref_id = $3::uuid
GROUP BY e.id
"""

# Sorted, so that two units that open the same accounts wait for each other in one order.
_OPEN_ACCOUNTS = """
INSERT INTO platform.accounts (kind, owner)
SELECT DISTINCT kind, owner FROM unnest($1::text[], $2::text[]) AS w (kind, owner) ORDER BY kind, owner
ON CONFLICT (kind, owner) DO NOTHING
"""


class PostgresJournal:
    """The books: entries are added and nothing else."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def post(self, entry: Entry) -> None:
        """Append an entry; its kind happens once to its object, again raises AlreadyExists."""
        if not await self._posted(entry):
            await self._runner.execute(_OPEN_ACCOUNTS, *_accounts(entry))
            if not await self._posted(entry):
                raise RuntimeError("an account was opened and is not there")

    async def find(self, kind: EntryKind, ref_type: str, ref_id: UUID) -> Entry | None:
        """What happened to an object, if it did; its postings in no order."""
        row = await self._runner.fetchrow(_FIND, kind, ref_type, ref_id)
        if row is None:
            return None
        postings = tuple(
            Posting(Account(AccountKind(account), owner), amount)
            for account, owner, amount in zip(row["kinds"], row["owners"], row["amounts"], strict=True)
        )
        return Entry(
            id=row["id"], kind=kind, ref_type=ref_type, ref_id=ref_id, postings=postings, created_at=row["created_at"]
        )

    async def post_all(self, entries: Sequence[Entry]) -> None:
        """Append them in one round trip, or three where accounts are new; again raises AlreadyExists."""
        if entries and not await self._all_posted(entries):
            await self._runner.execute(_OPEN_ACCOUNTS, *_accounts(*entries))
            if not await self._all_posted(entries):
                raise RuntimeError("an account was opened and is not there")

    async def _posted(self, entry: Entry) -> bool:
        amounts = [posting.amount for posting in entry.postings]
        about = (entry.id, entry.kind, entry.ref_type, entry.ref_id)
        with refusing({}):
            return bool(await self._runner.fetchval(_POST, *about, *_accounts(entry), amounts, entry.created_at))

    async def _all_posted(self, entries: Sequence[Entry]) -> bool:
        about = [(entry.id, entry.kind, entry.ref_type, entry.ref_id, entry.created_at) for entry in entries]
        postings = [(entry.id, posting.amount) for entry in entries for posting in entry.postings]
        of, amounts = zip(*postings, strict=True)
        columns = [list(column) for column in zip(*about, strict=True)]
        with refusing({}):
            return bool(await self._runner.fetchval(_POST_ALL, *columns, of, *_accounts(*entries), amounts))


def _accounts(*entries: Entry) -> tuple[list[str], list[str]]:
    accounts = [posting.account for posting in chain.from_iterable(entry.postings for entry in entries)]
    return [account.kind for account in accounts], [account.owner for account in accounts]
