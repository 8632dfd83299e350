"""The sealed audit log against whoever owns the database: every way to write history anew is found."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]
import pytest

from allonova.adapters.crypto.ids import RandomIds
from allonova.adapters.postgres.audit.queries import PostgresAuditQueries
from allonova.adapters.postgres.runner import Connection, Pool, Row
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.audit.seal_audit import SealAudit
from allonova.application.audit.verify_audit import CheckAudit, VerifyAudit
from allonova.application.audit.views import AuditReport
from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort
from allonova.domain.audit.seal import SETTLE, seals_of
from allonova.domain.kernel.changes import SYSTEM
from tests.postgres.test_ride_plans import Counting
from tests.support.factories import NOW, SECOND, SetClock, new_id

ROWS = 20
# Foreign keys sleep, as for anybody who may write history anew.
_ASLEEP = "SET session_replication_role = replica"
_ROW = "(SELECT log_id FROM platform.audit_seals WHERE seq = 7)"
_SWAPPED = """
UPDATE platform.audit_seals AS s SET log_id = o.log_id FROM platform.audit_seals AS o
WHERE (s.seq, o.seq) IN ((7, 8), (8, 7))
"""
_MANY = """
INSERT INTO platform.audit_logs (actor_type, actor_id, action, entity, entity_id, meta, created_at)
SELECT CASE WHEN n % 50 = 0 THEN 'admin' ELSE 'owner' END,
    ('00000000-0000-4000-8000-' || lpad((n % 500)::text, 12, '0'))::uuid,
    'thing.done_' || n % 40, 'thing_' || n % 20, gen_random_uuid(), '{"a": 1}',
    $1::timestamptz + n * interval '1 second'
FROM generate_series(1, $2::int) AS n
"""


@dataclass(slots=True)
class Log:
    """A log with some rows that are sealed."""

    units: PostgresUnits
    pool: Pool
    clock: SetClock

    async def note(self, count: int = 1) -> None:
        """Rows of one moment."""
        async with self.units.begin() as unit:
            for _ in range(count):
                await unit.audit.put(actor=SYSTEM, action="thing.done", entity="thing", entity_id=new_id())

    async def seal(self) -> int:
        """What is there by now."""
        self.clock.advance(SETTLE + SECOND)
        return await SealAudit(self.units.begin, self.clock)()

    async def verify(self, head: str | None = None) -> AuditReport:
        """The proof."""
        return await VerifyAudit(PostgresAuditQueries(self.pool))(head=head)


@pytest.fixture
async def log(pool: Pool) -> Log:
    clock = SetClock()
    units = PostgresUnits(pool, subscribers={}, ids=RandomIds(), clock=clock, wake=lambda _: None)
    made = Log(units, pool, clock)
    for _ in range(ROWS):
        await made.note()
        clock.advance(SECOND)
    assert await made.seal() == ROWS
    return made


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        (f"UPDATE platform.audit_logs SET action = 'thing.undone' WHERE id = {_ROW}", "not what was sealed (seal 7)"),
        (f"UPDATE platform.audit_logs SET meta = '{{\"a\": 2}}' WHERE id = {_ROW}", "not what was sealed (seal 7)"),
        (f"UPDATE platform.audit_logs SET actor_id = id WHERE id = {_ROW}", "not what was sealed (seal 7)"),
        (
            f"UPDATE platform.audit_logs SET created_at = created_at + interval '1 us' WHERE id = {_ROW}",
            "not what was sealed (seal 7)",
        ),
        (f"DELETE FROM platform.audit_logs WHERE id = {_ROW}", "gone (seal 7)"),
        ("DELETE FROM platform.audit_seals WHERE seq = 7", "seals 7 to 7: gone"),
        ("UPDATE platform.audit_seals SET hash = sha256('x') WHERE seq = 7", "not what was sealed (seal 7)"),
        (_SWAPPED, "not what was sealed (seal 8)"),
    ],
    ids=["action", "meta", "actor", "time", "row gone", "seal gone", "hash", "reordered"],
)
async def test_deed_is_found_when_history_was_written_anew(log: Log, owner: Connection, deed: str, words: str) -> None:
    await owner.execute(f"{_ASLEEP}; ALTER TABLE platform.audit_seals DROP CONSTRAINT uq_audit_seals_log_id")
    try:
        await owner.execute(deed)
        report = await log.verify()
    finally:
        await owner.execute(
            "TRUNCATE platform.audit_seals;"
            " ALTER TABLE platform.audit_seals ADD CONSTRAINT uq_audit_seals_log_id UNIQUE (log_id)"
        )
    assert report.fault_count >= 1
    assert any(words in fault for fault in report.faults), report.faults


async def test_row_is_found_when_it_was_put_into_the_past(log: Log, owner: Connection) -> None:
    log.clock.advance(timedelta(hours=1))
    await log.note()
    await log.seal()
    await owner.execute(_MANY, NOW, 1)
    assert await log.seal() == 0
    [fault] = (await log.verify()).faults
    assert "claims a time that was sealed without it" in fault


async def test_row_is_found_when_it_was_put_into_the_past_with_a_seal(log: Log, owner: Connection) -> None:
    """Whoever knows the chain can lengthen it, but not without its order telling."""
    log.clock.advance(timedelta(hours=1))
    await log.note()
    await log.seal()
    await owner.execute(_MANY, NOW - timedelta(hours=2), 1)
    forged: UUID = await owner.fetchval("SELECT id FROM platform.audit_logs ORDER BY created_at LIMIT 1")
    async with log.units.begin() as unit:
        last = await unit.seals.take_turn()
        rows = await unit.seals.waiting(since=None, until=log.clock.now(), limit=9)
        await unit.seals.add_all(seals_of(rows, last))
    assert (await log.verify()).faults == (f"row {forged}: claims a time that was sealed before (seal {ROWS + 2})",)


async def test_tail_is_missed_when_it_was_cut_off(log: Log, owner: Connection) -> None:
    head = (await log.verify()).head
    check = CheckAudit(log.units.begin, VerifyAudit(PostgresAuditQueries(log.pool)), log.clock, RandomIds())
    assert await check() == 0
    await owner.execute(f"{_ASLEEP}; DELETE FROM platform.audit_seals WHERE seq > {ROWS - 3}")
    await owner.execute(
        "DELETE FROM platform.audit_logs l WHERE NOT EXISTS (SELECT FROM platform.audit_seals s WHERE s.log_id = l.id)"
    )
    assert (await log.verify()).faults == (f"seals {ROWS - 2} to {ROWS}: cut off",)
    assert len((await log.verify(head)).faults) == 2
    log.clock.advance(timedelta(days=1))
    assert await check() == 1


@pytest.mark.parametrize("table", ["audit_logs", "audit_seals", "audit_checks"])
@pytest.mark.parametrize("deed", ["UPDATE platform.{} SET {} = {}", "DELETE FROM platform.{}", "TRUNCATE platform.{}"])
async def test_application_cannot_touch_what_is_written(log: Log, table: str, deed: str) -> None:
    column = "hash" if table == "audit_seals" else "id"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await log.pool.execute(deed.format(table, column, column))


async def test_chain_has_no_fork_when_many_seal_at_once(log: Log) -> None:
    """Without its turn, two would give one number, and one of them fail."""
    for _ in range(5):
        await log.note(30)
        log.clock.advance(SETTLE + SECOND)
        made = await asyncio.gather(*(SealAudit(log.units.begin, log.clock)() for _ in range(8)))
        assert sum(made) == 30
    report = await log.verify()
    assert (report.sealed, report.faults) == (ROWS + 150, ())


async def test_row_is_sealed_when_it_commits_after_a_later_one(log: Log) -> None:
    """Its number in the table is lower than that of one which is sealed already."""
    slow = asyncio.Event()

    async def write_slowly() -> None:
        async with log.pool.acquire() as connection, connection.transaction():
            await connection.execute(_MANY, log.clock.now(), 1)
            slow.set()
            await asyncio.sleep(0)
            await log.note()
            assert await log.seal() == 1

    await write_slowly()
    assert slow.is_set()
    assert await log.seal() == 1
    assert (await log.verify()).faults == ()


def used(plan: object, found: Counter[str]) -> Counter[str]:
    """The indexes and whole tables that a plan reads."""
    if isinstance(plan, dict):
        if "Index Name" in plan:
            found[plan["Index Name"]] += 1
        elif plan.get("Node Type") == "Seq Scan":
            found[f"all of {plan['Relation Name']}"] += 1
        for value in plan.values():
            used(value, found)
    if isinstance(plan, list):
        for one in plan:
            used(one, found)
    return found


ACTOR = UUID("00000000-0000-4000-8000-000000000007")
LISTS = {
    "created_at_id": (),
    "actor_id_created_at_id": (Filter("actor", Op.EQ, ACTOR),),
    "entity_id_created_at_id": (Filter("entity_id", Op.EQ, ACTOR),),
    "entity_created_at_id": (Filter("entity", Op.EQ, "thing_3"),),
    "action_created_at_id": (Filter("action", Op.EQ, "thing.done_3"),),
}


@dataclass
class Recording(Counting):
    """It also keeps what the statements were given."""

    given: list[tuple[object, ...]] = field(default_factory=list)

    async def fetch(self, query: str, *args: object) -> Sequence[Row]:
        """See Runner."""
        self.given.append(args)
        return await Counting.fetch(self, query, *args)

    async def fetchval(self, query: str, *args: object) -> Any:
        """See Runner."""
        self.given.append(args)
        return await Counting.fetchval(self, query, *args)


async def test_list_is_two_statements_by_its_index(pool: Pool, owner: Connection, subtests: pytest.Subtests) -> None:
    await owner.execute(_MANY, NOW, 60_000)
    await owner.execute("VACUUM ANALYZE platform.audit_logs")
    for index, filters in LISTS.items():
        with subtests.test(index):
            recording = Recording(pool)
            query = ListQuery(filters=filters, sort=(Sort("created_at", descending=True),))
            await PostgresAuditQueries(recording).entries(query)
            assert 1 <= len(recording.statements) <= 2
            for statement, given in zip(recording.statements, recording.given, strict=True):
                plan = json.loads(await pool.fetchval(f"EXPLAIN (FORMAT JSON) {statement}", *given))
                read = used(plan, Counter())
                if filters or "LIMIT" in statement:
                    assert f"ix_audit_logs_{index}" in read
                    assert "all of audit_logs" not in read
