"""Handshakes, messages, refusals: over ASGI's messages and over a real network."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest

from allonova.adapters.ws.socket import MAX_BYTES, MESSAGES
from allonova.domain.identity.session import ACCESS_TTL, Audience
from tests.support.sockets import Line, Refused
from tests.ws.stand import ORIGIN, Stand


async def code(stand: Stand, path: str = "/ws/rooms/a", **given: Any) -> int:
    """What a socket is closed with."""
    async with stand.enter(path, **given) as it:
        return await it.close_code()


async def test_frame_is_whole_when_something_is_said(stand: Stand) -> None:
    async with stand.enter() as it:
        await it.say("say", text="héllo")
        frame = await it.next()
    assert frame["type"] == "note"
    assert frame["data"] == {"text": "héllo"}
    assert isinstance(frame["id"], int)
    assert frame["ts"] == stand.clock.now().isoformat().replace("+00:00", "Z")


async def test_frame_has_no_number_when_it_is_not_kept(stand: Stand) -> None:
    async with stand.enter() as one, stand.enter() as other:
        await stand.joined(2)
        await one.say("blink", text="b")
        frame = await other.next()
        assert (frame["type"], frame["id"]) == ("blink", None)
        await one.say("say", text="s")
        assert (await one.next())["type"] == "note"


@pytest.mark.parametrize("given", [{}, {"ticket": "made-up"}, {"ticket": ""}])
async def test_socket_is_closed_when_nobody_logged_in(stand: Stand, given: dict[str, str]) -> None:
    assert await code(stand, headers={}, **given) == 4401


@pytest.mark.parametrize("value", ["Bearer", "Bearer x", "Basic abc", "Bearer a.b.c"])
async def test_socket_is_closed_when_the_token_is_bad(stand: Stand, value: str) -> None:
    assert await code(stand, headers={"Authorization": value}) == 4401


async def test_socket_is_closed_when_the_token_is_of_another_audience(stand: Stand) -> None:
    assert await code(stand, headers=stand.bearer(audience=Audience.NOVA)) == 4401


async def test_socket_is_closed_when_the_token_is_too_old(stand: Stand) -> None:
    headers = stand.bearer()
    stand.clock.advance(ACCESS_TTL)
    assert await code(stand, headers=headers) == 4401


async def test_socket_is_closed_when_the_session_had_ended(stand: Stand) -> None:
    caller = stand.caller()
    await stand.revocations.announce(caller.session_id)
    assert await code(stand, headers=stand.bearer(caller)) == 4401


@pytest.mark.parametrize(("name", "expected"), [("secret", 4403), ("gone", 4404), ("broken", 1013)])
async def test_socket_says_why_when_one_may_not_enter(stand: Stand, name: str, expected: int) -> None:
    assert await code(stand, f"/ws/rooms/{name}") == expected


@pytest.mark.parametrize("path", ["/ws", "/ws/rooms", "/ws/rooms/a/b", "/ws/rooms/a/", "/elsewhere"])
async def test_handshake_is_not_found_when_there_is_no_such_path(
    stand: Stand, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(Refused) as refused:
        await code(stand, path)
    assert refused.value.status == 404
    await stand.joined(0)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "https://app.example.evil.example", "http://app.example", ""]
)
async def test_handshake_is_forbidden_when_the_page_is_foreign(stand: Stand, origin: str) -> None:
    with pytest.raises(Refused) as refused:
        await code(stand, headers=stand.bearer() | {"Origin": origin})
    assert refused.value.status == 403


async def test_handshake_is_welcome_when_the_page_is_ours(stand: Stand) -> None:
    async with stand.enter(headers=stand.bearer() | {"Origin": ORIGIN}) as it:
        await it.say("tick")
        assert (await it.next())["type"] == "blink"


async def test_guest_is_welcome_when_no_login_is_asked_for(stand: Stand) -> None:
    async with stand.enter("/ws/halls/a", headers={}) as it:
        await it.say("tick")
        assert (await it.next())["type"] == "blink"


async def test_socket_is_closed_when_its_query_is_absurd(stand: Stand) -> None:
    absurd = {f"q{number}": "x" for number in range(50)}
    assert await code(stand, headers={}, ticket="made-up", **absurd) == 4401


@pytest.mark.promise("out-is-out")
async def test_ticket_opens_once_when_twenty_come_with_it(stand: Stand) -> None:
    ticket = await stand.issue(caller=stand.caller(), audience=Audience.ALLOCAR)

    async def attempt(stack: AsyncExitStack) -> bool:
        it = await stack.enter_async_context(stand.enter(headers={}, ticket=ticket))
        try:
            await it.say("tick")
            return bool((await it.next())["type"] == "blink")
        except Exception:  # noqa: BLE001 - closed, in the way of either wire
            return False

    async with AsyncExitStack() as stack:
        assert sum(await asyncio.gather(*(attempt(stack) for _ in range(20)))) == 1


async def test_ticket_is_refused_when_it_is_too_old(stand: Stand) -> None:
    ticket = await stand.issue(caller=stand.caller(), audience=Audience.ALLOCAR)
    stand.clock.advance(timedelta(seconds=30))
    assert await code(stand, headers={}, ticket=ticket) == 4401


async def test_ticket_is_refused_when_it_is_of_another_audience(stand: Stand) -> None:
    ticket = await stand.issue(caller=stand.caller(), audience=Audience.NOVA)
    assert await code(stand, headers={}, ticket=ticket) == 4401


BAD = {
    "no JSON": "{",
    "not an object": "[]",
    "number": "1e400",
    "no type": '{"data": {}}',
    "unknown type": '{"type": "shout", "data": {}}',
    "type no string": '{"type": {"a": 1}, "data": {}}',
    "field too many": '{"type": "say", "data": {"text": "a"}, "id": 1}',
    "data no object": '{"type": "say", "data": 1}',
    "unknown field": '{"type": "say", "data": {"text": "a", "role": "admin"}}',
    "missing field": '{"type": "say", "data": {}}',
    "wrong kind": '{"type": "say", "data": {"text": 1}}',
    "NaN": '{"type": "say", "data": {"text": NaN}}',
    "deep": '{"type": "say", "data": ' + "[" * 3000 + "]" * 3000 + "}",
    "lone surrogate": '{"type": "say", "data": {"text": "\\ud800"}}',
    "nothing": "",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
async def test_message_is_refused_when_it_is_bad(stand: Stand, text: str) -> None:
    async with stand.enter() as it:
        await it.send(text)
        frame = await it.next()
        assert (frame["type"], frame["id"], frame["data"]["code"]) == ("error", None, "validation_error")
        assert frame["data"]["details"]["fields"]
        await it.say("say", text="still here")
        assert (await it.next("note"))["data"] == {"text": "still here"}


async def test_refusal_names_the_message_when_the_rules_say_no(stand: Stand) -> None:
    async with stand.enter() as it:
        await it.say("say", text="no", client_id="c-1")
        data = (await it.next())["data"]
        assert (data["code"], data["ref"]) == ("conflict", "c-1")


async def test_socket_stays_when_a_message_could_not_be_taken(stand: Stand) -> None:
    async with stand.enter() as it:
        await it.say("say", text="crash", client_id="c-1")
        data = (await it.next())["data"]
        assert (data["code"], data["ref"]) == ("service_unavailable", "c-1")
        await it.say("say", text="again")
        assert (await it.next())["type"] == "note"


async def test_socket_is_closed_when_somebody_says_too_much(stand: Stand) -> None:
    async with stand.enter() as it:
        for _ in range(MESSAGES):
            await it.say("tick")
        assert [(await it.next())["type"] for _ in range(MESSAGES)] == ["blink"] * MESSAGES
        await it.say("tick")
        assert await it.close_code() == 1008


@pytest.mark.parametrize("text", ["x" * (MAX_BYTES + 1), "é" * (MAX_BYTES // 2 + 1)])
async def test_socket_is_closed_when_a_message_is_too_big(stand: Stand, text: str) -> None:
    async with stand.enter() as it:
        await it.send(text)
        assert await it.close_code() == 1009


async def test_socket_is_closed_when_a_message_is_no_text(stand: Stand) -> None:
    async with stand.enter() as it:
        await it.send_bytes(b'{"type": "tick", "data": {}}')
        assert await it.close_code() == 1003


async def test_message_is_taken_when_it_is_as_big_as_may_be(stand: Stand) -> None:
    shell = len(json.dumps({"type": "say", "data": {"text": ""}}))
    async with stand.enter() as it:
        await it.say("say", text="x" * (MAX_BYTES - shell))
        assert (await it.next())["type"] == "note"


@pytest.mark.promise("out-is-out")
async def test_socket_is_closed_when_its_session_ends(stand: Stand) -> None:
    caller = stand.caller()
    async with stand.enter(headers=stand.bearer(caller)) as it, stand.enter() as other:
        await stand.joined(2)
        await stand.revocations.announce(caller.session_id)
        assert await it.close_code() == 4401
        await other.say("tick")
        assert (await other.next())["type"] == "blink"


async def test_sockets_are_closed_when_their_channel_ends(stand: Stand) -> None:
    async with stand.enter() as it, stand.enter("/ws/rooms/b") as other:
        await stand.joined(2)
        await stand.channels.end(["room:a"])
        assert await it.close_code() == 4404
        await other.say("tick")
        assert (await other.next())["type"] == "blink"


async def test_one_is_told_to_come_back_when_the_channel_cannot_be_followed(stand: Stand) -> None:
    """Not even Redis' being down is a reason: that one waits for it."""
    stand.hub._bus = Broken()  # type: ignore[assignment]
    assert await code(stand) == 1013


class Broken:
    """A bus with a fault of its own."""

    async def follow(self, channel: str) -> None:
        raise LookupError(channel)

    async def leave(self, channel: str) -> None:
        raise LookupError(channel)


async def test_socket_hears_why_when_its_channel_ends_during_the_handshake(stand: Stand) -> None:
    assert await code(stand, "/ws/rooms/doomed") == 4404


@pytest.mark.promise("graceful-stop")
async def test_sockets_are_told_to_come_back_when_the_process_stops(stand: Stand) -> None:
    async with stand.enter() as it:
        await stand.joined()
        stand.hub.dismiss()
        assert await it.close_code() == 1012
        assert await code(stand) == 1012


async def test_nothing_is_missed_when_it_happens_right_after_the_handshake(stand: Stand) -> None:
    async with stand.enter("/ws/rooms/far") as it:
        await stand.post("1", room="far")
        assert (await it.next())["data"] == {"text": "1"}


async def come_back(stand: Stand, last_event_id: object) -> list[str]:
    """What somebody is shown who comes back, up to a note that is said then."""
    async with stand.enter(last_event_id=last_event_id) as it:
        await stand.joined()
        await it.say("say", text="end")
        return await texts(it)


async def texts(it: Line) -> list[str]:
    found: list[str] = []
    while not found or found[-1] != "end":
        frame = await it.next()
        found.append(frame["data"].get("text", frame["type"]))
    return found


async def test_nothing_is_missed_when_somebody_comes_back(stand: Stand) -> None:
    async with stand.enter() as it:
        await stand.joined()
        await stand.post("1")
        last = (await it.next())["id"]
    await stand.joined(0)
    for text in ("2", "3"):
        await stand.post(text)
    assert await come_back(stand, last) == ["2", "3", "end"]


@pytest.mark.parametrize("id", ["0", "-1", "x", "", "1.5", "9" * 16, "9" * 400, "1e3", "²"])
async def test_one_must_read_anew_when_the_number_is_unknown(stand: Stand, id: str) -> None:
    await stand.post("1")
    assert await come_back(stand, id) == ["resync", "end"]
