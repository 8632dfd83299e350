"""The list of commandes where there are many: what it reads, how often it asks, and that it leaves nobody out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]
import pytest

from allonova.adapters.postgres.company import reading_from
from allonova.adapters.postgres.dispatch.board_queries import PostgresBoardQueries
from allonova.adapters.postgres.dispatch.terms import is_exact, terms
from allonova.adapters.postgres.lists import FEW
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.runner import Pool, Row, Runner
from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort
from allonova.domain.dispatch.recherche import folded, matches
from allonova.domain.kernel.machine import Party
from benchmarks.nova_fill import fill
from tests.support.factories import NOW, new_id
from tests.support.postgres import admin_dsn, drop_database, fresh_database

COMMANDES = 6_500
BY_DATE = (Sort("dateISO"),)
SIZE = 20


@dataclass(frozen=True, slots=True)
class Company:
    """A company with many commandes, beside others."""

    dsn: str
    id: UUID


@pytest.fixture(scope="module", params=[COMMANDES, pytest.param(100_000, marks=pytest.mark.prove)])
def company(request: pytest.FixtureRequest) -> Iterator[Company]:
    """In a database of its own."""

    async def make() -> Company:
        dsn = await fresh_database(admin_dsn())
        return Company(dsn, await fill(dsn, request.param, NOW, beside=request.param // 4, desk=False))

    made = asyncio.run(make())
    yield made
    asyncio.run(drop_database(admin_dsn(), made.dsn))


@pytest.fixture
async def pool(company: Company) -> AsyncIterator[Pool]:
    """The application's pool over them."""
    async with await open_pool(company.dsn, max_size=1) as pool:
        yield pool


@dataclass(slots=True)
class Explained:
    """A runner that keeps the plan of each statement, as it was run."""

    runner: Runner
    plans: list[str]

    async def _explain(self, query: str, args: tuple[object, ...]) -> None:
        rows = await self.runner.fetch(f"EXPLAIN ANALYZE {query}", *args)
        self.plans.append("\n".join(row[0] for row in rows))

    async def fetch(self, query: str, *args: object) -> Sequence[Row]:
        """See Runner."""
        await self._explain(query, args)
        return await self.runner.fetch(query, *args)

    async def fetchval(self, query: str, *args: object) -> Any:
        """See Runner."""
        await self._explain(query, args)
        return await self.runner.fetchval(query, *args)

    async def fetchrow(self, query: str, *args: object) -> Row | None:
        """See Runner."""
        raise NotImplementedError

    async def execute(self, query: str, *args: object) -> str:
        """See Runner."""
        raise NotImplementedError

    async def executemany(self, query: str, args: Sequence[Sequence[object]], /) -> None:
        """See Runner."""
        raise NotImplementedError


@dataclass(slots=True)
class Plans:
    """Reads through it are explained."""

    pool: Pool
    seen: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def __call__(self, tenant: UUID, /, *, replan: bool = False) -> AsyncIterator[Runner]:
        """See Reading."""
        async with reading_from(self.pool)(tenant, replan=replan) as runner:
            yield Explained(runner, self.seen)


def eq(field: str, value: object) -> Filter:
    return Filter(field, Op.EQ, value)


POOL = Filter("taxiId", Op.NULL, None)
YEAR = (
    Filter("dateISO", Op.FROM_DAY, date(NOW.year - 1, 1, 1)),
    Filter("dateISO", Op.TO_DAY, date(NOW.year - 1, 12, 31)),
)
FILTERS: dict[str, tuple[tuple[Filter, ...], str]] = {
    "all": ((), "true"),
    "many of a statut": ((eq("statut", "terminee"),), "statut = 'terminee'"),
    "few of a statut": ((eq("statut", "en-attente"),), "statut = 'en-attente'"),
    "statuts": ((Filter("statut", Op.IN, ("en-cours", "assignee")),), "statut IN ('en-cours', 'assignee')"),
    "client type": ((eq("clientType", "hotel"),), "cl.type = 'hotel'"),
    "client type and statut": (
        (eq("clientType", "particulier"), eq("statut", "annulee")),
        "cl.type = 'particulier' AND statut = 'annulee'",
    ),
    "pool": ((POOL,), "taxi_id IS NULL"),
    "year": (YEAR, f"date_part('year', date_iso AT TIME ZONE 'UTC') = {NOW.year - 1}"),
    "word": ((eq("q", "aéroport"),), "co.recherche LIKE '%aeroport%' OR cl.recherche LIKE '%aeroport%'"),
    "phrase": (
        (eq("q", "gare du nord"),),
        "co.recherche LIKE '%gare du nord%' OR cl.recherche LIKE '%gare du nord%'",
    ),
    "beginning": ((eq("q", "af"),), "' ' || co.recherche LIKE '% af%' OR ' ' || cl.recherche LIKE '% af%'"),
    "rare word": ((eq("q", "000123"),), "co.recherche LIKE '%000123%' OR cl.recherche LIKE '%000123%'"),
    "everything": (
        (eq("q", "aéroport"), eq("statut", "terminee"), eq("clientType", "hotel"), *YEAR),
        f"""(co.recherche LIKE '%aeroport%' OR cl.recherche LIKE '%aeroport%') AND statut = 'terminee'
            AND cl.type = 'hotel' AND date_part('year', date_iso AT TIME ZONE 'UTC') = {NOW.year - 1}""",
    ),
}
SORTS: dict[str, tuple[tuple[Sort, ...], str]] = {
    "date": (BY_DATE, "date_iso, co.id"),
    "newest": ((Sort("createdAt", descending=True),), "co.created_at DESC, co.id"),
    "reference": ((Sort("reference"),), "reference, co.id"),
    "statut": (
        (Sort("statut", descending=True), Sort("dateISO", descending=True)),
        "statut DESC, date_iso DESC, co.id",
    ),
}


async def naively(company: Company, where: str, order: str) -> list[UUID]:
    """The ids as whoever owns the tables finds them."""
    owner = await asyncpg.connect(company.dsn)
    rows = await owner.fetch(
        "SELECT co.id FROM dispatch.commandes co JOIN dispatch.clients cl ON cl.id = co.client_id"
        f" WHERE co.societe_id = $1 AND ({where}) ORDER BY {order}",
        company.id,
    )
    await owner.close()
    return [row[0] for row in rows]


@pytest.mark.parametrize("name", FILTERS)
async def test_pages_are_those_of_the_whole_list(
    company: Company, pool: Pool, name: str, subtests: pytest.Subtests
) -> None:
    filters, where = FILTERS[name]
    for sort_name in SORTS if name in ("all", "few of a statut") else ["date"]:
        sort, order = SORTS[sort_name]
        expected = await naively(company, where, order)
        pages = -(-len(expected) // SIZE)
        for page in sorted({1, 2, pages // 2 + 1, pages, pages + 1} & set(range(1, pages + 2))):
            with subtests.test(sort=sort_name, page=page):
                found = await PostgresBoardQueries(reading_from(pool)).commandes(
                    company.id, ListQuery(filters, sort, page, SIZE), viewer=Party.ADMIN, now=NOW
                )
                assert found.total == len(expected)
                assert [card.id for card in found.items] == expected[(page - 1) * SIZE : page * SIZE]


@pytest.mark.parametrize("name", FILTERS)
async def test_index_is_used_whatever_is_asked(company: Company, pool: Pool, name: str) -> None:
    plans = Plans(pool)
    for page in (1, 50, 100_000):
        query = ListQuery(FILTERS[name][0], BY_DATE, page, SIZE)
        found = await PostgresBoardQueries(plans).commandes(company.id, query, viewer=Party.ADMIN, now=NOW)
    assert len(plans.seen) >= 4
    assert ("CTE gathered" in plans.seen[1]) is (found.total <= FEW)
    for plan in plans.seen:
        assert "Seq Scan on commandes" not in plan
        assert "termes(" not in "".join(line for line in plan.splitlines() if "Filter:" in line), plan


async def test_order_is_read_from_an_index_when_many_match(company: Company, pool: Pool) -> None:
    for sort, _ in SORTS.values():
        plans = Plans(pool)
        query = ListQuery((), sort, 3, SIZE)
        found = await PostgresBoardQueries(plans).commandes(company.id, query, viewer=Party.ADMIN, now=NOW)
        assert found.total > FEW
        assert rows_read(plans.seen[1]) < 10 * SIZE, plans.seen[1]


def rows_read(plan: str) -> int:
    """The most that any step of a plan brought."""
    return max(int(line.split(" rows=")[2].split()[0]) for line in plan.splitlines() if line.count(" rows=") == 2)


async def test_terms_find_whatever_matches_and_nothing_else_when_they_are_exact(pool: Pool) -> None:
    chance, societe_id = Random(7), new_id()
    letters = "aab cé'-,\\ß%_ "
    texts = [folded("".join(chance.choices(letters, k=chance.randint(1, 30)))) for _ in range(400)]
    asked = [text[(start := chance.randrange(len(text))) : start + chance.randint(1, 9)] for text in texts if text]
    pairs = [(text, q) for text, q in zip(chance.choices(texts, k=len(asked)) + texts, asked * 2, strict=False) if text]
    known = [(text, q, keys) for text, q in pairs if (keys := terms(societe_id, q)) is not None]
    found = await pool.fetch(
        "SELECT dispatch.termes($1, text) @@ keys::tsquery FROM unnest($2::text[], $3::text[]) AS pair (text, keys)",
        societe_id,
        [text for text, _, _ in known],
        [keys for _, _, keys in known],
    )
    hits = 0
    for (text, q, _), (is_found,) in zip(known, found, strict=True):
        hits += is_found
        assert is_found >= matches(text, q), (text, q)
        assert not is_exact(q) or is_found == matches(text, q), (text, q)
    assert 100 < hits < len(known) - 100


@pytest.mark.parametrize("page", [1, 2, 100_000])
@pytest.mark.parametrize("name", ["all", "few of a statut", "everything"])
async def test_two_statements_at_most(company: Company, name: str, page: int) -> None:
    seen: list[str] = []
    async with await open_pool(company.dsn, max_size=1) as pool:
        queries = PostgresBoardQueries(reading_from(pool))
        query = ListQuery(FILTERS[name][0], BY_DATE, page, SIZE)
        await queries.commandes(company.id, query, viewer=Party.ADMIN, now=NOW)
        async with pool.acquire() as connection:
            listening: Any = connection
            listening.add_query_logger(lambda record: seen.append(record.query.split()[0].replace("WITH", "SELECT")))
        await queries.commandes(company.id, query, viewer=Party.ADMIN, now=NOW)
    assert seen == ["BEGIN", "SELECT", *(["SELECT"] if page < 100_000 else []), "ROLLBACK"]


@pytest.mark.parametrize("view", ["dispatch.registre", "dispatch.registre_cherche"])
async def test_view_shows_a_company_its_own_and_takes_nothing(company: Company, pool: Pool, view: str) -> None:
    assert await pool.fetchval(f"SELECT count(*) FROM {view}") == 0
    async with reading_from(pool)(company.id) as runner:
        assert await runner.fetchval(f"SELECT count(DISTINCT societe_id) FROM {view}") == 1
    for statement in (
        f"INSERT INTO {view} (societe_id) VALUES (gen_random_uuid())",
        f"UPDATE {view} SET reference = 'x'",
        f"DELETE FROM {view}",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(statement)
