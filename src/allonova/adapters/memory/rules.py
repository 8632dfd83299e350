"""What a table of the memory adapter declares: the rules that PostgreSQL would enforce on the same rows."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import cast, get_args, get_type_hints
from uuid import UUID

from allonova.domain.kernel.errors import AlreadyExists, DomainError
from allonova.domain.kernel.money import MAX_AMOUNT_XOF

MAX_SUM_XOF = 10**16 - 1  # NUMERIC(18,2)
INT4_MIN, INT4_MAX = -(2**31), 2**31 - 1
INT8_MIN, INT8_MAX = -(2**63), 2**63 - 1


class StorageError(RuntimeError):
    """The database would refuse the row with an error of its own, which is no refusal of the domain."""


class ForeignKeyMissing(StorageError):
    """The row points to one that does not exist (asyncpg: ForeignKeyViolationError)."""


class RuleBroken(StorageError):
    """A value rule does not hold (asyncpg: CheckViolationError, NotNullViolationError, DataError)."""


@dataclass(frozen=True, slots=True)
class Unique[T]:
    """No two rows (that satisfy `where`) share `key`, by default the columns' values. A None in it never clashes."""

    name: str
    columns: tuple[str, ...]
    where: Callable[[T], bool] | None = None
    key: Callable[[T], tuple[Hashable, ...]] | None = None

    def key_of(self, row: T) -> tuple[Hashable, ...] | None:
        """What must be unique; None when the rule does not concern the row."""
        if self.where and not self.where(row):
            return None
        key = self.key(row) if self.key else tuple(attrgetter(column)(row) for column in self.columns)
        return None if None in key else key


@dataclass(frozen=True, slots=True)
class Exclusion[T]:
    """No two rows clash."""

    name: str
    columns: tuple[str, ...]
    clash: Callable[[T, T], bool]


@dataclass(frozen=True, slots=True)
class Foreign:
    """A column that is None or names a row of another table."""

    column: str
    table: str


@dataclass(frozen=True, slots=True)
class Check[T]:
    """What must be true of every row."""

    name: str
    holds: Callable[[T], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table[T]:
    """The rows of one dataclass. `name` is the table's, with its schema where two schemas have one of that name; `key`
    is its primary key, `money` its columns of francs, `sums` those of balances and `longs` those of wide numbers,
    `folded` those that are looked for without regard to case; `prepare` does to a value what its column would. `tenant`
    is the column that says whose a row is: a transaction sees and writes those of one company alone.
    """

    name: str
    row: type[T]
    key: Callable[[T], Hashable] = attrgetter("id")
    uniques: tuple[Unique[T], ...] = ()
    exclusions: tuple[Exclusion[T], ...] = ()
    money: tuple[str, ...] = ()
    sums: tuple[str, ...] = ()
    longs: tuple[str, ...] = ()
    folded: tuple[str, ...] = ()
    foreigns: tuple[Foreign, ...] = ()
    checks: tuple[Check[T], ...] = ()
    refusals: Mapping[str, type[DomainError]] = field(default_factory=dict)
    prepare: Callable[[T], None] = lambda _: None
    tenant: str | None = None

    def is_of(self, row: T, tenant: UUID | None) -> bool:
        """Whether row-level security would show the row to a transaction of this company."""
        return self.tenant is None or (tenant is not None and getattr(row, self.tenant) == tenant)

    def has(self, row: T, name: str, value: object) -> bool:
        """Whether a column equals a value; None equals None."""
        here: object = getattr(row, name)
        if name in self.folded and isinstance(here, str) and isinstance(value, str):
            return here.lower() == value.lower()
        return here == value

    def refuse(self, rule: str) -> DomainError:
        """The refusal declared for a unique or exclusion rule."""
        refusal = self.refusals.get(rule, AlreadyExists)
        return AlreadyExists(rule) if issubclass(refusal, AlreadyExists) else refusal()

    def check(self, row: T) -> None:
        """Values alone: nothing missing, nothing that PostgreSQL cannot hold, every check true.

        Raises:
            RuleBroken: which rule.
        """
        for name, is_optional in _columns(cast("Hashable", self.row)).items():
            value = getattr(row, name)
            if value is None and not is_optional:
                raise RuleBroken(f"{self.name}.{name} is missing")
            _require_storable(f"{self.name}.{name}", value)
            low, high = self._bounds(name)
            if isinstance(value, int) and not low <= value <= high:
                raise RuleBroken(f"{self.name}.{name} is out of range")
        for check in self.checks:
            if not check.holds(row):
                raise RuleBroken(f"{self.name}: {check.name}")

    def _bounds(self, name: str) -> tuple[int, int]:
        if name in self.sums:
            return 0, MAX_SUM_XOF
        if name in self.longs:
            return INT8_MIN, INT8_MAX
        return (0, MAX_AMOUNT_XOF) if name in self.money else (INT4_MIN, INT4_MAX)


@cache
def _columns(row: Hashable) -> dict[str, bool]:
    """Each field, and whether it may be None."""
    hints = get_type_hints(row)
    return {name: types.NoneType in get_args(hint) for name, hint in hints.items()}


def _require_storable(where: str, value: object) -> None:
    """Text without NUL or lone surrogates; instants with a zone."""
    if isinstance(value, str) and ("\0" in value or any("\ud800" <= char <= "\udfff" for char in value)):
        raise RuleBroken(f"{where}: text that UTF-8 or PostgreSQL cannot hold")
    if isinstance(value, datetime) and value.utcoffset() is None:
        raise RuleBroken(f"{where}: an instant without a zone")
    for inner in _parts(value):
        _require_storable(where, inner)


def _parts(value: object) -> Iterable[object]:
    match value:
        case dict():
            return [*value.keys(), *value.values()]
        case list() | tuple():
            return value
        case _ if dataclasses.is_dataclass(value):
            return [getattr(value, column.name) for column in dataclasses.fields(value)]
        case _:
            return ()
