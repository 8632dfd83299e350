"""SQL that SQLAlchemy Core writes once and asyncpg runs."""

from __future__ import annotations

from sys import intern

from sqlalchemy import BindParameter
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.sql.expression import ClauseElement

_DIALECT = asyncpg.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


class Statement:
    """A text with numbered parameters, their names in that order, and the values that never change. It is written when
    it is first wanted: a process that starts would wait for the hundreds of all others.
    """

    __slots__ = ("_clause", "fixed", "names", "sql")

    sql: str
    names: tuple[str, ...]
    fixed: dict[str, object]

    def __init__(self, clause: ClauseElement) -> None:
        self._clause = clause

    def __getattr__(self, name: str) -> object:
        # Python comes here only while the slot of that name is empty.
        if name not in ("fixed", "names", "sql"):
            raise AttributeError(name)
        compiled = self._clause.compile(dialect=_DIALECT)
        binds: dict[str, BindParameter[object]] = compiled.binds  # type: ignore[attr-defined]
        self.names = tuple(intern(str(each)) for each in compiled.positiontup or ())  # type: ignore[attr-defined]
        self.fixed = {each: binds[each].value for each in self.names if not binds[each].required}
        self.sql = str(compiled)
        return getattr(self, name)

    def args(self, **values: object) -> list[object]:
        """The parameters in order. Raises TypeError for one too few or too many."""
        missing = [name for name in self.names if name not in values and name not in self.fixed]
        if missing or values.keys() - set(self.names):
            raise TypeError(f"parameters {sorted(values)} for {self.names}")
        return [values[name] if name in values else self.fixed[name] for name in self.names]


def compile_once(statement: ClauseElement) -> Statement:
    """The text of a statement. Bound literals keep their values; `bindparam()`s are given at each run."""
    return Statement(statement)
