"""Sockets as figures."""

from __future__ import annotations

from tests.support.figures import growth
from tests.ws.stand import Stand


async def test_sockets_are_counted_by_channel_when_they_come_and_go(stand: Stand) -> None:
    is_open, left = growth("allonova_sockets_open", channel="room"), growth("allonova_socket_closes_total", code="left")
    async with stand.enter() as one, stand.enter(path="/ws/rooms/b"):
        await one.say("tick")
        await one.next()
        await stand.joined(2)
        assert is_open() == 2
    await stand.joined(0)
    assert (is_open(), left()) == (0, 2)


async def test_frames_are_counted_once_a_socket_when_they_are_shown(stand: Stand) -> None:
    frames = growth("allonova_socket_frames_total", channel="room")
    async with stand.enter() as one, stand.enter() as other:
        await stand.joined(2)
        await one.say("say", text="a")
        await other.next("note")
        await one.next("note")
    assert frames() == 2


async def test_refusal_is_counted_by_its_code(stand: Stand) -> None:
    refused = growth("allonova_socket_closes_total", code="4403")
    async with stand.enter("/ws/rooms/secret") as it:
        assert await it.close_code() == 4403
    assert refused() == 1


async def test_resync_is_counted_when_what_was_missed_is_unknown(stand: Stand) -> None:
    resyncs = growth("allonova_socket_resyncs_total", channel="room")
    async with stand.enter(last_event_id="1") as it:
        assert (await it.next())["type"] == "resync"
    assert resyncs() == 1
