"""The list of a company that has many commandes, filtered: `python -m benchmarks.jobs.commandes COMMANDES`."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle, product
from pathlib import Path
from statistics import median
from urllib.parse import urlencode
from uuid import UUID, uuid4

from allonova.adapters.crypto.clock import SystemClock
from allonova.adapters.crypto.tokens import JoseTokens
from allonova.adapters.postgres.company import reading_from
from allonova.adapters.postgres.dispatch.board_queries import PostgresBoardQueries
from allonova.adapters.postgres.pool import open_pool
from allonova.application.kernel.listing import ListQuery, Op, Sort
from allonova.domain.dispatch.staff import StaffRole
from allonova.domain.identity.session import Audience
from allonova.domain.kernel.machine import Party
from benchmarks.database import own_database
from benchmarks.ground import (
    KID,
    SECRET,
    Ask,
    Load,
    Server,
    address,
    answer_of,
    environment,
    gunicorn,
    load,
    serving,
    together,
)
from benchmarks.nova_fill import fill
from benchmarks.nova_lists import Filters, Watch, choices
from benchmarks.table import OURS, RIVAL, SMALLEST, Figure, Row, end, row_of

COMMANDES = 200_000
PORT, RIVAL_PORT = 8483, 8484
PAGES, PAGE_SIZE = (1, 2, 3, 5, 10), 20
READERS, WARM_UP, TURNS, RIVAL_TURNS = 200, 20, 10, 2
BEYOND_SQL_MS = 2
UNLIKE = frozenset({"actions", "diffusion"})  # rules of ours, which the other one does without
PLAIN = {Op.EQ: "{}", Op.NULL: "{}", Op.FROM_DAY: "date_from", Op.TO_DAY: "date_to"}

type Question = tuple[Filters, int]
"""What is asked for, and which page of it."""


def questions(now: datetime, taxi_id: UUID) -> list[Question]:
    """What a dispatcher asks for all day: each filter alone, and some together."""
    asked = choices(now, taxi_id)
    alone = [filters for one in asked.values() for filters in one.values()]
    month, hotel, done = asked["dates"]["month"], asked["clientType"]["clientType=hotel"], asked["statut"]
    several = [month + done["statut=terminee"], month + hotel, hotel + done["statut=annulee"]]
    return list(product([(), *alone, *several], PAGES))


def ask_of(question: Question, headers: Mapping[str, str]) -> Ask:
    """The same over HTTP."""
    filters, page = question
    wanted = {PLAIN[each.op].format(each.field): "null" if each.value is None else each.value for each in filters}
    return {"path": f"/api/commandes?{urlencode(wanted | {'page': page})}", "headers": {**headers, **address()}}


def readers(societe_id: UUID) -> Iterator[Mapping[str, str]]:
    """Headers of many dispatchers by turns, so that none comes to his limit."""
    clock = SystemClock()
    tokens, now = JoseTokens({KID: SECRET}, KID, issuer="allonova", clock=clock), clock.now()
    signed = [
        tokens.sign(
            subject=uuid4(),
            session=uuid4(),
            audience=Audience.NOVA,
            issued_at=now,
            expires_at=now + timedelta(hours=1),
            role=StaffRole.ADMIN,
            tenant=societe_id,
        )
        for _ in range(READERS)
    ]
    return cycle([{"Authorization": f"Bearer {token}"} for token in signed])


async def time_sql(dsn: str, societe_id: UUID, asked: Sequence[Question], now: datetime) -> Load:
    """Milliseconds of each list's statements at one client, and nothing around them."""
    async with await open_pool(dsn, max_size=1) as pool:
        watch, ms = Watch(reading_from(pool)), list[float]()
        queries = PostgresBoardQueries(watch)
        for filters, page in (*asked[:WARM_UP], *asked):
            query = ListQuery(filters, (Sort("dateISO"),), page, PAGE_SIZE)
            await queries.commandes(societe_id, query, viewer=Party.ADMIN, now=now)
            ms.append(0.0 if watch.last is None else watch.last.ms)
    return Load(ms[WARM_UP:], sum(ms[WARM_UP:]) / 1000, 0.0)


def measure(folder: Path, commandes: int = COMMANDES) -> tuple[list[Row], list[Figure]]:
    """Statements and HTTP by turns, so that a machine that is slower for a while is slower for both."""
    now, job = datetime.now(UTC), f"list of {commandes} commandes"
    with own_database() as dsn:
        started = time.monotonic()
        societe_id = asyncio.run(fill(dsn, commandes, now))
        print(f"{commandes} commandes put in within {time.monotonic() - started:.0f} s", flush=True)
        asked, env = asyncio.run(questions_of(dsn, societe_id, now)), environment(dsn)
        with (
            serving(["allonova.main.cli", "serve"], PORT, env, folder) as mine,
            gunicorn("benchmarks.rivals.commandes:create_app()", RIVAL_PORT, env, folder) as other,
        ):
            servers = Server(PORT, mine), other
            headers = readers(societe_id)
            _require_same(servers, [ask_of(each, next(headers)) for each in asked])
            http, sql, usual_ = _by_turns(dsn, societe_id, asked, servers, headers, now)
    rows = [
        row_of(job, who, what, ms=one.ms, seconds=one.seconds, cpu_s=one.cpu_s or None)
        for who, what, one in (
            (OURS, "FastAPI, asyncpg", together(http)),
            (SMALLEST, "the statements, asyncpg", together(sql)),
            (RIVAL, "Flask, ORM, offset", together(usual_)),
        )
    ]
    return rows, [beyond_sql(job, http, sql)]


def _by_turns(
    dsn: str,
    societe_id: UUID,
    asked: Sequence[Question],
    servers: tuple[Server, Server],
    headers: Iterator[Mapping[str, str]],
    now: datetime,
) -> tuple[list[Load], list[Load], list[Load]]:
    mine, other = servers
    http, sql, usual = list[Load](), list[Load](), list[Load]()
    for turn in range(TURNS):
        sql.append(asyncio.run(time_sql(dsn, societe_id, asked, now)))
        http.append(load(mine, [ask_of(each, next(headers)) for each in asked]))
        if turn < RIVAL_TURNS:
            usual.append(load(other, [ask_of(each, next(headers)) for each in asked]))
    return http, sql, usual


async def questions_of(dsn: str, societe_id: UUID, now: datetime) -> list[Question]:
    """What is asked of that company."""
    async with await open_pool(dsn, max_size=1) as pool, reading_from(pool)(societe_id) as runner:
        return questions(now, await runner.fetchval("SELECT id FROM dispatch.taxis ORDER BY numero LIMIT 1"))


def _require_same(servers: tuple[Server, Server], asks: Sequence[Ask]) -> None:
    """Both find the same, which also warms both."""
    for ask in asks:
        mine, usual = (answer_of(server, ask) for server in servers)
        cards = [{name: each for name, each in card.items() if name not in UNLIKE} for card in mine["data"]]
        if (cards, mine["meta"]["pagination"]) != (usual["data"], usual["meta"]["pagination"]):
            sys.exit(f"{ask['path']}: the two do not answer the same:\n{cards[:1]}\n{usual['data'][:1]}")


def beyond_sql(job: str, http: Sequence[Load], sql: Sequence[Load]) -> Figure:
    """What token, limit, transaction, views, JSON and HTTP add, by the medians of each turn."""
    extras = [median(over.ms) - median(alone.ms) for over, alone in zip(http, sql, strict=True)]
    extra, total, alone = median(extras), median(together(http).ms), median(together(sql).ms)
    seen = f"{extra:.1f} ms (p50 {total:.1f} − {alone:.1f}; {min(extras):.1f} to {max(extras):.1f})"
    return Figure(f"{job}: HTTP beyond SQL", seen, f"≤ {BEYOND_SQL_MS} ms", extra <= BEYOND_SQL_MS)


def main() -> None:
    """Exit code 1 when a figure was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commandes", type=int)
    commandes = parser.parse_args().commandes
    with tempfile.TemporaryDirectory() as folder:
        rows, figures = measure(Path(folder), commandes)
    end(rows, figures)


if __name__ == "__main__":
    main()
