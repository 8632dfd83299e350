"""Memory declares the rules of PostgreSQL's tables, so that none is forgotten."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import CheckConstraint, Column, Numeric, Table, UniqueConstraint
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.sql import visitors

from allonova.adapters.memory.unit import TABLES
from allonova.adapters.postgres.metadata import METADATA
from allonova.adapters.postgres.schema import DISPATCH

NOT_IN_MEMORY = {
    "accounts": "a value inside each posting",
    "postings": "inside the entry",
    "trip_legs": "follow from the trip whenever it is searched",
    "clock": "the clock port's own",
    "job_requests": "the job trigger's own",
}
PRIMARY_IN_MEMORY = {("idempotency_keys", "uq_idempotency_keys_scope", ("scope",), False)}


def in_memory(table: Table) -> str:
    """What memory calls it: tables of dispatch by their full name, since carpooling has users and devices as well."""
    return table.fullname if table.schema == DISPATCH else table.name


SQL: dict[str, Table] = {in_memory(table): table for table in METADATA.tables.values()}
MEMORY = {table.name: table for table in TABLES}
SHARED = sorted(SQL.keys() & MEMORY.keys())

type Rule = tuple[str, str, tuple[str, ...], bool]


def columns_of(expression: Any) -> list[str]:
    return [part.name for part in visitors.iterate(expression) if isinstance(part, Column)]


def sql_uniques(table: Table) -> set[Rule]:
    found: set[Rule] = {
        (in_memory(table), str(rule.name), tuple(column.name for column in rule.columns), False)
        for rule in table.constraints
        if isinstance(rule, UniqueConstraint)
    }
    for index in table.indexes:
        if index.unique:
            columns = tuple(name for expression in index.expressions for name in columns_of(expression))
            is_partial = index.dialect_options["postgresql"]["where"] is not None
            found.add((in_memory(table), str(index.name), columns, is_partial))
    return found


def sql_checks(table: Table) -> set[tuple[str, str]]:
    """Those that are neither an enumeration's nor a column of francs' own."""
    money = sql_money(table)
    checks = [rule for rule in table.constraints if isinstance(rule, CheckConstraint)]
    named = {(str(rule.sqltext), str(rule.name).removeprefix(f"ck_{table.name}_")) for rule in checks}
    return {(in_memory(table), name) for text, name in named if " IN (" not in text and name not in money}


def sql_money(table: Table) -> set[str]:
    return {c.name for c in table.columns if isinstance(c.type, Numeric) and (c.type.precision or 0) >= 12}


def test_every_table_is_in_memory_or_excused() -> None:
    assert SQL.keys() - MEMORY.keys() == NOT_IN_MEMORY.keys()
    assert MEMORY.keys() <= SQL.keys()


def test_unique_rules_are_the_same() -> None:
    memory = {(t.name, u.name, u.columns, u.where is not None) for t in TABLES for u in t.uniques}
    sql = {rule for name in SHARED for rule in sql_uniques(SQL[name])}
    assert memory == sql - PRIMARY_IN_MEMORY


def test_exclusion_rules_are_the_same() -> None:
    memory = {(t.name, e.name, frozenset(e.columns)) for t in TABLES for e in t.exclusions}
    sql = set()
    for name in SHARED:
        for rule in SQL[name].constraints:
            if isinstance(rule, ExcludeConstraint):
                words = {word for text, *_ in rule._render_exprs for word in re.findall(r"\w+", str(text))}
                sql.add((name, str(rule.name), frozenset(words & set(SQL[name].columns.keys()))))
    assert memory == sql


def test_foreign_keys_are_the_same() -> None:
    memory = {(t.name, f.column, f.table) for t in TABLES for f in t.foreigns}
    kept_by_the_database = ("dispatch.commandes", "client_type", "dispatch.clients")
    sql = {(name, key.parent.name, in_memory(key.column.table)) for name in SHARED for key in SQL[name].foreign_keys}
    sql.remove(kept_by_the_database)
    assert memory == sql


def test_value_rules_are_all_known_to_memory() -> None:
    memory = {(t.name, c.name) for t in TABLES for c in t.checks}
    assert {rule for name in SHARED for rule in sql_checks(SQL[name])} <= memory


def test_columns_of_francs_are_the_same() -> None:
    inside_the_trip = {("trip_stops", "price_from_origin")}
    memory = {(t.name, column) for t in TABLES for column in (*t.money, *t.sums)}
    assert memory == {(name, column) for name in SHARED for column in sql_money(SQL[name])} - inside_the_trip
