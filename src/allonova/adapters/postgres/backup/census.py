"""What is in a database: each table with the number of its rows and a checksum of them, in whatever order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from allonova.adapters.postgres.runner import Runner

# Tables of ours, not of an extension, each with the statement that counts it. The first seven bytes of a row's hash fit
# a bigint; their sum does not care for the rows' order.
_TABLES = """
SELECT format('%I.%I', n.nspname, c.relname), format($$
    SELECT count(*), coalesce(sum(
        ('x' || encode(substring(sha256(convert_to(t::text, 'UTF8')) FROM 1 FOR 7), 'hex'))::bit(56)::bigint
    ), 0)::text
    FROM %I.%I AS t
$$, n.nspname, c.relname)
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (
      SELECT FROM pg_depend AS d
      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
  )
ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Rows:
    """Those of one table."""

    count: int
    checksum: str


type Census = Mapping[str, Rows]


async def take_census(runner: Runner) -> Census:
    """Every table of the database, as the transaction sees it."""
    found = {}
    for table, counting in await runner.fetch(_TABLES):
        row = await runner.fetchrow(counting)
        if row is not None:
            found[table] = Rows(row[0], row[1])
    return found


def difference(wanted: Census, found: Census) -> str | None:
    """How the second one differs from the first, in one line; None when it does not."""
    if missing := sorted(wanted.keys() - found.keys()):
        return f"{missing[0]} is missing"
    if added := sorted(found.keys() - wanted.keys()):
        return f"{added[0]} is too many"
    for table, rows in wanted.items():
        if found[table].count != rows.count:
            return f"{table} has {found[table].count} rows instead of {rows.count}"
        if found[table].checksum != rows.checksum:
            return f"{table} has other rows"
    return None
