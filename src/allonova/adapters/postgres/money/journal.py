"""Entries into the books."""

from __future__ import annotations

from allonova.adapters.postgres.failures import refusing
from allonova.adapters.postgres.runner import Runner
from allonova.domain.money.journal import Entry

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

    async def _posted(self, entry: Entry) -> bool:
        amounts = [posting.amount for posting in entry.postings]
        about = (entry.id, entry.kind, entry.ref_type, entry.ref_id)
        with refusing({}):
            return bool(await self._runner.fetchval(_POST, *about, *_accounts(entry), amounts, entry.created_at))


def _accounts(entry: Entry) -> tuple[list[str], list[str]]:
    accounts = [posting.account for posting in entry.postings]
    return [account.kind for account in accounts], [account.owner for account in accounts]
