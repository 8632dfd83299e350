"""Row-level security: what SQL under the application's role sees and writes, whatever a use case forgot to ask for."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

import asyncpg  # type: ignore[import-untyped]
import pytest
from sqlalchemy import Table

from allonova.adapters.postgres.company import begin_sql
from allonova.adapters.postgres.dispatch.tables import SCOPED, SOCIETES
from allonova.adapters.postgres.runner import Connection, Pool
from allonova.adapters.postgres.unit import PostgresUnits
from tests.support.walls import furnish

WALLED = "new row violates row-level security policy"
DOORS = {
    "societe_of_email",
    "societe_of_user",
    "societe_of_form",
    "societe_of_suivi",
    "is_slug_free",
    "zones",
    "overdue_demandes",
    "waiting_too_long",
    "to_dispatch",
    "chercher_clients",
    "give_up_device",
    "forget_positions",
    "forget_devices",
    "forget_notifications",
    "forget_deplacements",
}
"""What runs as the tables' owner: each gives a company, ids that are due, or a number; a new one is a decision."""

TABLES = (*SCOPED, SOCIETES)


@dataclass(frozen=True, slots=True)
class Two:
    """Two companies, each with a row in every table."""

    a: UUID
    b: UUID
    pool: Pool
    owner: Connection

    @asynccontextmanager
    async def inside(self, tenant: UUID | None) -> AsyncIterator[Connection]:
        """A transaction of a company, or of none, as the application begins it; nothing of it is kept."""
        async with self.pool.acquire() as connection:
            await connection.execute(begin_sql("", tenant))
            try:
                yield connection
            finally:
                await connection.execute("ROLLBACK")

    async def row(self, table: Table, tenant: UUID) -> str:
        """One of a company's rows, as JSON."""
        found = await self.owner.fetchval(
            f"SELECT to_jsonb(t)::text FROM {table.fullname} AS t WHERE {whose(table)} = $1", tenant
        )
        return str(found)


@pytest.fixture
async def two(units: PostgresUnits, pool: Pool, owner: Connection) -> Two:
    """Put in by their own units."""
    first, second = await furnish(units.begin_for), await furnish(units.begin_for)
    return Two(first.societe.id, second.societe.id, pool, owner)


def whose(table: Table) -> str:
    """The column that says which company a row is of."""
    return "societe_id" if "societe_id" in table.columns else "id"


async def test_nothing_is_seen_when_no_company_is_named(two: Two, subtests: pytest.Subtests) -> None:
    for table in TABLES:
        assert await two.owner.fetchval(f"SELECT count(DISTINCT {whose(table)}) FROM {table.fullname}") == 2
        async with two.inside(None) as connection:
            with subtests.test(str(table.name)):
                assert await connection.fetchval(f"SELECT count(*) FROM {table.fullname}") == 0


@pytest.mark.promise("who-may")
async def test_only_its_own_is_seen_when_a_company_is_named(two: Two, subtests: pytest.Subtests) -> None:
    for table in TABLES:
        async with two.inside(two.a) as connection:
            seen = await connection.fetch(f"SELECT {whose(table)} FROM {table.fullname}")
        own = await two.owner.fetchval(f"SELECT count(*) FROM {table.fullname} WHERE {whose(table)} = $1", two.a)
        with subtests.test(str(table.name)):
            assert [row[0] for row in seen] == [two.a] * own


@pytest.mark.promise("who-may")
async def test_another_companys_rows_stay_when_sql_would_write_them(two: Two, subtests: pytest.Subtests) -> None:
    for table, tenant in itertools.product(TABLES, (two.a, None)):
        for statement in ("UPDATE {table} SET {whose} = {whose}", "DELETE FROM {table}"):
            sql = statement.format(table=table.fullname, whose=whose(table)) + f" WHERE {whose(table)} = $1"
            async with two.inside(tenant) as connection:
                with subtests.test(str(table.name)):
                    if table.name == "audit_log":
                        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
                            await connection.execute(sql, two.b)
                    else:
                        assert (await connection.execute(sql, two.b)).rpartition(" ")[2] == "0"


async def test_row_is_refused_when_it_would_be_another_companys(two: Two, subtests: pytest.Subtests) -> None:
    for table, tenant in itertools.product(TABLES, (two.a, None)):
        row = json.loads(await two.row(table, two.b)) | {"id": str(uuid4())}
        sql = f"INSERT INTO {table.fullname} SELECT * FROM jsonb_populate_record(NULL::{table.fullname}, $1)"
        async with two.inside(tenant) as connection:
            with subtests.test(str(table.name)), pytest.raises(asyncpg.InsufficientPrivilegeError, match=WALLED):
                await connection.execute(sql, row)


async def test_row_stays_when_it_would_move_to_another_company(two: Two, subtests: pytest.Subtests) -> None:
    for table in TABLES:
        if table.name == "audit_log":
            continue  # nobody changes it at all
        async with two.inside(two.a) as connection:
            with subtests.test(str(table.name)), pytest.raises(asyncpg.InsufficientPrivilegeError, match=WALLED):
                await connection.execute(f"UPDATE {table.fullname} SET {whose(table)} = $1", two.b)


async def test_company_is_forgotten_when_its_transaction_ends(two: Two) -> None:
    async with two.pool.acquire() as connection:
        for end in ("COMMIT", "ROLLBACK"):
            await connection.execute(begin_sql("READ ONLY", two.a))
            assert await connection.fetchval("SELECT count(*) FROM dispatch.taxis") == 1
            await connection.execute(end)
            assert await connection.fetchval("SELECT count(*) FROM dispatch.taxis") == 0


async def test_every_table_has_the_one_policy_when_it_is_of_dispatch(owner: Connection) -> None:
    rows = await owner.fetch("""
        SELECT c.relname, c.relrowsecurity, array_agg(p.policyname::text), array_agg(p.permissive),
               array_agg(p.roles::text), array_agg(p.cmd), array_agg(p.qual), array_agg(p.with_check)
        FROM pg_class AS c LEFT JOIN pg_policies AS p ON p.schemaname = 'dispatch' AND p.tablename = c.relname
        WHERE c.relnamespace = 'dispatch'::regnamespace AND c.relkind IN ('r', 'p', 'm', 'f')
        GROUP BY c.relname, c.relrowsecurity
    """)
    courante = "( SELECT dispatch.societe_courante() AS societe_courante)"
    policy = (True, ["societe"], ["PERMISSIVE"], ["{public}"], ["ALL"])
    assert {row[0]: tuple(row)[1:] for row in rows} == {
        table.name: (*policy, [f"({whose(table)} = {courante})"], [None]) for table in TABLES
    }


async def test_view_shows_a_companys_rows_and_is_read_only_when_it_passes_the_walls(two: Two) -> None:
    """A view reads as its owner does, so each says by itself whose rows it shows."""
    views = await two.owner.fetch("""
        SELECT viewname::text, definition, has_table_privilege('allonova_app', 'dispatch.' || viewname, right_)
        FROM pg_views, unnest(ARRAY['INSERT', 'UPDATE', 'DELETE']) AS right_ WHERE schemaname = 'dispatch'
    """)
    for name, definition, may_write in views:
        assert not may_write
        assert "dispatch.societe_courante()" in definition.rpartition("WHERE")[2]
        async with two.inside(None) as connection:
            assert await connection.fetch(f"SELECT * FROM dispatch.{name}") == []
        async with two.inside(two.a) as connection:
            seen = await connection.fetch(f"SELECT societe_id FROM dispatch.{name}")
            assert {row[0] for row in seen} == {two.a}


async def test_application_can_not_pass_the_walls_when_it_would(owner: Connection) -> None:
    role = await owner.fetchrow("""
        SELECT rolsuper, rolbypassrls, rolcreaterole,
               EXISTS (SELECT FROM pg_class WHERE relowner = r.oid),
               EXISTS (SELECT FROM pg_proc WHERE proowner = r.oid),
               EXISTS (SELECT FROM pg_namespace WHERE nspowner = r.oid),
               EXISTS (SELECT FROM pg_auth_members WHERE member = r.oid)
        FROM pg_roles AS r WHERE rolname = 'allonova_app'
    """)
    assert role is not None
    assert list(role) == [False] * 7


async def test_doors_are_shut_to_others_and_to_tricks_when_they_pass_the_walls(owner: Connection) -> None:
    functions = await owner.fetch("""
        SELECT proname::text, prosecdef, proconfig,
               EXISTS (SELECT FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) AS a WHERE a.grantee = 0)
        FROM pg_proc WHERE pronamespace = 'dispatch'::regnamespace
    """)
    assert [name for name, _, _, is_public in functions if is_public] == []
    doors = {name: config for name, is_door, config, _ in functions if is_door}
    pinned = ["search_path=pg_catalog, pg_temp"]
    assert [name for name, config in doors.items() if list(config or ()) != pinned] == []
    assert doors.keys() == DOORS


async def test_search_finds_a_companys_clients_when_it_passes_the_walls(two: Two) -> None:
    for tenant, count in ((two.a, 1), (None, 0)):
        async with two.inside(tenant) as connection:
            found = await connection.fetch("SELECT * FROM dispatch.chercher_clients(ARRAY['%canari%'])")
            assert len(found) == count


async def test_company_is_none_when_the_setting_is_not_a_uuid(two: Two) -> None:
    """Whatever else somebody puts there shows nothing: it is an error, or no company."""
    async with two.inside(None) as connection:
        await connection.execute("SET LOCAL allonova.societe = ''")
        assert await connection.fetchval("SELECT count(*) FROM dispatch.taxis") == 0
        await connection.execute("SET LOCAL allonova.societe = '%'")
        with pytest.raises(asyncpg.InvalidTextRepresentationError):
            await connection.fetchval("SELECT count(*) FROM dispatch.taxis")
