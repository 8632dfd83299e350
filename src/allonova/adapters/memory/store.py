"""Tables in memory with PostgreSQL's manners: serial units, copies in and out, rules checked on every write."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import json
from collections.abc import AsyncIterator, Collection, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol, cast
from uuid import UUID

from allonova.adapters.memory.rules import ForeignKeyMissing, RuleBroken, StorageError, Table
from allonova.application.kernel.inside import INSIDE_UNIT, require_outside_unit
from allonova.domain.kernel.errors import DomainError, NotFound, StaleVersion


class Rows(Protocol):
    """The tables as somebody sees them. What it gives is shared: copy before you change or hand on."""

    def rows[T](self, table: Table[T]) -> Mapping[Hashable, T]:
        """All rows of a table by primary key, in the order in which they came; of companies' tables, those of the one
        that this somebody belongs to.
        """

    def of(self, tenant: UUID) -> Rows:
        """The tables as that company sees them."""


class MemoryDatabase:
    """Committed rows, and the lock that makes units serial."""

    def __init__(self) -> None:
        self._tables: dict[str, dict[Hashable, Any]] = {}
        self._lock = asyncio.Lock()

    def rows[T](self, table: Table[T]) -> Mapping[Hashable, T]:
        """See Rows: what is committed, and is nobody's in particular."""
        return _seen(table, self.all_rows(table), None)

    def of(self, tenant: UUID) -> Rows:
        """See Rows."""
        return _Company(self, tenant)

    def all_rows[T](self, table: Table[T]) -> Mapping[Hashable, T]:
        """As whoever owns the tables sees them."""
        return cast("dict[Hashable, T]", self._tables.get(table.name, {}))

    def keys(self, table: str) -> Mapping[Hashable, object]:
        """Committed primary keys of a table by its name."""
        return self._tables.get(table, {})

    @asynccontextmanager
    async def transaction(self, tenant: UUID | None = None) -> AsyncIterator[Transaction]:
        """The only writer until it ends: commits on a clean exit, else forgets.

        Raises:
            RuntimeError: this task is inside a unit already, or swallowed the error of a broken rule.
        """
        require_outside_unit("a unit of work")
        async with self._lock:
            transaction = Transaction(self, tenant)
            INSIDE_UNIT.set(True)
            try:
                yield transaction
                self._tables |= transaction.finish()
            finally:
                INSIDE_UNIT.set(False)
                transaction.is_open = False


@dataclasses.dataclass(frozen=True, slots=True)
class _Company:
    """Committed rows, as one company sees them."""

    database: MemoryDatabase
    tenant: UUID

    def rows[T](self, table: Table[T]) -> Mapping[Hashable, T]:
        """See Rows."""
        return _seen(table, self.database.all_rows(table), self.tenant)

    def of(self, tenant: UUID) -> Rows:
        """See Rows."""
        return _Company(self.database, tenant)


def _seen[T](table: Table[T], rows: Mapping[Hashable, T], tenant: UUID | None) -> Mapping[Hashable, T]:
    if table.tenant is None:
        return rows
    return {key: row for key, row in rows.items() if table.is_of(row, tenant)}


class Transaction:
    """Copies of the tables that it changes, over those that are committed. Of companies' rows it sees and writes those
    of `tenant`; rules are kept over all.
    """

    def __init__(self, database: MemoryDatabase, tenant: UUID | None = None) -> None:
        self._database = database
        self._tenant = tenant
        self._changed: dict[str, dict[Hashable, Any]] = {}
        self._is_broken = False
        self.is_open = True

    def rows[T](self, table: Table[T]) -> Mapping[Hashable, T]:
        """See Rows: what is committed, and this transaction's own changes."""
        self._require_usable()
        return _seen(table, self.all_rows(table), self._tenant)

    def of(self, tenant: UUID) -> Rows:
        """See Rows. Raises RuntimeError for another company than its own."""
        if tenant != self._tenant:
            raise RuntimeError("a unit sees one company")
        return self

    def all_rows[T](self, table: Table[T]) -> Mapping[Hashable, T]:
        """As rules see them."""
        return cast("Mapping[Hashable, T]", self._keys(table.name))

    def insert[T](self, table: Table[T], row: T) -> None:
        """A new row. Raises the refusal of a rule that it breaks."""
        self._require_usable()
        if table.key(row) in self.all_rows(table):
            raise self.broken(table.refuse(f"pk_{table.name.rpartition('.')[2]}"))
        self.put(table, row)

    def put[T](self, table: Table[T], row: T) -> None:
        """Insert or replace by primary key. As in PostgreSQL, after a broken rule nothing but the rollback is left."""
        self._require_usable()
        if not table.is_of(row, self._tenant):
            raise self.broken(RuleBroken(f"{table.name}: a row of another company"))
        try:
            kept = stored(row)
            table.prepare(kept)
            self._obey(table, kept)
        except (DomainError, StorageError) as refusal:
            raise self.broken(refusal)  # noqa: B904 - the same one
        self._writable(table.name)[table.key(kept)] = kept

    def remove[T](self, table: Table[T], key: Hashable) -> None:
        """Forget a row, if it is there."""
        if key in self.rows(table):
            del self._writable(table.name)[key]

    def remove_anywhere[T](self, table: Table[T], key: Hashable) -> None:
        """The same whosesoever the row is, as a function of the database that runs as its owner."""
        if key in self.all_rows(table):
            del self._writable(table.name)[key]

    def broken[E: Exception](self, refusal: E) -> E:
        """The refusal of a rule, to be raised; from now on the transaction can only roll back."""
        self._is_broken = True
        return refusal

    def finish(self) -> dict[str, dict[Hashable, Any]]:
        """The changed tables, to be committed."""
        self._require_usable()
        return self._changed

    def _require_usable(self) -> None:
        if not self.is_open:
            raise RuntimeError("the unit has ended")
        if self._is_broken:
            raise RuntimeError("a rule was broken in this unit: it can only roll back")

    def _keys(self, name: str) -> Mapping[Hashable, Any]:
        return self._changed[name] if name in self._changed else self._database.keys(name)

    def _writable(self, name: str) -> dict[Hashable, Any]:
        return self._changed.setdefault(name, dict(self._database.keys(name)))

    def _obey[T](self, table: Table[T], row: T) -> None:
        table.check(row)
        others = [other for key, other in self.all_rows(table).items() if key != table.key(row)]
        for unique in table.uniques:
            mine = unique.key_of(row)
            if mine is not None and any(unique.key_of(other) == mine for other in others):
                raise table.refuse(unique.name)
        for exclusion in table.exclusions:
            if any(exclusion.clash(row, other) for other in others):
                raise table.refuse(exclusion.name)
        for foreign in table.foreigns:
            target = getattr(row, foreign.column)
            if target is not None and target not in self._keys(foreign.table):
                raise ForeignKeyMissing(f"{table.name}.{foreign.column} → {foreign.table}")


def stored[T](row: T) -> T:
    """A copy as the database would give it back: nothing shared, dictionaries through JSON."""
    kept = copy.deepcopy(row)
    for field in dataclasses.fields(cast("Any", kept)):
        value = getattr(kept, field.name)
        if isinstance(value, dict):
            object.__setattr__(kept, field.name, through_json(value))
    return kept


def through_json(value: Mapping[str, Any]) -> dict[str, Any]:
    """What a jsonb column gives back. Raises RuleBroken for what is no JSON."""
    try:
        return cast("dict[str, Any]", json.loads(json.dumps(dict(value), allow_nan=False)))
    except (TypeError, ValueError) as error:
        raise RuleBroken(str(error)) from error


class Versioned(Protocol):
    """An entity."""

    id: UUID
    version: int


class MemoryStore[T: Versioned]:
    """The rows of one aggregate, inside a unit. Locks need no care: units are serial."""

    def __init__(self, transaction: Transaction, table: Table[T]) -> None:
        self._transaction = transaction
        self._table = table

    async def get(self, id: UUID, *, lock: bool = False) -> T:
        """See Store."""
        row = self._rows().get(id)
        if row is None:
            raise NotFound
        return copy.deepcopy(row)

    async def find(self, *, lock: bool = False, **equal: object) -> T | None:
        """See Store. Raises RuntimeError when it is not the only one."""
        rows, has = self._rows().values(), self._table.has
        found = [row for row in rows if all(has(row, name, value) for name, value in equal.items())]
        if len(found) > 1:
            raise RuntimeError(f"{self._table.name}: more than one row with {', '.join(equal)}")
        return copy.deepcopy(found[0]) if found else None

    async def lock_all(self, ids: Collection[UUID]) -> list[T]:
        """These, in the order of their ids; those that are not there are left out."""
        return [copy.deepcopy(row) for id in sorted(set(ids)) if (row := self._rows().get(id)) is not None]

    async def add(self, entity: T) -> None:
        """See Store."""
        self._transaction.insert(self._table, entity)

    async def save(self, entity: T) -> None:
        """See Store."""
        standing = self._rows().get(entity.id)
        if standing is None or standing.version != entity.version:
            raise StaleVersion
        changed = copy.copy(entity)
        changed.version += 1
        self._transaction.put(self._table, changed)
        entity.version = changed.version

    async def add_all(self, entities: Sequence[T]) -> None:
        """Keep new ones; see `add`."""
        for entity in entities:
            await self.add(entity)

    async def save_all(self, entities: Sequence[T]) -> None:
        """Keep changed ones; see `save`."""
        for entity in entities:
            await self.save(entity)

    def _rows(self) -> Mapping[Hashable, T]:
        return self._transaction.rows(self._table)
