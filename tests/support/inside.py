"""What no endpoint shows and a test must still see: the books, the outbox, and whether anything was written at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from operator import attrgetter
from types import SimpleNamespace
from typing import Any, Protocol
from uuid import UUID

from allonova.adapters.memory.books import MemoryBooks
from allonova.adapters.memory.dispatch.tables import TABLES as DISPATCH_TABLES
from allonova.adapters.memory.money.tables import JOURNAL_ENTRIES
from allonova.adapters.memory.platform import AUDIT_LOGS, OUTBOX
from allonova.adapters.memory.store import MemoryDatabase
from allonova.adapters.postgres.dispatch.tables import SCOPED, SOCIETES
from allonova.adapters.postgres.runner import Runner
from allonova.main.parts import Platform

_ENTRIES = """
SELECT e.kind, e.ref_id, array_agg(trim(BOTH ':' FROM a.kind || ':' || a.owner)), array_agg(p.amount::bigint)
FROM platform.journal_entries e
JOIN platform.postings p ON p.entry_id = e.id JOIN platform.accounts a ON a.id = p.account_id
GROUP BY e.id, e.kind, e.ref_id, e.created_at ORDER BY e.created_at, e.kind, e.id
"""
_OUTBOX = """
SELECT event, subscriber, attempts, done_at IS NOT NULL, dead_at IS NOT NULL FROM platform.outbox
WHERE NOT is_live ORDER BY seq
"""
_AUDIT = "SELECT action, meta::text FROM platform.audit_logs ORDER BY seq"
_TABLES = """
SELECT oid::regclass::text FROM pg_class
WHERE relkind = 'r' AND relnamespace::regnamespace::text IN ('carpool', 'dispatch', 'platform') ORDER BY 1
"""
# Of rows of one instant: by transaction and statement. Where they lie says nothing once a vacuum has been there.
_WRITTEN = "age(xmin) DESC, cmin::text::bigint, ctid"
_AGES = {"audit_log": "ts", "positions": "at", "taxi_positions": "at"}


@dataclass(frozen=True, slots=True)
class Movement:
    """A journal entry: francs by account (`escrow`, `clearing:wave`), credits positive."""

    kind: str
    ref_id: UUID
    francs: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Sent:
    """How a delivery of the outbox stands."""

    event: str
    subscriber: str
    attempts: int
    is_done: bool
    is_dead: bool


@dataclass(frozen=True, slots=True)
class AuditLine:
    """What was done, and the facts that were noted."""

    action: str
    meta: str


class Inside(Protocol):
    """A look beneath the ports."""

    async def journal(self) -> list[Movement]:
        """The books, in the order of their making; entries of one instant by their kind."""

    async def outbox(self) -> list[Sent]:
        """Every delivery there ever was, but those to sockets."""

    async def audit(self) -> list[AuditLine]:
        """Every line of the audit log, in the order of their writing."""

    async def dispatch(self, table: str) -> list[Any]:
        """The rows of a table of dispatch, of every company, the oldest first; columns are attributes."""

    async def everything(self, *, but: Collection[str] = ()) -> str:
        """All rows of all tables but these, to be compared with another moment's."""

    async def of_company(self, societe_id: UUID) -> str:
        """The same of all rows of a company."""


class InsideMemory:
    """Reads the tables in this process."""

    def __init__(self, platform: Platform) -> None:
        books = platform.books
        if not (isinstance(books, MemoryBooks) and isinstance(books._source, MemoryDatabase)):
            raise TypeError("not a memory platform")
        self._database = books._source

    async def journal(self) -> list[Movement]:
        """See Inside."""
        movements = []
        for entry in sorted(self._database.rows(JOURNAL_ENTRIES).values(), key=attrgetter("created_at", "kind")):
            francs: Counter[str] = Counter()
            for posting in entry.postings:
                francs[f"{posting.account.kind}:{posting.account.owner}".strip(":")] += posting.amount
            movements.append(Movement(entry.kind, entry.ref_id, dict(francs)))
        return movements

    async def outbox(self) -> list[Sent]:
        """See Inside."""
        rows = self._database.rows(OUTBOX).values()
        return [
            Sent(r.event, r.subscriber, r.attempts, r.done_at is not None, r.is_dead) for r in rows if not r.is_live
        ]

    async def audit(self) -> list[AuditLine]:
        """See Inside."""
        return [AuditLine(row.action, str(row.meta)) for row in self._database.rows(AUDIT_LOGS).values()]

    async def dispatch(self, table: str) -> list[Any]:
        """See Inside."""
        kept = next(each for each in DISPATCH_TABLES if each.name == f"dispatch.{table}")
        return sorted(self._database.all_rows(kept).values(), key=attrgetter(_AGES.get(table, "created_at")))

    async def everything(self, *, but: Collection[str] = ()) -> str:
        """See Inside."""
        return repr({name: rows for name, rows in self._database._tables.items() if name not in but})

    async def of_company(self, societe_id: UUID) -> str:
        """See Inside."""
        company = self._database.of(societe_id)
        return repr([dict(company.rows(table)) for table in DISPATCH_TABLES])


class InsidePostgres:
    """Reads the tables as whoever owns them."""

    def __init__(self, owner: Runner) -> None:
        self._owner = owner

    async def journal(self) -> list[Movement]:
        """See Inside."""
        rows = await self._owner.fetch(_ENTRIES)
        return [Movement(kind, ref, dict(zip(names, sums, strict=True))) for kind, ref, names, sums in rows]

    async def outbox(self) -> list[Sent]:
        """See Inside."""
        return [Sent(*row) for row in await self._owner.fetch(_OUTBOX)]

    async def audit(self) -> list[AuditLine]:
        """See Inside."""
        return [AuditLine(*row) for row in await self._owner.fetch(_AUDIT)]

    async def dispatch(self, table: str) -> list[Any]:
        """See Inside."""
        rows = await self._owner.fetch(
            f"SELECT * FROM dispatch.{table} ORDER BY {_AGES.get(table, 'created_at')}, {_WRITTEN}"
        )
        return [SimpleNamespace(**dict(row)) for row in rows]

    async def everything(self, *, but: Collection[str] = ()) -> str:
        """See Inside."""
        found = [name for (name,) in await self._owner.fetch(_TABLES)]
        tables = [name for name in found if name.rpartition(".")[2] not in but]
        return repr([await self._owner.fetch(f"SELECT t::text FROM {name} t ORDER BY 1") for name in tables])

    async def of_company(self, societe_id: UUID) -> str:
        """See Inside."""
        found = []
        for table in (*SCOPED, SOCIETES):
            whose = "societe_id" if "societe_id" in table.columns else "id"
            sql = f"SELECT t::text FROM {table.fullname} t WHERE {whose} = $1 ORDER BY 1"
            found.append(await self._owner.fetch(sql, societe_id))
        return repr(found)
