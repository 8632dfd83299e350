"""Two releases work on one outbox: what only one of them knows waits for it, is not lost, and holds up nothing."""

from __future__ import annotations

from uuid import UUID

import pytest

from allonova.application.kernel.dead_letters import ResendDelivery
from allonova.application.kernel.listing import ListQuery
from allonova.application.kernel.relay import ATTEMPTS, RelayOutbox, Subscription, backoff, by_event_and_subscriber
from allonova.application.kernel.relay_live import BATCH, LEFT_FOR_OTHERS, RelayLive, Showing, showings_of
from allonova.domain.carpool.events import BookingAccepted, BookingPaid, BookingRejected
from allonova.domain.identity.events import SessionRevoked
from allonova.domain.kernel.changes import SYSTEM
from tests.support.factories import SECOND, new_id
from tests.support.worlds import World

type Put = BookingPaid | BookingAccepted | BookingRejected | SessionRevoked


class Heard:
    """Remembers the bookings and sessions that it was told of, in their order."""

    def __init__(self) -> None:
        self.ids: list[UUID] = []

    async def __call__(self, event: Put, *, once: str = "") -> None:
        self.ids.append(event.session_id if isinstance(event, SessionRevoked) else event.booking_id)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def newer(world: World, heard: Heard) -> RelayOutbox:
    """Knows all that is put here."""
    subscriptions = [
        Subscription(BookingPaid, "tell", heard),
        Subscription(BookingPaid, "count", heard),
        Subscription(SessionRevoked, "announce", heard),
    ]
    return RelayOutbox(world.deliveries, by_event_and_subscriber(subscriptions), world.clock)


@pytest.fixture
def older(world: World, heard: Heard) -> RelayOutbox:
    """Has neither the event SessionRevoked nor the subscriber `count`."""
    return RelayOutbox(
        world.deliveries, by_event_and_subscriber([Subscription(BookingPaid, "tell", heard)]), world.clock
    )


@pytest.fixture
def shown() -> Heard:
    return Heard()


@pytest.fixture
def newer_screen(world: World, shown: Heard) -> RelayLive:
    """Shows all that is put here."""
    showings = [Showing(BookingAccepted, "show", shown), Showing(BookingRejected, "show", shown)]
    return RelayLive(world.live, showings_of(showings), world.clock)


@pytest.fixture
def older_screen(world: World, shown: Heard) -> RelayLive:
    """Has nobody who shows BookingRejected."""
    return RelayLive(world.live, showings_of([Showing(BookingAccepted, "show", shown)]), world.clock)


async def put(world: World, *events: Put) -> None:
    async with world.begin() as unit:
        for event in events:
            await unit.outbox.put(event)


async def reject(world: World, count: int) -> list[UUID]:
    """What only the newer release shows."""
    ids = [new_id() for _ in range(count)]
    await put(world, *(BookingRejected(id) for id in ids))
    return ids


async def accept(world: World) -> UUID:
    """What both show."""
    await put(world, BookingAccepted(id := new_id()))
    return id


async def given_up(world: World) -> list[tuple[str, int, str | None]]:
    found = await world.dead_letters.failed(ListQuery())
    return [(letter.event, letter.attempts, letter.error) for letter in found.items]


async def test_event_of_the_next_release_waits_for_its_worker_and_others_go_on(
    world: World, heard: Heard, older: RelayOutbox, newer: RelayOutbox
) -> None:
    session, booking = new_id(), new_id()
    await put(world, SessionRevoked(session), BookingPaid(booking))
    assert await older() == 3
    assert heard.ids == [booking]
    assert await newer() == 0
    world.clock.advance(backoff(1))
    assert await newer() == 2
    assert sorted(heard.ids) == sorted([booking, booking, session])
    assert await given_up(world) == []


async def test_many_events_of_the_next_release_hold_up_nothing(world: World, heard: Heard, older: RelayOutbox) -> None:
    booking = new_id()
    await put(world, *(SessionRevoked(new_id()) for _ in range(30)), BookingPaid(booking))
    assert await older() == 32
    assert heard.ids == [booking]


async def test_event_of_the_next_release_is_given_up_no_sooner_than_any_other(world: World, older: RelayOutbox) -> None:
    await put(world, SessionRevoked(new_id()))
    for attempt in range(1, ATTEMPTS + 1):
        assert await given_up(world) == []
        assert await older() == 1
        world.clock.advance(backoff(attempt) - SECOND)
        assert await older() == 0
        world.clock.advance(SECOND)
    assert await given_up(world) == [(SessionRevoked.name, ATTEMPTS, "OtherRelease")]


async def test_frames_of_the_next_release_are_left_to_its_processes_in_their_order(
    world: World, shown: Heard, older_screen: RelayLive, newer_screen: RelayLive
) -> None:
    first = await accept(world)
    ids = await reject(world, 3)
    for _ in range(20):
        await older_screen()
    last = await accept(world)
    assert shown.ids == [first]
    assert await newer_screen() == 4
    assert shown.ids == [first, *ids, last]
    assert await given_up(world) == []


async def test_frames_of_the_next_release_hold_up_no_others(
    world: World, shown: Heard, older_screen: RelayLive, newer_screen: RelayLive
) -> None:
    ids = await reject(world, BATCH + 5)
    late = await accept(world)
    assert await older_screen() == 1
    assert shown.ids == [late]
    assert await newer_screen() == BATCH + 5
    assert shown.ids == [late, *ids]


async def test_frame_that_nobody_showed_in_time_is_given_up_and_may_be_sent_again(
    world: World, shown: Heard, older_screen: RelayLive, newer_screen: RelayLive
) -> None:
    (id,) = await reject(world, 1)
    world.clock.advance(LEFT_FOR_OTHERS)
    assert await older_screen() == 0
    world.clock.advance(SECOND)
    await accept(world)
    assert await older_screen() == 2
    (letter,) = (await world.dead_letters.failed(ListQuery())).items
    assert (letter.event, letter.error) == (BookingRejected.name, "OtherRelease")
    await ResendDelivery(world.begin, world.clock)(by=SYSTEM, delivery_id=letter.id)
    assert await newer_screen() == 1
    assert shown.ids[1:] == [id]
