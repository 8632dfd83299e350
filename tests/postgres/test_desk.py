"""The dispatcher's desk on PostgreSQL: a log that only grows, changes that meet, and lists that an index answers."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]
import pytest

from allonova.adapters.postgres.company import begin_sql, reading_from
from allonova.adapters.postgres.dispatch.desk_queries import _AUDIT, _INTERVENTIONS, _NOTIFICATIONS
from allonova.adapters.postgres.lists import LongListing
from allonova.adapters.postgres.runner import Connection, Pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.dispatch.change_intervention import ChangeIntervention
from allonova.application.dispatch.create_intervention import CreateIntervention, InterventionDraft
from allonova.application.dispatch.notices import NoticeDesk
from allonova.application.dispatch.read_all_notifications import ReadAllNotifications
from allonova.application.dispatch.read_notification import ReadNotification
from allonova.application.dispatch.trail import Trail
from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort
from allonova.domain.dispatch.intervention import (
    InterventionChange,
    InterventionStatut,
    InterventionType,
    Priorite,
)
from allonova.domain.dispatch.notification import Notification, NotificationType
from allonova.domain.dispatch.societe import Societe
from allonova.domain.dispatch.staff import Membre, StaffRole, StaffUser
from allonova.domain.dispatch.taxi import Taxi
from allonova.domain.kernel.errors import DomainError
from tests.support.factories import NOW, NumberedIds, SetClock, new_id
from tests.support.nova import a_colleague, a_societe, a_taxi

ROUNDS = 5


@dataclass(slots=True)
class Desk:
    """A company on real connections."""

    units: PostgresUnits
    pool: Pool
    owner: Connection
    societe: Societe
    admin: StaffUser
    clock: SetClock
    ids: NumberedIds

    @property
    def trail(self) -> Trail:
        return Trail(self.clock, self.ids)

    @property
    def notices(self) -> NoticeDesk:
        return NoticeDesk(self.clock, self.ids)

    @property
    def by(self) -> Membre:
        return Membre(self.admin.id, self.societe.id, StaffRole.ADMIN)

    async def taxi(self) -> Taxi:
        """One more."""
        taxi = a_taxi(self.societe)
        async with self.units.begin_for(self.societe.id) as unit:
            await unit.taxis.add(taxi)
        return taxi

    async def report(self, taxi: Taxi) -> Any:
        """An intervention on it."""
        draft = InterventionDraft(
            commande_id=None,
            taxi_id=taxi.id,
            type=InterventionType.PANNE,
            titre="Moteur",
            description="",
            priorite=Priorite.HAUTE,
        )
        create = CreateIntervention(self.units.begin_for, self.clock, self.ids, self.notices, self.trail)
        return await create(by=self.by, draft=draft)

    async def count(self, table: str) -> int:
        """How many rows there are, of all companies."""
        return int(await self.owner.fetchval(f"SELECT count(*) FROM dispatch.{table}"))


@pytest.fixture
async def desk(units: PostgresUnits, pool: Pool, owner: Connection) -> Desk:
    societe = a_societe()
    admin = a_colleague(societe)
    async with units.begin_for(societe.id) as unit:
        await unit.societes.add(societe)
        await unit.staff.add(admin)
    return Desk(units, pool, owner, societe, admin, SetClock(), NumberedIds())


async def outcomes(*deeds: Awaitable[object]) -> Counter[str]:
    """What became of deeds at the same time; refusals by their name, and nothing but refusals."""
    found = await asyncio.gather(*deeds, return_exceptions=True)
    for each in found:
        if isinstance(each, BaseException) and not isinstance(each, DomainError):
            raise each
    return Counter(type(each).__name__ if isinstance(each, DomainError) else "done" for each in found)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE dispatch.audit_log SET action = 'x'",
        "UPDATE dispatch.audit_log SET payload = '{}' WHERE false",
        "DELETE FROM dispatch.audit_log",
        "TRUNCATE dispatch.audit_log",
        "ALTER TABLE dispatch.audit_log DISABLE ROW LEVEL SECURITY",
        "DROP TABLE dispatch.audit_log",
    ],
)
async def test_log_only_grows(desk: Desk, statement: str) -> None:
    await desk.report(await desk.taxi())
    before = await desk.owner.fetch("SELECT * FROM dispatch.audit_log")
    assert len(before) == 1
    async with desk.pool.acquire() as connection:
        await connection.execute(begin_sql("", desk.societe.id))
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
        await connection.execute("ROLLBACK")
    assert await desk.owner.fetch("SELECT * FROM dispatch.audit_log") == before


async def test_line_is_written_with_the_deed_or_not_at_all(desk: Desk) -> None:
    made = await desk.report(await desk.taxi())

    async def fail() -> None:
        async with desk.units.begin_for(desk.societe.id) as unit:
            intervention = await unit.interventions.get(made.id)
            await unit.interventions.remove(intervention)
            await desk.trail.record(
                unit, desk.by, desk.societe.id, "intervention.supprimee", "intervention", before=intervention
            )
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert (await desk.count("interventions"), await desk.count("audit_log")) == (1, 1)


async def test_one_change_of_a_version_wins_when_many_dispatchers_make_it_at_once(desk: Desk) -> None:
    change = ChangeIntervention(desk.units.begin_for, desk.clock, desk.trail)
    for _ in range(ROUNDS):
        made = await desk.report(await desk.taxi())
        deeds = [
            change(
                by=desk.by,
                intervention_id=made.id,
                change=InterventionChange(statut=InterventionStatut.EN_COURS, titre=str(number)),
                expected=1,
            )
            for number in range(8)
        ]
        assert await outcomes(*deeds) == {"done": 1, "PreconditionFailed": 7}


async def told(desk: Desk, times: int) -> list[UUID]:
    """Ids of that many messages to the admin."""
    made = []
    async with desk.units.begin_for(desk.societe.id) as unit:
        for _ in range(times):
            notice = Notification(
                id=new_id(),
                societe_id=desk.societe.id,
                user_id=desk.admin.id,
                type=NotificationType.COMMANDE_CREEE,
                titre="t",
                description="d",
                created_at=NOW,
            )
            await unit.notices.add(notice)
            made.append(notice.id)
    return made


async def test_message_is_read_once_when_its_reader_taps_many_times_at_once(desk: Desk) -> None:
    read = ReadNotification(desk.units.begin_for, desk.clock, desk.trail)
    for _ in range(ROUNDS):
        [notice] = await told(desk, 1)
        assert await outcomes(*(read(by=desk.by, notification_id=notice) for _ in range(8))) == {"done": 8}
    assert await desk.count("audit_log") == ROUNDS


async def test_each_message_is_counted_once_when_all_are_read_many_times_at_once(desk: Desk) -> None:
    read_all = ReadAllNotifications(desk.units.begin_for, desk.clock, desk.trail)
    for _ in range(ROUNDS):
        await told(desk, 20)
        counts = await asyncio.gather(*(read_all(by=desk.by) for _ in range(8)))
        assert sum(each.lues for each in counts) == 20
    assert await desk.owner.fetchval("SELECT array_agg(DISTINCT version) FROM dispatch.notifications") == [2]


async def test_report_and_removal_of_a_taxi_do_not_cross(desk: Desk) -> None:
    async def remove(taxi: Taxi) -> None:
        async with desk.units.begin_for(desk.societe.id) as unit:
            kept = await unit.taxis.get(taxi.id, lock=True)
            if not await unit.taxis.has_history(taxi.id):
                await unit.taxis.remove(kept)

    for _ in range(ROUNDS):
        taxi = await desk.taxi()
        seen = await outcomes(desk.report(taxi), remove(taxi))
        assert seen in ({"done": 2}, {"done": 1, "NotFound": 1})
        is_there = await desk.owner.fetchval("SELECT true FROM dispatch.taxis WHERE id = $1", taxi.id)
        reports = await desk.owner.fetchval("SELECT count(*) FROM dispatch.interventions WHERE taxi_id = $1", taxi.id)
        assert bool(is_there) is (reports == 1)


_PLANT = """
SET session_replication_role = replica;
INSERT INTO dispatch.notifications (societe_id, user_id, type, titre, description, lu_at, created_at)
SELECT '{societe}', CASE WHEN n % 16 = 0 THEN '{reader}' ELSE gen_random_uuid() END, 'commande.creee', 't', 'd',
    CASE WHEN n % 160 > 0 THEN now() END, timestamptz '2026-01-01' + n * interval '1 minute'
FROM generate_series(1, 8000) AS n;
INSERT INTO dispatch.audit_log (societe_id, user_id, action, entity, entity_id, ts)
SELECT CASE WHEN n % 4 = 0 THEN '{societe}' ELSE gen_random_uuid() END, CASE WHEN n % 40 = 0 THEN '{reader}' END::uuid,
    'taxi.modifie', 'taxi', CASE WHEN n % 400 = 0 THEN '{reader}' ELSE gen_random_uuid() END,
    timestamptz '2026-01-01' + n * interval '1 minute'
FROM generate_series(1, 8000) AS n;
INSERT INTO dispatch.interventions (societe_id, taxi_id, type, titre, description, statut, created_at)
SELECT CASE WHEN n % 4 = 0 THEN '{societe}' ELSE gen_random_uuid() END,
    CASE WHEN n % 400 = 0 THEN '{reader}' ELSE gen_random_uuid() END, 'panne', 't', 'd',
    CASE WHEN n % 100 = 0 THEN 'ouverte' ELSE 'resolue' END, timestamptz '2026-01-01' + n * interval '1 minute'
FROM generate_series(1, 8000) AS n;
SET session_replication_role = origin;
"""
TABLES = ("notifications", "audit_log", "interventions")


async def test_lists_walk_an_index_when_the_tables_are_long(desk: Desk, subtests: pytest.Subtests) -> None:
    await desk.owner.execute(_PLANT.format(societe=desk.societe.id, reader=desk.admin.id))
    for table in TABLES:
        await desk.owner.execute(f"VACUUM ANALYZE dispatch.{table}")
    reader = {"reader": desk.admin.id}
    newest, oldest = Sort("ts", descending=True), Sort("createdAt", descending=True)
    of_reader = ListQuery(sort=(Sort("dateISO", descending=True),))
    unread = ListQuery((Filter("luAt", Op.NULL, None),), of_reader.sort)
    mine = ListQuery((Filter("userId", Op.EQ, desk.admin.id),), (newest,))
    one = ListQuery((Filter("entityId", Op.EQ, desk.admin.id),), (newest,))
    opened = ListQuery((Filter("statut", Op.EQ, "ouverte"),), (oldest,))
    taxis = ListQuery((Filter("taxiId", Op.EQ, desk.admin.id),), (oldest,))
    lists: list[tuple[LongListing, ListQuery, dict[str, UUID]]] = [
        *((_NOTIFICATIONS, query, reader) for query in (of_reader, unread)),
        *((_AUDIT, query, {}) for query in (ListQuery(sort=(newest,)), mine, one)),
        *((_INTERVENTIONS, query, {}) for query in (ListQuery(sort=(oldest,)), opened, taxis)),
    ]
    for listing, query, found in lists:
        with subtests.test(repr(query.filters)):
            plans = await explained(desk, listing, query, found)
            assert plans
            assert not [plan for plan in plans if any(f'"Seq Scan", "{table}"' in plan for table in TABLES)]


async def explained(desk: Desk, listing: LongListing, query: ListQuery, found: dict[str, UUID]) -> list[str]:
    """The plans of its statements, each node as `"<kind>", "<table>"`."""
    plans: list[str] = []

    class Explaining:
        """Explains what is asked, then answers it."""

        def __init__(self, runner: Any) -> None:
            self._runner = runner

        async def _note(self, sql: str, args: tuple[object, ...]) -> None:
            plan = json.loads(await self._runner.fetchval(f"EXPLAIN (FORMAT JSON) {sql}", *args))
            plans.append("\n".join(nodes(plan[0]["Plan"])))

        async def fetch(self, sql: str, *args: object) -> Any:
            await self._note(sql, args)
            return await self._runner.fetch(sql, *args)

        async def fetchval(self, sql: str, *args: object) -> Any:
            await self._note(sql, args)
            return await self._runner.fetchval(sql, *args)

    async with reading_from(desk.pool)(desk.societe.id) as runner:
        explaining: Any = Explaining(runner)
        await listing.rows(explaining, query, found=found)
    return plans


def nodes(plan: dict[str, Any]) -> list[str]:
    """Every node of a plan."""
    found = [f'"{plan["Node Type"]}", "{plan.get("Relation Name")}"']
    for child in plan.get("Plans", ()):
        found += nodes(child)
    return found
