"""Rows to entities and back, checked against the tables when the service starts."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Sequence
from enum import StrEnum
from operator import itemgetter
from sys import intern
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from sqlalchemy import DateTime, FromClause, Label, Numeric, Table

from allonova.adapters.postgres.runner import Row

type Convert = Callable[[Any], object]


class RowMapper[T]:
    """A dataclass and its table.

    Args:
        apart: fields that the table does not hold (kept in tables of their own).
        beside: columns that the dataclass does not know.

    Raises:
        TypeError: a field without a column, a column without a field, or one that may be null on one side alone.
    """

    def __init__(
        self, kind: type[T], table: Table, *, apart: Collection[str] = (), beside: Collection[str] = ()
    ) -> None:
        self.kind = kind
        self.table = table
        fields = {field.name for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
        columns = set(table.columns.keys())
        self._require_same(fields - set(apart), columns - set(beside))
        self._require_declared(set(apart) - fields, set(beside) - columns)
        # SQLAlchemy's names are a kind of str of its own, by which Python finds no argument at first sight: an entity
        # took three times as long to make.
        self.names = tuple(intern(str(name)) for name in table.columns.keys() if name in fields)  # noqa: SIM118 - its items are no names
        self._instants = tuple(name for name in self.names if isinstance(table.c[name].type, DateTime))
        self._conversions = self._find_conversions()

    def columns(self, prefix: str = "", source: FromClause | None = None) -> list[Label[Any]]:
        """The table's columns (or those of `source`, an alias of it), labelled `prefix` + name."""
        origin = self.table if source is None else source
        return [origin.c[name].label(prefix + name) for name in self.names]

    def reader(self, prefix: str = "") -> Callable[[Row], T]:
        """The function that makes an entity of a row's columns of that prefix."""
        pick = itemgetter(*(prefix + name for name in self.names))
        return lambda row: self.read(pick(row))

    def read(self, values: Sequence[Any], **apart: object) -> T:
        """The entity of column values in the order of `names`."""
        found = list(values)
        for index, convert in self._conversions:
            found[index] = convert(found[index])
        return self.kind(**dict(zip(self.names, found, strict=True)), **apart)

    def values(self, entity: T) -> dict[str, object]:
        """The parameters of an INSERT or UPDATE, by column. Raises ValueError for an instant without a zone."""
        found = {name: getattr(entity, name) for name in self.names}
        for name in self._instants:
            instant = found[name]
            # asyncpg would take it for the local time of this machine.
            if instant is not None and instant.tzinfo is None:
                raise ValueError(f"{self.kind.__name__}.{name}: an instant without a zone")
        return found

    def _require_same(self, fields: set[str], columns: set[str]) -> None:
        if fields != columns:
            raise TypeError(
                f"{self.kind.__name__} and {self.table.fullname}: "
                f"no column for {sorted(fields - columns)}, no field for {sorted(columns - fields)}"
            )

    def _require_declared(self, fields: set[str], columns: set[str]) -> None:
        if fields or columns:
            raise TypeError(f"{self.kind.__name__}: declared, but not there: {sorted(fields | columns)}")

    def _find_conversions(self) -> tuple[tuple[int, Convert], ...]:
        hints = get_type_hints(self.kind)
        found = []
        for index, name in enumerate(self.names):
            column = self.table.c[name]
            bare, is_optional = _without_none(hints[name])
            if is_optional != bool(column.nullable):
                raise TypeError(f"{self.kind.__name__}.{name}: null on one side alone")
            convert = _conversion(bare, is_numeric=isinstance(column.type, Numeric))
            if convert is not None:
                found.append((index, _sparing_none(convert) if is_optional else convert))
        return tuple(found)


def _without_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) not in (Union, UnionType):
        return hint, False
    kinds = [kind for kind in get_args(hint) if kind is not NoneType]
    return kinds[0] if len(kinds) == 1 else hint, len(kinds) < len(get_args(hint))


def _conversion(kind: Any, *, is_numeric: bool) -> Convert | None:
    """None where asyncpg and the pool's codecs bring the field's type already."""
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        members: dict[str, StrEnum] = {member.value: member for member in kind}
        return members.__getitem__
    if kind is int and is_numeric:
        return int
    return None


def _sparing_none(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)
