"""What each account holds, straight from the store."""

from __future__ import annotations

from collections import Counter

from allonova.adapters.memory.books import MemoryBooks
from allonova.adapters.memory.money.tables import JOURNAL_ENTRIES
from allonova.adapters.postgres.money.books import PostgresBooks
from allonova.domain.money.journal import AccountKind, EntryKind
from allonova.main.parts import Platform

_HELD = """
SELECT a.kind, a.owner, sum(p.amount)::bigint AS held
FROM platform.postings p JOIN platform.accounts a ON a.id = p.account_id GROUP BY a.kind, a.owner
"""

type Held = Counter[tuple[AccountKind, str]]


async def postings_of(platform: Platform) -> Held:
    """By kind and owner."""
    held: Held = Counter()
    match platform.books:
        case PostgresBooks(_runner=runner):
            for row in await runner.fetch(_HELD):
                held[AccountKind(row["kind"]), row["owner"]] += row["held"]
        case MemoryBooks(_source=source):
            for entry in source.rows(JOURNAL_ENTRIES).values():
                for posting in entry.postings:
                    held[posting.account.kind, posting.account.owner] += posting.amount
        case other:
            raise TypeError(other)
    return held


async def kinds_of(platform: Platform) -> Counter[EntryKind]:
    """How many entries of each kind there are."""
    match platform.books:
        case PostgresBooks(_runner=runner):
            rows = await runner.fetch("SELECT kind, count(*) AS n FROM platform.journal_entries GROUP BY kind")
            return Counter({EntryKind(row["kind"]): row["n"] for row in rows})
        case MemoryBooks(_source=source):
            return Counter(entry.kind for entry in source.rows(JOURNAL_ENTRIES).values())
        case other:
            raise TypeError(other)
