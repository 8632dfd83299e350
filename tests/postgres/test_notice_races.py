"""One thing is told once, however many tell it at a time."""

from __future__ import annotations

import asyncio

from allonova.adapters.postgres.runner import Pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.notifications.notices import NoticeDesk
from allonova.application.notifications.templates import Template
from allonova.domain.carpool.reminder import Reminder
from tests.support.factories import NOW, SetClock, a_driver, a_trip, a_user, keep, new_id

ROUNDS = 5
COUNT = "SELECT count(*) FROM carpool.notices"


async def test_one_notice_is_kept_when_two_relays_have_the_delivery(units: PostgresUnits, pool: Pool) -> None:
    desk = NoticeDesk(units.begin, SetClock())
    async with units.begin() as unit:
        await keep(unit, reader := a_user())
    for turn in range(1, ROUNDS + 1):
        id = new_id()
        posts = [
            desk.post(id=id, user_id=reader.id, template=Template.REFUND_SENT, facts={"amount": amount})
            for amount in range(8)
        ]
        await asyncio.gather(*posts)
        assert await pool.fetchval(COUNT) == turn


async def test_nothing_is_kept_when_its_reader_is_erased_at_the_same_time(units: PostgresUnits, pool: Pool) -> None:
    desk = NoticeDesk(units.begin, SetClock())

    async def erase(user_id: object) -> None:
        async with units.begin() as unit:
            user = await unit.users.get(user_id, lock=True)  # type: ignore[arg-type]
            await unit.personal.forget(user)
            user.erase(NOW)
            await unit.users.save(user)

    for _ in range(ROUNDS):
        async with units.begin() as unit:
            await keep(unit, reader := a_user())
        told = [
            desk.post(id=new_id(), user_id=reader.id, template=Template.REFUND_SENT, facts={"amount": 1})
            for _ in range(4)
        ]
        await asyncio.gather(*told, erase(reader.id))
        assert await pool.fetchval(COUNT) == 0


async def test_one_reminder_is_noted_when_two_workers_look_at_once(units: PostgresUnits) -> None:
    driver = a_driver()
    async with units.begin() as unit:
        await keep(unit, driver, trip := a_trip(driver))

    async def note() -> bool:
        reminder = Reminder(id=new_id(), trip_id=trip.id, user_id=driver.id, hours_before=2, created_at=NOW)
        async with units.begin() as unit:
            return await unit.reminders.note(reminder)

    assert sorted(await asyncio.gather(*(note() for _ in range(8)))) == [False] * 7 + [True]
