"""Filters, order and pages as data that every store understands."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Op(StrEnum):
    """How a field compares."""

    EQ = "eq"
    IN = "in"
    GTE = "gte"
    LTE = "lte"
    LT = "lt"
    NULL = "null"
    FROM_DAY = "from_day"
    TO_DAY = "to_day"


COMPARE: Mapping[Op, Callable[[Any, Any], Any]] = {
    Op.EQ: operator.eq,
    Op.GTE: operator.ge,
    Op.LTE: operator.le,
    Op.LT: operator.lt,
}
"""Those that compare two values, or a column and a parameter."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition. `value` is a tuple for IN, and None for NULL (the field holds nothing). FROM_DAY and TO_DAY take
    a date of the list's own zone: not before that day begins, and before it is over.

    `field` may also be the name of a condition of the list's own, which is no comparison with one field (`q`); such a
    name takes EQ alone.
    """

    field: str
    op: Op
    value: object


@dataclass(frozen=True, slots=True)
class Sort:
    """One column of the order."""

    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class ListQuery:
    """A page of a filtered, ordered list. `page` counts from 1. Ties are broken by id."""

    filters: tuple[Filter, ...] = ()
    sort: tuple[Sort, ...] = ()
    page: int = 1
    page_size: int = 20

    @property
    def offset(self) -> int:
        """Rows before the page."""
        return (self.page - 1) * self.page_size


@dataclass(frozen=True, slots=True)
class Page[T]:
    """What a list answers; `total` counts all that match, on this page or not."""

    items: Sequence[T]
    total: int
