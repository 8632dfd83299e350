"""The socket of a booking: messages, read marks, what becomes of the booking."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.chats import Pair, a_pair
from tests.support.factories import MINUTE, SECOND
from tests.support.sockets import Line, line
from tests.support.wire import NOBODY, data


async def says(it: Line, content: str = "Bonjour", client_id: str = "m-1", **given: object) -> None:
    """A message."""
    await it.say("message.send", content=content, client_id=client_id, **given)


async def test_who_may_enter(api: Api, subtests: pytest.Subtests) -> None:
    pair, stranger = await a_pair(api), await api.passenger()
    admin = await api.admin()
    doors = {
        "a stranger": (pair.socket, stranger.bearer, 4403),
        "nobody": (pair.socket, None, 4401),
        "the back office": (pair.socket, admin.bearer, 4401),
        "no such booking": (f"/ws/bookings/{NOBODY}", stranger.bearer, 4404),
        "no id": ("/ws/bookings/x", stranger.bearer, 4404),
    }
    for name, (path, headers, code) in doors.items():
        with subtests.test(name):
            async with line(api, path, headers=headers) as it:
                assert await it.close_code() == code


async def test_both_are_shown_the_same_and_it_is_what_rest_shows(api: Api) -> None:
    pair = await a_pair(api)
    async with (
        pair.follow(pair.driver) as theirs,
        pair.follow(pair.passenger) as mine,
    ):
        await api.show()
        await says(mine, "  J'arrive ")
        await heard(api, mine)
        frames = [await each.next("message.created") for each in (mine, theirs)]
    assert frames[0] == frames[1]
    assert await pair.listed(pair.passenger) == [frames[0]["data"]]
    assert (frames[0]["data"]["content"], frames[0]["data"]["client_id"]) == ("J'arrive", "m-1")


async def heard(api: Api, *lines: Line) -> None:
    """All that was said has been taken in, since what was said after it was refused; then it is relayed."""
    for it in lines:
        await it.say("message.read", up_to=NOBODY)
        refused = await it.next("error")
        assert refused["data"]["details"]["fields"][0]["path"] == "up_to", refused
    await api.show()


async def test_frames_have_the_order_of_the_list_when_both_write_in_both_ways(api: Api) -> None:
    pair = await a_pair(api)
    async with (
        pair.follow(pair.driver) as theirs,
        pair.follow(pair.passenger) as mine,
    ):
        for number in range(4):
            await says(mine, f"a{number}", client_id=f"a{number}")
            await says(theirs, f"b{number}", client_id=f"b{number}")
            await pair.write(pair.driver, f"c{number}")
        await heard(api, mine, theirs)
        frames = [await theirs.next("message.created") for _ in range(12)]
    ids = [frame["id"] for frame in frames]
    assert ids == sorted(set(ids))
    assert [frame["data"]["id"] for frame in frames] == [each["id"] for each in await pair.listed(pair.driver)]


async def test_sender_is_answered_and_nobody_else_when_he_says_it_again(api: Api) -> None:
    pair = await a_pair(api)
    kept = await pair.write(pair.passenger, "Bonjour", client_id="m-1")
    await api.show()
    async with (
        pair.follow(pair.driver) as theirs,
        pair.follow(pair.passenger) as mine,
    ):
        await says(mine, "Bonjour")
        frame = await mine.next()
        assert (frame["type"], frame["id"], frame["data"]) == ("message.created", None, kept)
        assert await api.show() == 0
        assert theirs.waiting() == []
    assert len(await pair.listed(pair.driver)) == 1


async def test_message_is_found_when_its_answer_was_lost(api: Api) -> None:
    pair = await a_pair(api)
    async with pair.follow(pair.passenger) as mine:
        await says(mine, "un", client_id="m-1")
        await heard(api, mine)
        await mine.next("message.created")
        known = mine.last_id
        await says(mine, "deux", client_id="m-2")
        await mine.say("message.read", up_to=NOBODY)
        await mine.next("error")
    await api.show()
    async with pair.follow(pair.passenger, last_event_id=known) as mine:
        frame = await mine.next()
    assert (frame["type"], frame["data"]["client_id"]) == ("message.created", "m-2")


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"content": ""}, "validation_error"),
    ({"content": "  "}, "validation_error"),
    ({"content": "x" * 2001}, "validation_error"),
    ({"content": "a\x00b"}, "validation_error"),
    ({"content": "a\x00b", "type": "image"}, "validation_error"),
    ({"content": "uploads/x", "type": "image"}, "validation_error"),
    ({"client_id": None}, "validation_error"),
    ({"client_id": "a b"}, "validation_error"),
    ({"type": "video"}, "validation_error"),
    ({"by": NOBODY}, "validation_error"),
    ({"content": "Autre chose", "client_id": "known"}, "conflict"),
]


async def test_refusal_names_the_message_when_it_is_not_taken(api: Api, subtests: pytest.Subtests) -> None:
    pair = await a_pair(api)
    await pair.write(pair.passenger, client_id="known")
    await api.show()
    async with pair.follow(pair.passenger) as mine:
        for number, (given, code) in enumerate(REFUSED):
            with subtests.test(repr(given)[:40]):
                said = {"content": "Bonjour", "client_id": f"r{number}", **given}
                await mine.say("message.send", **said)
                frame = await mine.next()
                assert (frame["type"], frame["data"]["code"]) == ("error", code)
                assert frame["data"]["ref"] == said["client_id"]
    assert await api.show() == 0
    assert len(await pair.listed(pair.driver)) == 1


async def test_booking_is_followed_but_not_written_to_when_it_is_not_accepted_yet(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    pair = Pair(driver, passenger, await api.pending(passenger, await api.trip(driver)))
    assert await api.show() == 0  # nobody could know of its channel before
    async with pair.follow(passenger) as mine:
        await says(mine)
        assert (await mine.next())["data"]["code"] == "forbidden"
        await mine.say("typing")
        assert (await mine.next())["data"]["code"] == "forbidden"
        data(await driver.post(f"/bookings/{pair.booking['id']}/accept"))
        await api.show()
        assert (await mine.next("booking.updated"))["data"]["booking"]["status"] == "accepted"
        await says(mine)
        await heard(api, mine)
        assert (await mine.next("message.created"))["data"]["content"] == "Bonjour"


async def test_writer_hears_what_was_read_and_only_what_is_new(api: Api) -> None:
    pair = await a_pair(api)
    first, second = [await pair.write(pair.driver, f"{number}") for number in range(2)]
    mine_too = await pair.write(pair.passenger, "moi")
    await api.show()
    async with (
        pair.follow(pair.driver) as theirs,
        pair.follow(pair.passenger) as mine,
    ):
        at = api.clock.advance(SECOND)
        await mine.say("message.read", up_to=mine_too["id"])
        await heard(api, mine)
        frame = await theirs.next()
        assert frame["type"] == "message.read"
        assert datetime.fromisoformat(frame["data"].pop("at")) == at
        assert frame["data"] == {"up_to": second["id"], "by": str(pair.passenger.id)}
        await mine.say("message.read", up_to=first["id"])
        await mine.say("message.read", up_to=second["id"])
        await heard(api, mine)
        assert theirs.waiting() == []
    assert [each["read_at"] is None for each in await pair.listed(pair.driver)] == [False, False, True]


async def test_others_see_it_when_somebody_is_typing(api: Api) -> None:
    pair = await a_pair(api)
    await api.show()
    async with (
        pair.follow(pair.driver) as theirs,
        pair.follow(pair.passenger) as mine,
    ):
        await mine.say("typing")
        frame = await theirs.next()
        assert (frame["type"], frame["id"], frame["data"]) == ("typing", None, {"by": str(pair.passenger.id)})
        assert mine.waiting() == []
        data(await pair.driver.post(f"/users/{pair.passenger.id}/block"))
        await mine.say("typing")
        assert (await mine.next())["data"]["code"] == "forbidden"
        assert theirs.waiting() == []


async def test_every_step_of_a_booking_is_shown_without_its_code(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    trip = await api.trip(driver)
    pair = Pair(driver, passenger, await api.accepted(passenger, driver, trip))
    path = f"/bookings/{pair.booking['id']}"
    await api.show()
    async with pair.follow(driver) as theirs:
        versions = []

        async def next_one() -> Any:
            await api.show()
            frame = await theirs.next()
            assert (frame["type"], theirs.waiting()) == ("booking.updated", [])
            booking = frame["data"]["booking"]
            seen = data(await driver.get(path))
            assert booking == {name: seen[name] for name in seen if name not in ("qr_code", "checkin_code")}
            assert frame["data"]["version"] == booking["version"]
            versions.append(booking["version"])
            return booking

        started = await api.started(passenger, pair.booking)
        await api.press(started["payment"]["provider_ref"], "paid")
        assert (await next_one())["status"] == "paid"
        departure = datetime.fromisoformat(trip["departure_time"])
        data(
            await driver.send(
                "PATCH", f"/trips/{trip['id']}", json={"departure_time": (departure + MINUTE).isoformat()}
            )
        )
        assert datetime.fromisoformat((await next_one())["departure_time"]) == departure + MINUTE
        api.clock.at = departure
        code = pair.booking["checkin_code"]
        data(await driver.post(f"{path}/checkin", {"code": code}))
        assert (await next_one())["checked_in_at"] is not None
        data(await driver.post(f"{path}/checkin", {"code": code}))
        assert await api.show() == 0
        data(await driver.post(f"{path}/start-ride"))
        assert (await next_one())["trip"]["status"] == "ongoing"
        data(await driver.post(f"{path}/end-ride"))
        assert (await next_one())["status"] == "completed"
    assert versions == sorted(set(versions))


async def test_question_and_answer_are_shown_when_no_driver_came(api: Api) -> None:
    pair = await a_pair(api, is_paid=True)
    path = f"/bookings/{pair.booking['id']}"
    await api.show()
    async with pair.follow(pair.passenger) as mine:
        api.clock.at = datetime.fromisoformat(pair.booking["departure_time"]) + 15 * MINUTE
        data(await pair.passenger.post(f"{path}/driver-no-show"))
        await api.show()
        question = (await mine.next("booking.updated"))["data"]["booking"]["question"]
        assert question["contested_at"] is None
        data(await pair.driver.post(f"{path}/contest"))
        await api.show()
        question = (await mine.next("booking.updated"))["data"]["booking"]["question"]
        assert question["contested_at"] is not None
