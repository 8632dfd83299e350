"""The audit log as both adapters seal, prove and list it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from allonova.application.audit import seal_audit
from allonova.application.audit.seal_audit import SealAudit
from allonova.application.audit.verify_audit import CheckAudit, VerifyAudit
from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort
from allonova.domain.audit.seal import LATE, SETTLE
from allonova.domain.kernel.changes import SYSTEM, Actor
from allonova.domain.kernel.machine import Party
from tests.support.factories import MINUTE, NOW, SECOND, an_admin, new_id
from tests.support.worlds import World

DAY = timedelta(days=1)


async def note(world: World, action: str = "trip.published", *, actor: Actor = SYSTEM, count: int = 1) -> list[UUID]:
    """Rows of one unit."""
    about = [new_id() for _ in range(count)]
    async with world.begin() as unit:
        for id in about:
            await unit.audit.put(actor=actor, action=action, entity="trip", entity_id=id, meta={"b": "é", "a": 1})
    return about


async def seal(world: World, after: timedelta = SETTLE + SECOND) -> int:
    world.clock.advance(after)
    return await SealAudit(world.begin, world.clock)()


def verify(world: World) -> VerifyAudit:
    return VerifyAudit(world.trail)


async def test_rows_are_sealed_once_and_proven(world: World) -> None:
    await note(world, count=3)
    assert await seal(world) == 3
    assert await seal(world) == 0
    await note(world)
    assert await seal(world) == 1
    report = await verify(world)()
    assert (report.sealed, report.waiting, report.fault_count, report.faults) == (4, 0, 0, ())
    assert (await verify(world)(head=report.head)).fault_count == 0


async def test_earlier_head_is_found_when_the_chain_has_grown(world: World) -> None:
    await note(world)
    await seal(world)
    head = (await verify(world)()).head
    await note(world)
    await seal(world)
    assert (await verify(world)(head=head)).fault_count == 0
    [fault] = (await verify(world)(head="ab" * 32)).faults
    assert fault.startswith("head abab")


async def test_row_waits_when_it_is_of_this_moment(world: World) -> None:
    await note(world)
    assert await seal(world, SETTLE) == 0
    assert (await verify(world)()).waiting == 1
    assert await seal(world, SECOND) == 1


async def test_chain_is_that_of_nothing_when_there_are_no_rows(world: World) -> None:
    assert await seal(world) == 0
    report = await verify(world)()
    assert (report.sealed, report.waiting, report.head, report.faults) == (0, 0, "0" * 64, ())


async def test_all_is_sealed_in_batches_when_much_was_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seal_audit, "BATCH", 4)
    for _ in range(5):
        await note(world, count=3)
        world.clock.advance(MINUTE)
    assert await seal(world) == 15
    assert (await verify(world)()).fault_count == 0
    monkeypatch.setattr(seal_audit, "MAX_BATCHES", 2)
    await note(world, count=9)
    assert [await seal(world), await seal(world)] == [8, 1]


async def test_row_is_sealed_when_it_is_seen_a_little_late(world: World) -> None:
    await note(world)
    await seal(world)
    world.clock.advance(-LATE)
    await note(world)
    assert await seal(world, LATE + SETTLE + SECOND) == 1
    assert (await verify(world)()).fault_count == 0


async def test_row_is_blamed_when_its_time_was_sealed_long_before(world: World) -> None:
    await note(world)
    await seal(world)
    world.clock.advance(-LATE - MINUTE)
    await note(world)
    assert await seal(world, LATE + 2 * MINUTE) == 0
    [fault] = (await verify(world)()).faults
    assert fault.endswith("claims a time that was sealed without it")


async def test_night_is_proven_once_and_notes_the_head(world: World) -> None:
    await note(world)
    await seal(world)
    check = CheckAudit(world.begin, verify(world), world.clock, world.ids)
    assert [await check(), await check()] == [0, None]
    head = (await verify(world)()).head
    assert await world.trail.noted_heads() == {1: head}
    world.clock.advance(DAY)
    assert await check() == 0


async def test_list_tells_who_did_what_and_whether_it_is_sealed(world: World) -> None:
    admin = an_admin(email="awa@office.test")
    await world.keep(admin)
    [about] = await note(world, "trip.cancelled", actor=Actor(Party.ADMIN, admin.id))
    await seal(world)
    await note(world, actor=Actor(Party.OWNER, admin.id))
    page = await world.trail.entries(ListQuery(sort=(Sort("created_at"),)))
    first, second = page.items
    assert (first.actor.type, first.actor.id, first.actor.email) == (Party.ADMIN, admin.id, "awa@office.test")
    assert (first.action, first.entity, first.entity_id, first.meta) == (
        "trip.cancelled",
        "trip",
        about,
        {"a": 1, "b": "é"},
    )
    assert (first.created_at, first.sealed) == (NOW, True)
    assert (second.actor.email, second.sealed) == (None, False)


@pytest.mark.parametrize(
    ("field", "op", "value", "found"),
    [
        ("action", Op.EQ, "a.one", 1),
        ("action", Op.IN, ("a.one", "a.two"), 2),
        ("entity", Op.EQ, "trip", 3),
        ("entity", Op.EQ, "booking", 0),
        ("actor_type", Op.EQ, Party.ADMIN, 1),
        ("actor", Op.EQ, UUID(int=7), 1),
        ("created_at", Op.GTE, NOW + MINUTE, 2),
        ("created_at", Op.LT, NOW + MINUTE, 1),
        ("created_at", Op.FROM_DAY, NOW.date(), 3),
        ("created_at", Op.TO_DAY, NOW.date(), 2),
    ],
)
async def test_list_is_filtered(world: World, field: str, op: Op, value: object, found: int) -> None:
    await note(world, "a.one")
    world.clock.advance(MINUTE)
    await note(world, "a.two", actor=Actor(Party.ADMIN, UUID(int=7)))
    world.clock.advance(DAY)
    await note(world, "a.three")
    page = await world.trail.entries(ListQuery(filters=(Filter(field, op, value),)))
    assert (page.total, len(page.items)) == (found, found)
