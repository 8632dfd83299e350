"""Filtered, ordered pages: a `ListQuery` as SQL.

`Listing` reads a page and the number of all in one statement, which reads all that match: good for lists of hundreds.
`LongListing` is for tables that grow without end: two statements, which an index answers where there is one that fits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Date,
    Select,
    any_,
    bindparam,
    func,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from allonova.adapters.postgres.runner import Row, Runner
from allonova.adapters.postgres.statements import Statement, compile_once
from allonova.application.kernel.listing import COMPARE, Filter, ListQuery, Op, Sort

TOTAL = "total_count"
FEW = 5000  # so many are found and ordered in some ten milliseconds, whatever they match

type Fields = Mapping[str, ColumnElement[Any]]
"""What a list can be filtered and ordered by, by its name on the wire; another name is a KeyError. `id` breaks ties."""

type Midnight = Callable[[ColumnElement[Any]], ColumnElement[Any]]
"""The first instant of a day (an SQL date), in the zone that the list's rows live in."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A list's own condition, which is no comparison with one field.

    Args:
        holds: the SQL of the condition on its parameter: `lambda q: CLIENTS.c.id.in_(…)`.
        type_: the parameter's type; or several, for as many parameters.
        value: what is made of the filter's value for the parameter: `q` as typed becomes a pattern.
        in_order: for a LongListing, the same condition where so many rows satisfy it that rows are read in the list's
            order until there are enough. `holds` should then be what finds them all by an index.
    """

    holds: Callable[..., ColumnElement[bool]]
    type_: TypeEngine[Any] | tuple[TypeEngine[Any], ...]
    value: Callable[[Any], Any] = lambda value: value
    in_order: Callable[..., ColumnElement[bool]] | None = None

    def parameters(self, name: str) -> list[BindParameter[Any]]:
        """What `holds` takes."""
        types = self.type_ if isinstance(self.type_, tuple) else (self.type_,)
        return [bindparam(_nth(name, index), type_=type_) for index, type_ in enumerate(types)]

    def values(self, name: str, given: object) -> dict[str, object]:
        """The parameters' values."""
        made = self.value(given)
        found = made if isinstance(self.type_, tuple) else (made,)
        return {_nth(name, index): value for index, value in enumerate(found)}


def _nth(name: str, index: int) -> str:
    return f"{name}_{index}" if index else name


type Conditions = Mapping[str, Condition]
type _Shape = tuple[tuple[tuple[str, Op], ...], tuple[Sort, ...]]


def ordering(sort: Sequence[Sort], fields: Fields, *, backwards: bool = False) -> list[ColumnElement[Any]]:
    """The columns of an order, with the tie-break; or the same from the end."""
    columns = [(fields[each.field], each.descending) for each in sort]
    return [
        column.desc() if descending is not backwards else column.asc()
        for column, descending in [*columns, (fields["id"], False)]
    ]


def paged(query: Select[Any], order: Sequence[ColumnElement[Any]]) -> Select[Any]:
    """A page of the rows, each with the number of all."""
    return _cut(query.add_columns(func.count().over().label(TOTAL)), order)


def _cut(query: Select[Any], order: Sequence[ColumnElement[Any]]) -> Select[Any]:
    # bigint: a far page of a large size has an offset beyond int's range.
    limit, offset = (bindparam(name, type_=BigInteger) for name in ("page_limit", "page_offset"))
    return query.order_by(*order).limit(limit).offset(offset)


class _Filters:
    """The conditions of a `ListQuery` as SQL and as parameters."""

    def __init__(self, fields: Fields, conditions: Conditions | None, midnight: Midnight | None) -> None:
        self.fields = fields
        self._own = conditions or {}
        self._midnight = midnight

    def shape(self, query: ListQuery) -> _Shape:
        """What the statements of a query depend on."""
        return tuple((condition.field, condition.op) for condition in query.filters), query.sort

    def values(self, query: ListQuery) -> dict[str, object]:
        """The parameters."""
        found: dict[str, object] = {}
        for index, condition in enumerate(query.filters):
            found |= self._values(f"filter_{index}", condition)
        return found

    def applied(self, base: Select[Any], shape: _Shape, *, in_order: bool = False) -> Select[Any]:
        """The rows that match."""
        named = ((f"filter_{index}", *condition) for index, condition in enumerate(shape[0]))
        return base.where(*(self._condition(name, field, op, in_order=in_order) for name, field, op in named))

    def _values(self, name: str, condition: Filter) -> dict[str, object]:
        if condition.field in self._own:
            return self._own[condition.field].values(name, condition.value)
        if condition.op is Op.NULL:
            return {}
        if condition.op is Op.IN and isinstance(condition.value, tuple):
            return {name: list(condition.value)}
        return {name: condition.value}

    def _condition(self, name: str, field: str, op: Op, *, in_order: bool) -> ColumnElement[bool]:
        if field in self._own:
            if op is not Op.EQ:
                raise ValueError(f"{field}: {op}")
            own = self._own[field]
            holds = (own.in_order if in_order else None) or own.holds
            return holds(*own.parameters(name))
        column = self.fields[field]
        match op:
            case Op.IN:
                return column == any_(bindparam(name, type_=ARRAY(column.type)))
            case Op.NULL:
                return column.is_(None)
            case Op.FROM_DAY:
                return column >= self._begin(name, 0)
            case Op.TO_DAY:
                return column < self._begin(name, 1)
            case _:
                compared: ColumnElement[bool] = COMPARE[op](column, bindparam(name, type_=column.type))
                return compared

    def _begin(self, name: str, days: int) -> ColumnElement[Any]:
        if self._midnight is None:
            raise ValueError("this list knows no days")
        day = bindparam(name, type_=Date)
        return self._midnight(type_coerce(day + days, Date) if days else day)


class Listing:
    """A base query and the fields by which its rows may be filtered and ordered.

    Args:
        conditions: its own conditions by name, beside the fields.
        midnight: when a day of FROM_DAY and TO_DAY begins.
    """

    def __init__(
        self,
        base: Select[Any],
        fields: Fields,
        *,
        conditions: Conditions | None = None,
        midnight: Midnight | None = None,
    ) -> None:
        self._base = base
        self._filters = _Filters(fields, conditions, midnight)
        self._page = lru_cache(maxsize=256)(self._compile_page)
        self._count = lru_cache(maxsize=256)(self._compile_count)

    async def rows(self, runner: Runner, query: ListQuery, **given: object) -> tuple[Sequence[Row], int]:
        """The page's rows and the number of all that match; `given` are the base query's own parameters."""
        shape = self._filters.shape(query)
        given |= self._filters.values(query)
        page = self._page(shape)
        rows = await runner.fetch(page.sql, *page.args(**given, page_limit=query.page_size, page_offset=query.offset))
        if rows or query.offset == 0:
            return rows, rows[0][TOTAL] if rows else 0
        count = self._count(shape)
        return rows, await runner.fetchval(count.sql, *count.args(**given))

    def _compile_page(self, shape: _Shape) -> Statement:
        return compile_once(paged(self._filters.applied(self._base, shape), ordering(shape[1], self._filters.fields)))

    def _compile_count(self, shape: _Shape) -> Statement:
        return compile_once(select(func.count()).select_from(self._filters.applied(self._base, shape).subquery()))


class LongListing:
    """A list over a table that grows without end. It counts, and reads no page where there is none; then it finds the
    ids of the page, and reads what is shown of those ids alone.

    Where few match, they are all found by what they match and then ordered. Where many do, rows are read in the list's
    order, by an index that has it, until there are enough; from the end where that is nearer. Which of the two it is
    the count says: the planner would have to guess, and a wrong guess reads the whole table. Where all are asked for,
    there is nothing to guess: they are read in order, however few they are.

    Args:
        found: selects the id alone, from no more tables than its own conditions need.
        fields: see Fields; columns of `found`.
        shown: what is shown of an id, in one row or several, which stay together.
        shown_fields: the same fields as columns of `shown`, where its tables are not those of `found`.
        walked: `found` and `fields` for many, where they are to be read from elsewhere; so `in_order` of conditions.
        conditions: its own conditions by name, beside the fields.
        midnight: when a day of FROM_DAY and TO_DAY begins.
    """

    def __init__(
        self,
        found: Select[Any],
        fields: Fields,
        *,
        shown: Select[Any],
        shown_fields: Fields | None = None,
        walked: tuple[Select[Any], Fields] | None = None,
        conditions: Conditions | None = None,
        midnight: Midnight | None = None,
    ) -> None:
        self._found = found
        self._shown, self._shown_fields = shown, shown_fields or fields
        self._filters = _Filters(fields, conditions, midnight)
        self._walked, walked_fields = walked or (found, fields)
        self._walked_filters = _Filters(walked_fields, conditions, midnight)
        self._page = lru_cache(maxsize=512)(self._compile_page)
        self._count = lru_cache(maxsize=256)(self._compile_count)

    async def rows(
        self,
        runner: Runner,
        query: ListQuery,
        *,
        found: Mapping[str, object] | None = None,
        shown: Mapping[str, object] | None = None,
    ) -> tuple[Sequence[Row], int]:
        """The page's rows and the number of all that match; `found` and `shown` are the queries' own parameters."""
        shape, given = self._filters.shape(query), self._filters.values(query) | dict(found or {})
        count = self._count(shape[0])
        total: int = await runner.fetchval(count.sql, *_needed(count, given))
        size = min(query.page_size, total - query.offset)
        if size <= 0:
            return [], total
        after = total - query.offset - size
        backwards = after < query.offset
        are_all = not shape[0] and self._found.whereclause is None  # then the order alone is asked for
        page = self._page(shape, backwards, are_all or total > FEW)
        given |= {"page_limit": size, "page_offset": after if backwards else query.offset, **(shown or {})}
        return await runner.fetch(page.sql, *_needed(page, given)), total

    def _compile_page(self, shape: _Shape, backwards: bool, are_many: bool) -> Statement:
        found = self._in_order(shape, backwards) if are_many else self._gathered(shape, backwards)
        page, fields = found.subquery("page"), self._shown_fields
        return compile_once(self._shown.join(page, page.c.id == fields["id"]).order_by(*ordering(shape[1], fields)))

    def _in_order(self, shape: _Shape, backwards: bool) -> Select[Any]:
        found = self._walked_filters.applied(self._walked, shape, in_order=True)
        return _cut(found, ordering(shape[1], self._walked_filters.fields, backwards=backwards))

    def _gathered(self, shape: _Shape, backwards: bool) -> Select[Any]:
        fields = self._filters.fields
        names = list(dict.fromkeys(each.field for each in shape[1]))
        columns = [fields[name].label(f"by_{index}") for index, name in enumerate(names) if name != "id"]
        # Materialized, or the planner would look for its own way through the order.
        rows = self._filters.applied(self._found.add_columns(*columns), shape).cte("gathered")
        rows = rows.prefix_with("MATERIALIZED", dialect="postgresql")
        by = {"id": rows.c.id} | {name: rows.c[f"by_{n}"] for n, name in enumerate(names) if name != "id"}
        return _cut(select(rows.c.id), ordering(shape[1], by, backwards=backwards))

    def _compile_count(self, conditions: tuple[tuple[str, Op], ...]) -> Statement:
        counted = self._found.with_only_columns(func.count(), maintain_column_froms=True)
        return compile_once(self._filters.applied(counted, (conditions, ())))


def _needed(statement: Statement, given: Mapping[str, object]) -> list[object]:
    """The parameters of a statement, which need not ask for all that another one takes."""
    return statement.args(**{name: value for name, value in given.items() if name in statement.names})
