"""Filters, order and pages over plain sequences, with SQL's manners."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from allonova.application.kernel.listing import Filter, ListQuery, Op, Page, Sort

type Fields[T] = Mapping[str, Callable[[T], Any]]
"""What a list can be filtered and ordered by; anything else is a KeyError. `id` breaks ties."""


def listed[T, V](rows: Iterable[T], query: ListQuery, *, fields: Fields[T], show: Callable[[T], V]) -> Page[V]:
    """The page of those rows that match, shown."""
    found = [row for row in rows if all(matches(row, condition, fields) for condition in query.filters)]
    ranked = ordered(found, query.sort, fields)
    page = ranked[query.offset : query.offset + query.page_size]
    return Page([show(row) for row in page], len(found))


def matches[T](row: T, condition: Filter, fields: Fields[T]) -> bool:
    """Whether a row satisfies a condition; None satisfies none."""
    value, wanted = fields[condition.field](row), condition.value
    if value is None or wanted is None:
        return False
    match condition.op:
        case Op.EQ:
            return bool(value == wanted)
        case Op.IN:
            return isinstance(wanted, tuple) and value in wanted
        case Op.GTE:
            return bool(value >= wanted)
        case Op.LTE:
            return bool(value <= wanted)
        case Op.LT:
            return bool(value < wanted)


def ordered[T](rows: Iterable[T], sort: Sequence[Sort], fields: Fields[T]) -> list[T]:
    """The rows in order; None comes last, first when descending."""
    ranked = sorted(rows, key=fields["id"])
    for column in reversed(sort):
        ranked.sort(key=_nulls_last(fields[column.field]), reverse=column.descending)
    return ranked


def _nulls_last[T](value: Callable[[T], Any]) -> Callable[[T], tuple[bool, Any]]:
    return lambda row: (value(row) is None, value(row))
