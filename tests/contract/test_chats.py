"""Messages of bookings: their order, what was read, what is left of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort
from allonova.domain.carpool.booking import Booking
from allonova.domain.carpool.chat import Chat
from allonova.domain.carpool.message import ClientIdTaken, Message, MessageType
from allonova.domain.kernel.errors import AlreadyExists, NotFound
from tests.contract.conftest import Scene
from tests.support.factories import HOUR, NOW, AnyUnit, a_block, a_booking, a_user, accepted, new_id, paid
from tests.support.worlds import STORAGE_ERRORS

IN_ORDER = ListQuery(sort=(Sort("created_at"),))
LEAST = timedelta(microseconds=1)


def a_message(booking: Booking, sender: UUID, content: str = "Bonjour", **given: Any) -> Message:
    made: dict[str, Any] = {"id": new_id(), "type": MessageType.TEXT, "created_at": NOW}
    return Message(booking_id=booking.id, from_user_id=sender, content=content, **(made | given))


@pytest.fixture
async def booking(scene: Scene) -> Booking:
    """An accepted one."""
    made = accepted(scene.trip, a_booking(scene.trip, scene.passenger))
    await scene.world.keep(made)
    return made


async def written(scene: Scene, *messages: Message) -> None:
    """Each in a unit of its own."""
    for message in messages:
        await scene.world.run(_adding(message))


def _adding(message: Message) -> Callable[[AnyUnit], Awaitable[object]]:
    return lambda unit: unit.messages.add(message)


async def test_moved_behind_the_newest_when_it_is_not_later(scene: Scene, booking: Booking) -> None:
    driver, passenger = scene.driver.id, scene.passenger.id
    first, same, earlier, later = (
        a_message(booking, driver, "1", created_at=NOW),
        a_message(booking, passenger, "2", created_at=NOW),
        a_message(booking, driver, "3", created_at=NOW - HOUR),
        a_message(booking, passenger, "4", created_at=NOW + HOUR),
    )
    await written(scene, first, same, earlier, later)
    instants = [NOW, NOW + LEAST, NOW + 2 * LEAST, NOW + HOUR]
    assert [m.created_at for m in (first, same, earlier, later)] == instants
    page = await scene.world.chats.messages(booking.id, driver, IN_ORDER)
    assert list(page.items) == [first, same, earlier, later]
    part = ListQuery(
        filters=(Filter("created_at", Op.GTE, NOW + LEAST),), sort=(Sort("created_at", True),), page_size=2
    )
    page = await scene.world.chats.messages(booking.id, passenger, part)
    assert (list(page.items), page.total) == ([later, earlier], 3)


async def test_shown_to_the_two_sides_alone(scene: Scene, booking: Booking) -> None:
    await written(scene, a_message(booking, scene.driver.id))
    for viewer, count in ((scene.driver.id, 1), (scene.passenger.id, 1), (new_id(), 0)):
        assert (await scene.world.chats.messages(booking.id, viewer, IN_ORDER)).total == count
    assert (await scene.world.chats.messages(new_id(), scene.driver.id, IN_ORDER)).total == 0


async def test_refused_when_its_sender_called_another_one_so(scene: Scene, booking: Booking) -> None:
    driver, passenger = scene.driver.id, scene.passenger.id
    await written(scene, a_message(booking, driver, client_id="m-1"), a_message(booking, passenger, client_id="m-1"))
    with pytest.raises(ClientIdTaken):
        await written(scene, a_message(booking, driver, client_id="m-1"))
    await written(scene, a_message(booking, driver), a_message(booking, driver))


async def test_refused_when_it_cannot_be(scene: Scene, booking: Booking) -> None:
    sound = a_message(booking, scene.driver.id)
    wrong = [
        replace(sound, content=""),
        replace(sound, content="x" * 2001),
        replace(sound, flags=["spam"]),
        replace(sound, booking_id=new_id()),
        replace(sound, from_user_id=new_id()),
    ]
    for message in wrong:
        with pytest.raises(STORAGE_ERRORS):
            await written(scene, message)
    await written(scene, sound)
    with pytest.raises(AlreadyExists):
        await written(scene, sound)


async def test_read_up_to_a_message_and_never_again(scene: Scene, booking: Booking) -> None:
    world, driver, passenger = scene.world, scene.driver.id, scene.passenger.id
    theirs = [a_message(booking, driver, str(n), created_at=NOW + n * HOUR) for n in range(3)]
    mine = a_message(booking, passenger, created_at=NOW + 90 * LEAST)
    await written(scene, theirs[0], mine, theirs[1], theirs[2])

    async def read(up_to: Message, reader: UUID, *, hours: int) -> Message | None:
        async with world.begin() as unit:
            return await unit.messages.mark_read(up_to, reader_id=reader, at=NOW + hours * HOUR)

    assert await read(mine, driver, hours=1) is not None
    newest = await read(theirs[1], passenger, hours=5)
    assert newest == replace(theirs[1], read_at=NOW + 5 * HOUR, version=2)
    assert await read(theirs[1], passenger, hours=6) is None
    assert await read(theirs[0], passenger, hours=6) is None
    assert await world.chats.unread(booking.id, passenger) == 1
    assert await world.chats.unread(booking.id, driver) == 0
    page = await world.chats.messages(booking.id, driver, IN_ORDER)
    assert [m.read_at for m in page.items] == [NOW + 5 * HOUR, NOW + HOUR, NOW + 5 * HOUR, None]
    assert await world.chats.message(theirs[2].id) == theirs[2]


async def test_empty_when_its_writer_is_erased(scene: Scene, booking: Booking) -> None:
    driver, passenger = scene.driver.id, scene.passenger.id
    words = a_message(booking, passenger, "07…", client_id="m-1", flags=["phone"])
    painted = a_message(booking, passenger, "messages/x.jpg", type=MessageType.IMAGE, client_id="m-2")
    theirs = a_message(booking, driver, "Bonjour", client_id="m-1")
    await written(scene, words, painted, theirs)
    for keys in (["messages/x.jpg"], []):
        async with scene.world.begin() as unit:
            assert await unit.messages.erase(passenger) == keys
    left = (await scene.world.chats.messages(booking.id, driver, IN_ORDER)).items
    assert [(m.content, m.client_id, m.flags) for m in left] == [
        (None, None, []),
        (None, None, []),
        ("Bonjour", "m-1", []),
    ]
    assert [m.id for m in (await scene.world.chats.written(passenger, IN_ORDER)).items] == [words.id, painted.id]


async def test_chat_is_as_its_booking_says(scene: Scene) -> None:
    world, trip = scene.world, scene.trip
    pending = a_booking(trip, scene.passenger)
    held, bought = accepted(trip, a_booking(trip, a_user())), paid(trip, a_booking(trip, a_user()))
    ended = replace(paid(trip, a_booking(trip, a_user())), ended_at=NOW + HOUR)
    for booking in (pending, held, bought, ended):
        if booking is not pending:
            await world.keep(a_user(id=booking.passenger_id))
        await world.keep(booking)
    for booking in (pending, held, bought, ended):
        expected = Chat.of(booking, trip, is_blocked=False)
        assert await world.chats.chat(booking.id) == expected
        async with world.begin() as unit:
            assert await unit.messages.enter(booking.id) == expected
    for block in (a_block(scene.driver.user, scene.passenger), a_block(scene.passenger, scene.driver.user)):
        await world.keep(block)
        chat = await world.chats.chat(pending.id)
        assert chat is not None
        assert chat.is_blocked
        await world.run(_unblocking(block.user_id, block.blocked_id))
    assert await world.chats.chat(new_id()) is None
    with pytest.raises(NotFound):
        await world.run(lambda unit: unit.messages.enter(new_id()))


def _unblocking(one: UUID, other: UUID) -> Callable[[AnyUnit], Awaitable[object]]:
    return lambda unit: unit.blocks.remove(one, other)


async def test_booking_is_the_same_for_both(scene: Scene, booking: Booking) -> None:
    shared = await scene.world.chats.booking(booking.id)
    seen = await scene.world.queries.booking(booking.id, viewer_id=scene.passenger.id)
    assert shared is not None
    assert seen is not None
    assert {name: getattr(seen, name) for name in shared.__slots__} == {n: getattr(shared, n) for n in shared.__slots__}
    assert not hasattr(shared, "qr_code")
    assert await scene.world.chats.booking(new_id()) is None
