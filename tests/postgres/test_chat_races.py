"""Messages that are written and read at the same time."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from allonova.adapters.crypto.secrets import ServerSecrets
from allonova.adapters.local.bus import LocalBus
from allonova.adapters.postgres.carpool.messages import PostgresChatQueries
from allonova.adapters.postgres.kernel.deliveries import PostgresLiveQueue
from allonova.adapters.postgres.runner import Connection, Pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.adapters.storage.cleaner import ImageCleaner
from allonova.adapters.storage.local import LocalFiles
from allonova.adapters.ws.frames import FrameChannels
from allonova.application.carpool.frames import booking_channel
from allonova.application.carpool.read_messages import ReadMessages
from allonova.application.carpool.send_message import MessageDraft, SendMessage
from allonova.application.carpool.show_chat import ShowMessage, ShowReading
from allonova.application.files.upload_desk import UploadDesk
from allonova.application.kernel.listing import ListQuery, Sort
from allonova.application.kernel.live import Bus
from allonova.application.kernel.relay_live import RelayLive, Showing, showings_of
from allonova.domain.carpool.booking import Booking
from allonova.domain.carpool.events import MessageSent, MessagesRead
from allonova.domain.carpool.message import ClientIdTaken
from tests.support.factories import NumberedIds, SetClock, a_booking, a_driver, a_trip, a_user, accepted, keep

ROUNDS = 3
KEYS = {"k1": "0123456789abcdef0123456789abcdef"}
SUBSCRIBERS = {MessageSent: ("show_message",), MessagesRead: ("show_reading",)}
MANY = """
INSERT INTO carpool.messages (booking_id, from_user_id, type, content, flags, created_at)
SELECT $1, $2, 'text', 'x', CASE WHEN n % 100 = 0 THEN '{phone}'::text[] ELSE '{}'::text[] END,
    now() + n * interval '1 second'
FROM generate_series(1, 3000) AS n
"""
NEWEST = ListQuery(sort=(Sort("created_at", True),), page_size=1)
ALL = ListQuery(sort=(Sort("created_at"),), page_size=100)


@dataclass(frozen=True, slots=True)
class Talk:
    """A booking of two people, and all that they need to write."""

    units: PostgresUnits
    queries: PostgresChatQueries
    send: SendMessage
    read: ReadMessages
    relay: RelayLive
    bus: Bus
    booking: Booking
    driver_id: UUID

    @property
    def passenger_id(self) -> UUID:
        """The other one."""
        return self.booking.passenger_id

    async def say(self, by: UUID, content: str, client_id: str | None = None, booking: Booking | None = None) -> bool:
        """Whether it came for the first time."""
        draft = MessageDraft(content=content, client_id=client_id)
        return (await self.send(caller_id=by, booking_id=(booking or self.booking).id, draft=draft)).is_new

    async def another(self) -> Booking:
        """The same passenger's, on another trip."""
        async with self.units.begin() as unit:
            driver = a_driver()
            trip = a_trip(driver)
            booking = accepted(trip, a_booking(trip, a_user(id=self.passenger_id)))
            await keep(unit, driver, trip, booking)
        return booking

    async def frames(self) -> list[Any]:
        """What a socket is shown, from the first frame on."""
        await asyncio.gather(*(self.relay() for _ in range(3)))
        kept = self.bus._channels.get(booking_channel(self.booking.id), ())  # type: ignore[attr-defined]
        return [json.loads(each.body) for each in kept]


@pytest.fixture
async def talk(pool: Pool, tmp_path: Path) -> Talk:
    clock, ids, bus, queries = SetClock(), NumberedIds(), LocalBus(), PostgresChatQueries(pool)
    live = frozenset({"show_message", "show_reading"})
    units = PostgresUnits(pool, subscribers=SUBSCRIBERS, live=live, ids=ids, clock=clock, wake=lambda _: None)
    files = LocalFiles(tmp_path, public_url="https://x.test", secrets=ServerSecrets(KEYS, "k1"), clock=clock)
    channels = FrameChannels(bus, clock)
    showings = [
        Showing(MessageSent, "show_message", ShowMessage(queries, files, channels)),
        Showing(MessagesRead, "show_reading", ShowReading(queries, channels)),
    ]
    driver, passenger = a_driver(), a_user()
    trip = a_trip(driver)
    booking = accepted(trip, a_booking(trip, passenger))
    async with units.begin() as unit:
        await keep(unit, driver, passenger, trip, booking)
    return Talk(
        units=units,
        queries=queries,
        send=SendMessage(units.begin, clock, ids, UploadDesk(units.begin, clock, files, ImageCleaner())),
        read=ReadMessages(units.begin, queries, clock),
        relay=RelayLive(PostgresLiveQueue(pool), showings_of(showings), clock),
        bus=bus,
        booking=booking,
        driver_id=driver.id,
    )


async def test_one_row_and_one_frame_when_a_message_comes_twenty_times_at_once(talk: Talk) -> None:
    for number in range(ROUNDS):
        said = [talk.say(talk.passenger_id, "Bonjour", f"m-{number}") for _ in range(20)]
        assert Counter(await asyncio.gather(*said)) == {True: 1, False: 19}
    assert (await talk.queries.messages(talk.booking.id, talk.driver_id, ALL)).total == ROUNDS
    frames = await talk.frames()
    assert [frame["data"]["client_id"] for frame in frames] == [f"m-{number}" for number in range(ROUNDS)]


async def test_frames_have_the_order_of_the_list_when_both_write_at_once(talk: Talk) -> None:
    sides = (talk.driver_id, talk.passenger_id)
    await asyncio.gather(*(talk.say(sides[number % 2], f"{number}") for number in range(60)))
    messages = (await talk.queries.messages(talk.booking.id, talk.driver_id, ALL)).items
    instants = [message.created_at for message in messages]
    assert instants == sorted(set(instants))
    assert len(instants) == 60
    assert [frame["data"]["id"] for frame in await talk.frames()] == [str(message.id) for message in messages]


async def test_one_message_has_the_name_when_two_bookings_get_it_at_once(talk: Talk) -> None:
    other = await talk.another()
    for number in range(ROUNDS):
        said = [talk.say(talk.passenger_id, "Bonjour", f"m-{number}", b) for b in (talk.booking, other)]
        outcomes = await asyncio.gather(*said, return_exceptions=True)
        assert sorted(type(each).__name__ for each in outcomes) == [ClientIdTaken.__name__, "bool"]


async def test_reading_is_shown_once_when_two_phones_say_it_at_once(talk: Talk) -> None:
    for number in range(ROUNDS):
        await talk.say(talk.driver_id, f"{number}")
    last = (await talk.queries.messages(talk.booking.id, talk.driver_id, ALL)).items[-1]
    reads = [talk.read(caller_id=talk.passenger_id, booking_id=talk.booking.id, up_to=last.id) for _ in range(8)]
    assert {mark.unread for mark in await asyncio.gather(*reads)} == {0}
    marks = [frame["data"]["up_to"] for frame in await talk.frames() if frame["type"] == "message.read"]
    assert marks == [str(last.id)]


@pytest.mark.promise("locks-in-order")
async def test_nobody_waits_in_a_circle_when_one_is_erased_while_the_other_reads(talk: Talk, owner: Connection) -> None:
    await owner.execute(MANY, talk.booking.id, talk.driver_id)
    last = (await talk.queries.messages(talk.booking.id, talk.driver_id, NEWEST)).items[0]

    start = asyncio.Barrier(2)

    async def erase() -> None:
        async with talk.units.begin() as unit:
            await start.wait()
            await unit.messages.erase(talk.driver_id)

    async def read() -> None:
        async with talk.units.begin() as unit:
            await start.wait()
            await unit.messages.mark_read(last, reader_id=talk.passenger_id, at=last.created_at)

    for _ in range(ROUNDS):
        await owner.execute("UPDATE carpool.messages SET read_at = NULL")
        await asyncio.gather(erase(), read())


async def test_flagged_messages_are_found_by_their_index(talk: Talk, owner: Connection) -> None:
    await owner.execute(MANY, talk.booking.id, talk.driver_id)
    await owner.execute("ANALYZE carpool.messages")
    plan = await owner.fetch(
        "EXPLAIN SELECT * FROM carpool.messages WHERE flags <> '{}'::text[] ORDER BY created_at DESC LIMIT 20"
    )
    assert "ix_messages_flagged" in "\n".join(row[0] for row in plan)
    plan = await owner.fetch(
        "EXPLAIN SELECT max(created_at) FROM carpool.messages WHERE booking_id = $1", talk.booking.id
    )
    assert "uq_messages_booking_id_created_at" in "\n".join(row[0] for row in plan)
