"""What users are told, who was reminded, and what was given up."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort
from allonova.application.notifications.notices import NoticeDesk
from allonova.application.notifications.templates import Template
from allonova.domain.carpool.booking import Booking
from allonova.domain.carpool.reminder import Reminder
from allonova.domain.identity.events import SessionRevoked
from allonova.domain.identity.user import User
from allonova.domain.kernel.errors import NotFound
from allonova.domain.kernel.machine import Party
from allonova.domain.notifications.notice import Notice
from tests.contract.conftest import Scene
from tests.support.factories import (
    DEPARTURE,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    a_booking,
    a_driver,
    a_trip,
    a_user,
    accepted,
    new_id,
    paid,
)
from tests.support.worlds import STORAGE_ERRORS, World

DAY = timedelta(days=1)
NEWEST_FIRST = (Sort("created_at", descending=True),)


def a_notice(reader: User, **given: object) -> Notice:
    notice = Notice(
        id=new_id(),
        user_id=reader.id,
        type="refund_sent",
        facts={"amount": 5_000},
        data={"refund_id": str(new_id())},
        created_at=NOW,
    )
    return replace(notice, **given)  # type: ignore[arg-type]


async def post(world: World, *notices: Notice) -> list[bool]:
    async with world.begin() as unit:
        return [await unit.inbox.post(notice) for notice in notices]


async def test_notice_is_the_first_one_when_it_is_posted_again(world: World) -> None:
    await world.keep(reader := a_user())
    notice = a_notice(reader, until=DEPARTURE)
    assert await post(world, notice, replace(notice, type="no_show")) == [True, False]
    async with world.begin() as unit:
        assert await unit.inbox.get(notice.id) == notice


async def test_desk_tells_once_when_it_is_asked_again(world: World) -> None:
    await world.keep(reader := a_user())
    desk, id = NoticeDesk(world.begin, world.clock), new_id()
    for amount in (1, 2):
        await desk.post(id=id, user_id=reader.id, template=Template.REFUND_SENT, facts={"amount": amount})
    async with world.begin() as unit:
        assert (await unit.inbox.get(id)).facts == {"amount": 1}


@pytest.mark.parametrize(("is_kept", "given"), [(True, {"is_active": False}), (False, {"is_phone_verified": False})])
async def test_desk_keeps_nothing_when_its_reader_is_gone(world: World, is_kept: bool, given: dict[str, bool]) -> None:
    await world.keep(reader := a_user(**given))
    desk, id = NoticeDesk(world.begin, world.clock), new_id()
    await desk.post(id=id, user_id=reader.id, template=Template.REFUND_SENT, facts={"amount": 1})
    await desk.post(id=new_id(), user_id=new_id(), template=Template.REFUND_SENT, facts={"amount": 1})
    async with world.begin() as unit:
        assert (await unit.inbox.find(id=id) is not None) is is_kept


async def test_notice_needs_its_reader(world: World) -> None:
    with pytest.raises(STORAGE_ERRORS):
        await post(world, a_notice(a_user()))


async def test_all_are_read_once_when_there_are_several_readers(world: World) -> None:
    one, other = a_user(), a_user()
    await world.keep(one, other)
    notices = [a_notice(one), a_notice(one), a_notice(one, read_at=NOW), a_notice(other)]
    await post(world, *notices)
    async with world.begin() as unit:
        assert [await unit.inbox.read_all(one.id, at=NOW + HOUR) for _ in range(2)] == [2, 0]
    async with world.begin() as unit:
        found = [await unit.inbox.get(notice.id) for notice in notices]
    assert [notice.read_at for notice in found] == [NOW + HOUR, NOW + HOUR, NOW, None]
    assert [notice.version for notice in found] == [2, 2, 1, 1]


async def test_unread_ones_are_known_by_what_they_are_about(world: World) -> None:
    one, other = a_user(), a_user()
    await world.keep(one, other)
    about = {"booking_id": str(new_id())}
    await post(world, a_notice(one, type="message_waiting", data=about | {"more": "x"}))
    async with world.begin() as unit:
        asked = [
            (one.id, "message_waiting", about),
            (other.id, "message_waiting", about),
            (one.id, "no_show", about),
            (one.id, "message_waiting", {"booking_id": str(new_id())}),
        ]
        assert [await unit.inbox.has_unread(*each) for each in asked] == [True, False, False, False]
        for each in asked[1:]:
            await unit.inbox.read_about(*each, at=NOW)
        assert await unit.inbox.has_unread(*asked[0])
        await unit.inbox.read_about(*asked[0], at=NOW)
        assert not await unit.inbox.has_unread(*asked[0])


async def test_earlier_ones_of_the_day_are_counted_when_they_are_of_one_kind(world: World) -> None:
    one, other = a_user(), a_user()
    await world.keep(one, other)
    last = a_notice(one, created_at=NOW + HOUR)
    await post(
        world,
        *(a_notice(one, created_at=at) for at in (NOW - SECOND, NOW, NOW + MINUTE, NOW + 2 * HOUR)),
        *(a_notice(one, type="no_show"), a_notice(other), last),
    )
    async with world.begin() as unit:
        assert await unit.inbox.count_before(last, since=NOW) == 2


async def test_list_is_in_the_readers_language_when_it_is_asked(world: World) -> None:
    reader, other = a_user(language="fr"), a_user()
    await world.keep(reader, other)
    old, new = a_notice(reader, read_at=NOW), a_notice(reader, created_at=NOW + HOUR, type="wallet_topped_up")
    await post(world, old, new, a_notice(other))
    page = await world.notices.notices(reader.id, ListQuery(sort=NEWEST_FIRST))
    assert [(view.id, view.title) for view in page.items] == [
        (new.id, "Portefeuille rechargé"),
        (old.id, "Remboursement"),
    ]
    assert (page.total, page.items[1].read_at, page.items[1].data) == (2, NOW, old.data)
    for filters, found in (
        ((Filter("read_at", Op.NULL, None),), [new.id]),
        ((Filter("read_at", Op.GTE, NOW),), [old.id]),
        ((Filter("type", Op.EQ, "refund_sent"),), [old.id]),
        ((Filter("created_at", Op.GTE, NOW + MINUTE),), [new.id]),
    ):
        page = await world.notices.notices(reader.id, ListQuery(filters=filters, sort=NEWEST_FIRST))
        assert [view.id for view in page.items] == found


async def test_notices_go_with_their_reader_when_he_is_erased(world: World) -> None:
    one, other = a_user(), a_user()
    await world.keep(one, other)
    notices = [a_notice(one), a_notice(other)]
    await post(world, *notices)
    async with world.begin() as unit:
        await unit.personal.forget(await unit.users.get(one.id))
    async with world.begin() as unit:
        assert [await unit.inbox.find(id=notice.id) is None for notice in notices] == [True, False]


def a_sale(scene: Scene, *, at: datetime = NOW, **given: object) -> Booking:
    booking = a_booking(scene.trip, scene.passenger, seats=2)
    paid(scene.trip, booking, at=at)
    return replace(booking, **given)  # type: ignore[arg-type]


async def due(world: World, at: datetime, limit: int = 9) -> list[tuple[Party, UUID, int, int]]:
    found = await world.reminders.due(now=at, limit=limit)
    return [(one.side, one.user_id, one.hours_before, one.seats) for one in found]


async def test_both_sides_are_due_when_the_hour_has_come(scene: Scene) -> None:
    await scene.world.keep(booking := a_sale(scene))
    both = {(Party.PASSENGER, scene.passenger.id), (Party.DRIVER, scene.driver.id)}
    for left, hours in ((24 * HOUR + SECOND, None), (24 * HOUR, 24), (2 * HOUR + SECOND, 24), (2 * HOUR, 2)):
        found = await due(scene.world, DEPARTURE - left)
        assert {(side, who) for side, who, *_ in found} == (both if hours else set())
        assert {rest for _, _, *rest_ in found for rest in [tuple(rest_)]} == ({(hours, 2)} if hours else set())
    assert await due(scene.world, DEPARTURE) == []
    assert len(await due(scene.world, DEPARTURE - HOUR, limit=1)) == 1
    [passenger] = [one for one in await scene.world.reminders.due(now=DEPARTURE - HOUR, limit=9) if one.booking_id]
    assert (passenger.booking_id, passenger.trip_id) == (booking.id, scene.trip.id)
    assert (passenger.origin, passenger.departure_time) == (booking.pickup_text, booking.departure_time)


async def test_nobody_is_due_when_the_seats_were_sold_within_the_hours(scene: Scene) -> None:
    await scene.world.keep(a_sale(scene, at=DEPARTURE - 24 * HOUR + SECOND))
    assert await due(scene.world, DEPARTURE - 23 * HOUR) == []
    assert len(await due(scene.world, DEPARTURE - 2 * HOUR)) == 2


async def test_passenger_is_not_due_when_he_is_aboard(scene: Scene) -> None:
    await scene.world.keep(a_sale(scene, started_at=DEPARTURE - 3 * HOUR))
    assert [side for side, *_ in await due(scene.world, DEPARTURE - HOUR)] == [Party.DRIVER]


async def test_nobody_is_due_when_nothing_is_paid(scene: Scene) -> None:
    await scene.world.keep(accepted(scene.trip, a_booking(scene.trip, scene.passenger)))
    assert await due(scene.world, DEPARTURE - HOUR) == []


async def test_reminder_is_noted_once_when_it_is_noted_again(scene: Scene) -> None:
    await scene.world.keep(a_sale(scene))
    reminder = Reminder(id=new_id(), trip_id=scene.trip.id, user_id=scene.passenger.id, hours_before=24, created_at=NOW)
    async with scene.world.begin() as unit:
        again, later = replace(reminder, id=new_id()), replace(reminder, id=new_id(), hours_before=2)
        assert [await unit.reminders.note(each) for each in (reminder, again, later)] == [True, False, True]
    assert [side for side, *_ in await due(scene.world, DEPARTURE - 3 * HOUR)] == [Party.DRIVER]


async def test_reminder_names_a_trip_and_hours(world: World) -> None:
    driver = a_driver()
    await world.keep(driver, trip := a_trip(driver))
    for wrong in ({"trip_id": new_id()}, {"user_id": new_id()}, {"hours_before": 0}):
        reminder = Reminder(id=new_id(), trip_id=trip.id, user_id=driver.id, hours_before=2, created_at=NOW)
        with pytest.raises(STORAGE_ERRORS):
            async with world.begin() as unit:
                await unit.reminders.note(replace(reminder, **wrong))


async def given_up(world: World) -> UUID:
    """A delivery that nobody tries any more."""
    async with world.begin() as unit:
        await unit.outbox.put(SessionRevoked(new_id()))
    delivery, *_ = await world.deliveries.claim(now=world.clock.now(), lease=HOUR, limit=1)
    await world.deliveries.failed(delivery.id, error="Undeliverable", retry_at=None)
    return delivery.id


async def test_given_up_ones_are_listed_when_they_are_dead(world: World) -> None:
    id = await given_up(world)
    page = await world.dead_letters.failed(ListQuery(sort=(Sort("failed_at", descending=True),)))
    [letter] = page.items
    assert (letter.id, letter.event, letter.attempts, letter.error) == (id, "session.revoked", 1, "Undeliverable")
    assert letter.failed_at is not None
    for field, value, total in (("event", "session.revoked", 1), ("subscriber", "nobody", 0)):
        filters = (Filter(field, Op.EQ, value),)
        assert (await world.dead_letters.failed(ListQuery(filters=filters))).total == total


async def test_given_up_one_is_due_again_when_it_is_revived(world: World) -> None:
    id = await given_up(world)
    async with world.begin() as unit:
        assert (await unit.dead_letters.lock(id)).failed_at is not None
        revived = await unit.dead_letters.revive(id, at=NOW)
    assert (revived.attempts, revived.error, revived.failed_at) == (0, None, None)
    claimed = await world.deliveries.claim(now=world.clock.now(), lease=HOUR, limit=9)
    assert (id, 1) in [(one.id, one.attempts) for one in claimed]
    with pytest.raises(NotFound):
        async with world.begin() as unit:
            await unit.dead_letters.lock(new_id())
