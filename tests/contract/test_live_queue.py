"""What sockets are to be shown: in the order of commits, apart from what goes to vendors, on both adapters."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from uuid import UUID

import pytest

from allonova.application.kernel.live import ChannelsDown
from allonova.application.kernel.ports import Lane
from allonova.application.kernel.relay_live import ATTEMPTS, BATCH, LEFT_FOR_OTHERS, RelayLive, Showing, showings_of
from allonova.domain.carpool.events import BookingAccepted, BookingPaid
from tests.support.factories import new_id
from tests.support.worlds import World


@dataclass
class Screen:
    """Remembers what it showed; `fails` are the bookings that it cannot."""

    shown: list[UUID] = field(default_factory=list)
    onces: list[str] = field(default_factory=list)
    fails: set[UUID] = field(default_factory=set)
    is_down: bool = False

    async def __call__(self, event: BookingAccepted, *, once: str) -> None:
        if self.is_down:
            raise ChannelsDown
        if event.booking_id in self.fails:
            raise ValueError
        self.shown.append(event.booking_id)
        self.onces.append(once)


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
def relay(world: World, screen: Screen) -> RelayLive:
    return RelayLive(world.live, showings_of([Showing(BookingAccepted, "show", screen)]), world.clock)


async def put(world: World, count: int) -> list[UUID]:
    ids = [new_id() for _ in range(count)]
    for id in ids:
        async with world.begin() as unit:
            await unit.outbox.put(BookingAccepted(id))
    return ids


async def test_events_are_shown_in_order_when_there_are_several_batches(
    world: World, screen: Screen, relay: RelayLive
) -> None:
    ids = await put(world, BATCH + 5)
    assert await relay() == BATCH + 5
    assert screen.shown == ids
    assert len(set(screen.onces)) == len(ids)
    assert await relay() == 0


async def test_each_lane_has_its_own_when_a_unit_puts_both(world: World, screen: Screen, relay: RelayLive) -> None:
    async with world.begin() as unit:
        await unit.outbox.put(BookingPaid(new_id()))
        await unit.outbox.put(BookingAccepted(new_id()))
    assert world.wakes == [frozenset(Lane)]
    assert {delivery.subscriber for delivery in await world.due()} == {"tell", "count"}
    assert await relay() == 1
    await put(world, 1)
    assert world.wakes[1:] == [frozenset({Lane.LIVE})]


async def test_nothing_is_lost_when_nothing_can_be_shown(world: World, screen: Screen, relay: RelayLive) -> None:
    ids = await put(world, 3)
    screen.is_down = True
    for _ in range(ATTEMPTS + 1):
        with pytest.raises(ChannelsDown):
            await relay()
    screen.is_down = False
    assert await relay() == 3
    assert screen.shown == ids


async def test_later_ones_wait_when_one_cannot_be_shown(world: World, screen: Screen, relay: RelayLive) -> None:
    first, second, third = await put(world, 3)
    screen.fails = {second}
    assert await relay() == 1
    assert await relay() == 0
    screen.fails = set()
    assert await relay() == 2
    assert screen.shown == [first, second, third]


async def test_later_ones_go_on_when_one_is_given_up(
    world: World, screen: Screen, relay: RelayLive, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = await put(world, 2)
    screen.fails = {first}
    for _ in range(ATTEMPTS):
        assert await relay() == 0
    assert await relay() == 1
    assert screen.shown == [second]
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * (ATTEMPTS - 1) + [logging.ERROR]


async def test_relay_comes_back_when_another_is_at_it(world: World, screen: Screen, relay: RelayLive) -> None:
    known, left_before = relay.showings.keys(), world.clock.now() - LEFT_FOR_OTHERS
    await put(world, 1)
    async with world.live.take(9, known=known, left_before=left_before) as held:
        assert held is not None
        async with world.live.take(9, known=known, left_before=left_before) as other:
            assert other is None
        coming = asyncio.create_task(relay())
        (second,) = await put(world, 1)  # the other has looked already
        (delivery,) = held.deliveries
        held.done(delivery)
    assert await coming == 1
    assert screen.shown == [second]


async def test_it_comes_again_with_the_same_key_when_the_relay_died(
    world: World, screen: Screen, relay: RelayLive
) -> None:
    (id,) = await put(world, 1)

    async def shown_and_died() -> None:
        async with world.live.take(1, known=relay.showings.keys(), left_before=world.clock.now()) as batch:
            assert batch is not None
            (delivery,) = batch.deliveries
            await screen(BookingAccepted(id), once=str(delivery.id))
            batch.done(delivery)
            raise LookupError

    with pytest.raises(LookupError):
        await shown_and_died()
    assert await relay() == 1
    assert screen.onces[0] == screen.onces[1]
