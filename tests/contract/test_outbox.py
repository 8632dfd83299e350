"""The outbox and its relay's side, and the audit log."""

from __future__ import annotations

from datetime import timedelta

import pytest

from allonova.domain.carpool.events import BookingCompleted, BookingPaid
from allonova.domain.identity.events import SessionRevoked
from allonova.domain.kernel.changes import SYSTEM, Actor
from allonova.domain.kernel.events import Event
from allonova.domain.kernel.machine import Party
from tests.support.factories import SECOND, AnyUnit, new_id
from tests.support.worlds import LEASE, World


async def put(world: World, *events: Event) -> None:
    async with world.begin() as unit:
        for event in events:
            await unit.outbox.put(event)


async def test_one_delivery_per_subscriber_when_an_event_is_put(world: World) -> None:
    event = BookingPaid(new_id())
    await put(world, event)
    due = await world.due()
    assert sorted((d.event, d.subscriber, d.attempts) for d in due) == [
        ("booking.paid", "count", 1),
        ("booking.paid", "tell", 1),
    ]
    assert {BookingPaid.of(d.payload) for d in due} == {event}


async def test_nothing_due_when_nobody_subscribes(world: World) -> None:
    await put(world, BookingCompleted(new_id()))
    assert list(await world.due()) == []
    assert world.wakes == []


async def test_woken_once_when_a_unit_with_events_commits(world: World) -> None:
    async with world.begin() as unit:
        await unit.outbox.put(BookingPaid(new_id()))
        await unit.outbox.put(SessionRevoked(new_id()))
        assert world.wakes == []
    assert len(world.wakes) == 1
    assert len(await world.due()) == 3


async def test_not_woken_when_a_unit_has_no_events(world: World) -> None:
    async with world.begin():
        pass
    assert world.wakes == []


async def test_nothing_due_and_nobody_woken_when_the_unit_rolls_back(world: World) -> None:
    async def fail(unit: AnyUnit) -> None:
        await unit.outbox.put(BookingPaid(new_id()))
        raise LookupError

    with pytest.raises(LookupError):
        await world.run(fail)
    assert list(await world.due()) == []
    assert world.wakes == []


async def test_in_the_order_of_putting_when_claimed(world: World) -> None:
    sessions = [new_id() for _ in range(5)]
    await put(world, *(SessionRevoked(session) for session in sessions[:3]))
    world.clock.advance(SECOND)
    await put(world, *(SessionRevoked(session) for session in sessions[3:]))
    assert [d.payload["session_id"] for d in await world.due()] == [str(session) for session in sessions]


async def test_no_more_than_the_limit_when_claimed(world: World) -> None:
    await put(world, *(SessionRevoked(new_id()) for _ in range(3)))
    assert len(await world.due(limit=2)) == 2
    assert len(await world.due(limit=2)) == 1


async def test_not_due_when_put_later_than_now(world: World) -> None:
    await put(world, SessionRevoked(new_id()))
    before = world.clock.now() - SECOND
    assert list(await world.deliveries.claim(now=before, lease=LEASE, limit=9)) == []


async def test_due_again_when_the_lease_ends(world: World) -> None:
    await put(world, SessionRevoked(new_id()))
    [first] = await world.due()
    world.clock.advance(LEASE - SECOND)
    assert list(await world.due()) == []
    world.clock.advance(SECOND)
    [second] = await world.due()
    assert (second.id, first.attempts, second.attempts) == (first.id, 1, 2)


async def test_never_due_again_when_done(world: World) -> None:
    await put(world, SessionRevoked(new_id()))
    [delivery] = await world.due()
    await world.deliveries.done(delivery.id, now=world.clock.now())
    world.clock.advance(timedelta(days=30))
    assert list(await world.due()) == []


async def test_due_at_the_retry_when_failed(world: World) -> None:
    await put(world, SessionRevoked(new_id()))
    [delivery] = await world.due()
    retry_at = world.clock.now() + 15 * SECOND
    await world.deliveries.failed(delivery.id, error="Down", retry_at=retry_at)
    world.clock.advance(14 * SECOND)
    assert list(await world.due()) == []
    world.clock.advance(SECOND)
    assert [d.attempts for d in await world.due()] == [2]


async def test_never_due_again_when_given_up(world: World) -> None:
    await put(world, SessionRevoked(new_id()))
    [delivery] = await world.due()
    await world.deliveries.failed(delivery.id, error="Down", retry_at=None)
    world.clock.advance(timedelta(days=30))
    assert list(await world.due()) == []


async def test_other_subscribers_unharmed_when_one_fails(world: World) -> None:
    await put(world, BookingPaid(new_id()))
    one, other = await world.due()
    await world.deliveries.failed(one.id, error="Down", retry_at=None)
    world.clock.advance(LEASE)
    assert [d.id for d in await world.due()] == [other.id]


async def test_audit_rows_kept_in_order_when_the_unit_commits(world: World) -> None:
    someone, thing = new_id(), new_id()
    async with world.begin() as unit:
        await unit.audit.put(actor=SYSTEM, action="a.begun", entity="thing", entity_id=thing)
        await unit.audit.put(
            actor=Actor(Party.OWNER, someone), action="a.done", entity="thing", entity_id=thing, meta={"n": 1, "s": "x"}
        )
    first, second = await world.audit()
    assert (first.actor_type, first.actor_id, first.action, first.meta) == ("system", None, "a.begun", {})
    assert (second.actor_id, second.entity, second.entity_id, second.meta) == (
        someone,
        "thing",
        thing,
        {"n": 1, "s": "x"},
    )


async def test_no_audit_row_when_the_unit_rolls_back(world: World) -> None:
    async def fail(unit: AnyUnit) -> None:
        await unit.audit.put(actor=SYSTEM, action="a.begun", entity="thing", entity_id=new_id())
        raise LookupError

    with pytest.raises(LookupError):
        await world.run(fail)
    assert await world.audit() == []
