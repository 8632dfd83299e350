"""Filters, order and pages as data that every store understands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Op(StrEnum):
    """How a field compares."""

    EQ = "eq"
    IN = "in"
    GTE = "gte"
    LTE = "lte"
    LT = "lt"


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition; `value` is a tuple for IN."""

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
    """What a list answers; `total` counts all that match."""

    items: Sequence[T]
    total: int
