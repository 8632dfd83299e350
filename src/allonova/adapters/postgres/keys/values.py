"""All sealed values of the database, as whoever owns the tables sees them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    LargeBinary,
    Text,
    Uuid,
    bindparam,
    case,
    column,
    func,
    literal,
    null,
    select,
    update,
)

from allonova.adapters.postgres.failures import LOCK_TIMED_OUT
from allonova.adapters.postgres.keys.columns import HASHED, SEALED, SealedColumn
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import Statement, compile_once
from allonova.application.kernel.sealed_values import VERSION, KeyUse, Resealed, SealedValue, SealedValues

FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class _Statements:
    uses: Statement
    page: Statement
    replace: Statement
    replace_one: Statement


def _statements(of: SealedColumn) -> _Statements:
    table, text = of.column.table, of.text
    kid = case((func.starts_with(text, f"{VERSION}."), func.split_part(text, ".", 2)), else_=null())
    bound = func.concat(literal(f"{of.context}:"), table.c[of.bound_to])
    given = (
        func.unnest(
            bindparam("rows", type_=ARRAY(Uuid)),
            bindparam("before", type_=ARRAY(Text)),
            bindparam("after", type_=ARRAY(Text)),
        )
        .table_valued(column("id", Uuid), column("before", Text), column("after", Text))
        .render_derived(name="given")
    )
    # Whoever holds a row is not waited for with other rows in hand: that is how deadlocks are made.
    free = (
        select(table.c.id)
        .join(given, table.c.id == given.c.id)
        .where(text == given.c.before)
        .with_for_update(of=table, skip_locked=True, key_share=True)
        .cte("free")
    )
    return _Statements(
        uses=compile_once(
            select(kid.label("kid"), func.count().label("count")).where(of.condition).group_by(kid).order_by(kid)
        ),
        page=compile_once(
            select(table.c.id, text.label("sealed"), bound.label("context"))
            .where(of.condition, table.c.id > bindparam("past", type_=Uuid))
            .where(~func.starts_with(text, bindparam("prefix", type_=Text)))
            .order_by(table.c.id)
            .limit(bindparam("at_most", type_=Integer))
        ),
        replace=compile_once(
            update(table)
            .values({of.column.name: _stored(of, given.c.after)})
            .where(table.c.id == given.c.id, table.c.id.in_(select(free.c.id)))
            .returning(table.c.id)
        ),
        replace_one=compile_once(
            update(table)
            .values({of.column.name: _stored(of, bindparam("after", type_=Text))})
            .where(table.c.id == bindparam("row", type_=Uuid), text == bindparam("before", type_=Text))
            .returning(table.c.id)
        ),
    )


def _stored(of: SealedColumn, text: ColumnElement[str]) -> ColumnElement[Any]:
    return func.convert_to(text, "UTF8") if isinstance(of.column.type, LargeBinary) else text


_BY_NAME = {of.name: _statements(of) for of in SEALED}
_HASHED = [
    (
        f"{hashed.table.fullname}.{hashed.name}",
        compile_once(select(kid.label("kid"), func.count().label("count")).group_by(kid).order_by(kid)),
        False,
    )
    for hashed, kid in HASHED
]


class PostgresSealedValues:
    """See SealedValues. On connections that no wall stands around: one key seals the rows of all companies."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    @property
    def columns(self) -> Sequence[str]:
        """`schema.table.column` of each."""
        return tuple(_BY_NAME)

    async def uses(self) -> Sequence[KeyUse]:
        """See SealedValues."""
        counted = [(name, each.uses, True) for name, each in _BY_NAME.items()] + _HASHED
        return [
            KeyUse(name, row["kid"], row["count"], is_sealed)
            for name, statement, is_sealed in counted
            for row in await self._runner.fetch(statement.sql, *statement.args())
        ]

    async def page(self, column: str, *, besides: str, after: UUID | None, limit: int) -> Sequence[SealedValue]:
        """See SealedValues."""
        page = _BY_NAME[column].page
        arguments = page.args(prefix=f"{VERSION}.{besides}.", past=after or FIRST, at_most=limit)
        rows = await self._runner.fetch(page.sql, *arguments)
        return [SealedValue(row["id"], row["sealed"], row["context"]) for row in rows]

    async def replace(self, column: str, values: Sequence[Resealed]) -> int:
        """See SealedValues. Rows that somebody holds come last, one by one."""
        if not values:
            return 0
        many, one = _BY_NAME[column].replace, _BY_NAME[column].replace_one
        rows, before, after = zip(*((value.row, value.before, value.after) for value in values), strict=True)
        found = await self._runner.fetch(many.sql, *many.args(rows=rows, before=before, after=after))
        done = {row["id"] for row in found}
        for value in values:
            if value.row not in done:
                arguments = one.args(row=value.row, before=value.before, after=value.after)
                with suppress(LOCK_TIMED_OUT):  # somebody holds it for very long: the next pass asks again
                    if await self._runner.fetchval(one.sql, *arguments) is not None:
                        done.add(value.row)
        return len(done)


def _conforms(values: PostgresSealedValues) -> SealedValues:
    return values
