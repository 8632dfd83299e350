"""SQL that SQLAlchemy Core writes once and asyncpg runs."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import BindParameter
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.sql.expression import ClauseElement

_DIALECT = asyncpg.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Statement:
    """A text with numbered parameters, their names in that order, and the values that never change."""

    sql: str
    names: tuple[str, ...]
    fixed: dict[str, object]

    def args(self, **values: object) -> list[object]:
        """The parameters in order. Raises TypeError for one too few or too many."""
        missing = [name for name in self.names if name not in values and name not in self.fixed]
        if missing or values.keys() - set(self.names):
            raise TypeError(f"parameters {sorted(values)} for {self.names}")
        return [values[name] if name in values else self.fixed[name] for name in self.names]


def compile_once(statement: ClauseElement) -> Statement:
    """The text of a statement. Bound literals keep their values; `bindparam()`s are given at each run."""
    compiled = statement.compile(dialect=_DIALECT)
    names = tuple(compiled.positiontup or ())  # type: ignore[attr-defined]
    binds: dict[str, BindParameter[object]] = compiled.binds  # type: ignore[attr-defined]
    fixed = {name: binds[name].value for name in names if not binds[name].required}
    return Statement(str(compiled), names, fixed)
