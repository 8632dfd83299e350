"""Filtered, ordered pages: a `ListQuery` as SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from allonova.adapters.postgres.runner import Row, Runner
from allonova.adapters.postgres.statements import Statement, compile_once
from allonova.application.kernel.listing import ListQuery, Op, Sort

TOTAL = "total_count"

type Fields = Mapping[str, ColumnElement[Any]]
"""What a list can be filtered and ordered by; another name is a KeyError. `id` breaks ties."""

type _Shape = tuple[tuple[tuple[str, Op], ...], tuple[Sort, ...]]


def ordering(sort: Sequence[Sort], fields: Fields) -> list[ColumnElement[Any]]:
    """The columns of an order, with the tie-break."""
    columns = [fields[s.field].desc() if s.descending else fields[s.field].asc() for s in sort]
    return [*columns, fields["id"].asc()]


def paged(query: Select[Any], order: Sequence[ColumnElement[Any]]) -> Select[Any]:
    """A page of the rows, each with the number of all."""
    counted = query.add_columns(func.count().over().label(TOTAL)).order_by(*order)
    # bigint: a far page of a large size has an offset beyond int's range.
    return counted.limit(bindparam("page_limit", type_=BigInteger)).offset(bindparam("page_offset", type_=BigInteger))


class Listing:
    """A base query and the fields by which its rows may be filtered and ordered."""

    def __init__(self, base: Select[Any], fields: Fields) -> None:
        self._base = base
        self._fields = fields
        self._page = lru_cache(maxsize=256)(self._compile_page)
        self._count = lru_cache(maxsize=256)(self._compile_count)

    async def rows(self, runner: Runner, query: ListQuery, **given: object) -> tuple[Sequence[Row], int]:
        """The page's rows and the number of all that match; `given` are the base query's own parameters."""
        shape = tuple((condition.field, condition.op) for condition in query.filters), query.sort
        for index, condition in enumerate(query.filters):
            is_many = condition.op is Op.IN and isinstance(condition.value, tuple)
            given[f"filter_{index}"] = list(condition.value) if is_many else condition.value  # type: ignore[call-overload]
        page = self._page(shape)
        rows = await runner.fetch(page.sql, *page.args(**given, page_limit=query.page_size, page_offset=query.offset))
        if rows or query.offset == 0:
            return rows, rows[0][TOTAL] if rows else 0
        count = self._count(shape)
        return rows, await runner.fetchval(count.sql, *count.args(**given))

    def _compile_page(self, shape: _Shape) -> Statement:
        return compile_once(paged(self._filtered(shape), ordering(shape[1], self._fields)))

    def _compile_count(self, shape: _Shape) -> Statement:
        return compile_once(select(func.count()).select_from(self._filtered(shape).subquery()))

    def _filtered(self, shape: _Shape) -> Select[Any]:
        return self._base.where(*(self._condition(i, field, op) for i, (field, op) in enumerate(shape[0])))

    def _condition(self, index: int, field: str, op: Op) -> ColumnElement[bool]:
        column = self._fields[field]
        name = f"filter_{index}"
        match op:
            case Op.EQ:
                return column == bindparam(name, type_=column.type)
            case Op.IN:
                return column == any_(bindparam(name, type_=ARRAY(column.type)))
            case Op.GTE:
                return column >= bindparam(name, type_=column.type)
            case Op.LTE:
                return column <= bindparam(name, type_=column.type)
            case Op.LT:
                return column < bindparam(name, type_=column.type)
