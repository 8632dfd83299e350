"""Filters, order and pages over plain sequences, with SQL's manners."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from allonova.application.kernel.listing import COMPARE, Filter, ListQuery, Op, Page, Sort

type Fields[T] = Mapping[str, Callable[[T], Any]]
"""What a list can be filtered and ordered by; anything else is a KeyError. `id` breaks ties."""

type Conditions[T] = Mapping[str, Callable[[T, Any], bool]]
"""A list's own conditions by name: whether a row satisfies a value. `q` is one."""


def listed[T, V](
    rows: Iterable[T],
    query: ListQuery,
    *,
    fields: Fields[T],
    show: Callable[[T], V],
    conditions: Conditions[T] | None = None,
    zone: str = "UTC",
) -> Page[V]:
    """The page of those rows that match, shown. Days of FROM_DAY and TO_DAY are those of `zone`."""
    own = conditions or {}

    def holds(row: T, condition: Filter) -> bool:
        if condition.field in own:
            return _only_eq(condition) and own[condition.field](row, condition.value)
        return matches(row, condition, fields, zone=zone)

    found = [row for row in rows if all(holds(row, condition) for condition in query.filters)]
    ranked = ordered(found, query.sort, fields)
    page = ranked[query.offset : query.offset + query.page_size]
    return Page([show(row) for row in page], len(found))


def matches[T](row: T, condition: Filter, fields: Fields[T], *, zone: str = "UTC") -> bool:
    """Whether a row satisfies a condition; None satisfies none but NULL."""
    value, wanted = fields[condition.field](row), condition.value
    if condition.op is Op.NULL:
        return value is None
    if value is None or wanted is None:
        return False
    match condition.op:
        case Op.IN:
            return isinstance(wanted, tuple) and value in wanted
        case Op.FROM_DAY:
            return bool(value >= _midnight(wanted, zone))
        case Op.TO_DAY:
            return bool(value < _midnight(_day(wanted) + timedelta(days=1), zone))
        case op:
            return bool(COMPARE[op](value, wanted))


def ordered[T](rows: Iterable[T], sort: Sequence[Sort], fields: Fields[T]) -> list[T]:
    """The rows in order; None comes last, first when descending."""
    ranked = sorted(rows, key=fields["id"])
    for column in reversed(sort):
        ranked.sort(key=_nulls_last(fields[column.field]), reverse=column.descending)
    return ranked


def _nulls_last[T](value: Callable[[T], Any]) -> Callable[[T], tuple[bool, Any]]:
    return lambda row: (value(row) is None, value(row))


def _only_eq(condition: Filter) -> bool:
    if condition.op is not Op.EQ:
        raise ValueError(f"{condition.field}: {condition.op}")
    return True


def _day(value: object) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise TypeError(f"not a day: {value!r}")
    return value


def _midnight(value: object, zone: str) -> datetime:
    """The first instant of a day there."""
    return datetime.combine(_day(value), time(), ZoneInfo(zone)).astimezone(UTC)
