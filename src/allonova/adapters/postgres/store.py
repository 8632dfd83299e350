"""One store for every aggregate: get, find, add, save."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Uuid, any_, bindparam, func, insert, select, update

from allonova.adapters.postgres.failures import refusing
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Row, Runner
from allonova.adapters.postgres.statements import Statement, compile_once
from allonova.domain.kernel.errors import DomainError, NotFound, StaleVersion


class Entity(Protocol):
    """What a store keeps."""

    id: UUID
    version: int


class Shelf[T: Entity]:
    """The statements of one aggregate, written once.

    Args:
        refusals: the refusal for each unique, exclusion or foreign rule, by its name.
        folded: text fields that `find` compares without regard to case, as their unique index does.
    """

    def __init__(
        self, mapper: RowMapper[T], refusals: Mapping[str, type[DomainError]], *, folded: Collection[str] = ()
    ) -> None:
        self.mapper = mapper
        self.refusals = refusals
        self.folded = frozenset(folded)
        table = mapper.table
        self.add = compile_once(insert(table).values({name: bindparam(name) for name in mapper.names}))
        changed: dict[str, Any] = {
            name: bindparam(f"new_{name}") for name in mapper.names if name not in ("id", "version")
        }
        mine = (table.c.id == bindparam("row_id")) & (table.c.version == bindparam("row_version"))
        self.save = compile_once(
            update(table).where(mine).values(**changed, version=table.c.version + 1).returning(table.c.version)
        )
        self.find = lru_cache(maxsize=64)(self._find)
        self.lock_all = lru_cache(maxsize=1)(self._lock_all)

    def select(self, *where: ColumnElement[bool]) -> Select[Any]:
        """The entity's columns."""
        return select(*self.mapper.columns()).where(*where)

    def _find(self, names: tuple[str, ...], nulls: frozenset[str], lock: bool) -> Statement:
        query = self.select(*(self._equal(name, is_null=name in nulls) for name in names))
        return compile_once(locked(query) if lock else query)

    def _lock_all(self) -> Statement:
        id = self.mapper.table.c.id
        return compile_once(locked(self.select(id == any_(bindparam("ids", type_=ARRAY(Uuid)))).order_by(id)))

    def _equal(self, name: str, *, is_null: bool) -> ColumnElement[bool]:
        column: ColumnElement[Any] = self.mapper.table.c[name]
        if is_null:
            return column.is_(None)
        given = bindparam(name, type_=column.type)
        return func.lower(column) == func.lower(given) if name in self.folded else column == given


def locked(query: Select[Any], *tables: Any) -> Select[Any]:
    """The rows, locked against other writers but not against those who only refer to them."""
    return query.with_for_update(key_share=True, of=list(tables) or None)


class PostgresStore[T: Entity]:
    """The rows of one aggregate on a connection."""

    def __init__(self, runner: Runner, shelf: Shelf[T]) -> None:
        self._runner = runner
        self._shelf = shelf

    async def get(self, id: UUID, *, lock: bool = False) -> T:
        """The entity; with `lock` nobody else locks it before the transaction ends. Raises NotFound."""
        found = await self.find(lock=lock, id=id)
        if found is None:
            raise NotFound
        return found

    async def find(self, *, lock: bool = False, **equal: object) -> T | None:
        """The only entity whose fields equal these values."""
        nulls = frozenset(name for name, value in equal.items() if value is None)
        statement = self._shelf.find(tuple(equal), nulls, lock)
        given = {name: value for name, value in equal.items() if value is not None}
        row = await self._runner.fetchrow(statement.sql, *statement.args(**given))
        return None if row is None else await self._entity(row, is_locked=lock)

    async def lock_all(self, ids: Collection[UUID]) -> list[T]:
        """These, locked in the order of their ids; those that are not there are left out."""
        statement = self._shelf.lock_all()
        rows = await self._runner.fetch(statement.sql, *statement.args(ids=sorted(ids))) if ids else []
        return [await self._entity(row, is_locked=True) for row in rows]

    async def add(self, entity: T) -> None:
        """Keep a new one. Raises the refusal declared for a rule it breaks, else AlreadyExists."""
        statement = self._shelf.add
        with refusing(self._shelf.refusals):
            await self._runner.execute(statement.sql, *statement.args(**self._shelf.mapper.values(entity)))

    async def save(self, entity: T) -> None:
        """Keep a changed one and raise its `version` by one. Raises StaleVersion when its row has moved on."""
        with refusing(self._shelf.refusals):
            version = await self._runner.fetchval(self._shelf.save.sql, *self._saved(entity))
        if version is None:
            raise StaleVersion
        entity.version = version

    async def add_all(self, entities: Sequence[T]) -> None:
        """Keep new ones in one round trip; see `add`."""
        statement, mapper = self._shelf.add, self._shelf.mapper
        with refusing(self._shelf.refusals):
            await self._runner.executemany(
                statement.sql, [statement.args(**mapper.values(entity)) for entity in entities]
            )

    async def save_all(self, entities: Sequence[T]) -> None:
        """Keep changed ones, which this transaction has locked, in one round trip; see `save`. As nobody else can have
        moved them on, nobody asks whether somebody did.
        """
        statement = self._shelf.save
        with refusing(self._shelf.refusals):
            await self._runner.executemany(statement.sql, [self._saved(entity) for entity in entities])
        for entity in entities:
            entity.version += 1

    def _saved(self, entity: T) -> list[object]:
        values = self._shelf.mapper.values(entity)
        mine = {"row_id": values.pop("id"), "row_version": values.pop("version")}
        return self._shelf.save.args(**mine, **{f"new_{name}": value for name, value in values.items()})

    async def _entity(self, row: Row, *, is_locked: bool) -> T:
        return self._shelf.mapper.read(tuple(row))
