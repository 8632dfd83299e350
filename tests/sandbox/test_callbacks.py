"""Callbacks: tried at once, tried again on a schedule, listed with what was answered."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx

from .harness import Played, Receiver, playing, settled

if TYPE_CHECKING:
    from pathlib import Path

SCHEDULE = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0]


async def test_listed_with_headers_body_and_answer_when_delivered(played: Played) -> None:
    ref = (await played.session())["id"]
    await played.press(ref, "paid")
    [shown] = await played.data("callbacks", provider="wave")
    _, headers, body = played.receiver.got[0]
    assert shown["headers"]["Wave-Signature"] == headers["wave-signature"]
    assert shown["body"].encode() == body
    assert shown["url"] == "http://service.test/api/v1/payments/webhook/wave"
    assert shown["answers"] == [{"status": 200, "at": "2026-03-01T08:00:00Z"}]
    assert (shown["state"], shown["provider"], shown["faults"]) == ("delivered", "wave", [])


async def test_newest_comes_first_when_there_are_several(played: Played) -> None:
    ref = (await played.session())["id"]
    await played.press(ref, "failed")
    await played.press(ref, "paid")
    types = [shown["type"] for shown in await played.data("callbacks")]
    assert types == ["checkout.session.completed", "checkout.session.payment_failed"]


async def test_tried_eleven_times_on_schedule_when_never_answered_2xx(played: Played) -> None:
    played.receiver.statuses = [500, 302, 404, 503, 401, 429, 500, 500, 500, 500, 500]
    ref = (await played.session())["id"]
    await played.press(ref, "paid")
    await played.time.forward(5_000)
    assert played.time.asked == SCHEDULE
    [shown] = await played.data("callbacks")
    assert [answer["status"] for answer in shown["answers"]][:4] == [500, 302, 404, 503]
    assert (len(shown["answers"]), shown["state"]) == (11, "given_up")
    assert len({body for _, _, body in played.receiver.got}) == 1


async def test_retries_stop_when_answered_2xx(played: Played) -> None:
    played.receiver.statuses = [500, 500, 204]
    ref = (await played.session())["id"]
    await played.press(ref, "paid")
    await played.clock.advance(60)
    await played.time.forward(5_000)
    assert len(played.receiver.got) == 3
    times = {headers["wave-signature"].split(",")[0] for _, headers, _ in played.receiver.got}
    assert len(times) == 2, "each try is signed anew, at the service's time"


async def test_nothing_is_tried_before_its_time_when_waiting(played: Played) -> None:
    played.receiver.statuses = [500]
    ref = (await played.session())["id"]
    await played.press(ref, "paid")
    await played.time.forward(0.9)
    assert len(played.receiver.got) == 1
    await played.time.forward(0.1)
    assert len(played.receiver.got) == 2


async def test_button_answers_when_the_receiver_hangs(tmp_path: Path) -> None:
    async with playing(tmp_path / "s", Receiver(hangs=True), first_try_s=0.01) as played:
        ref = (await played.session())["id"]
        assert (await played.press(ref, "paid")).status_code == 200
        [shown] = await played.data("callbacks")
        assert (shown["state"], shown["answers"]) == ("pending", [])


async def test_try_counts_as_failed_when_the_receiver_hangs_too_long(tmp_path: Path) -> None:
    receiver = Receiver(hangs=True)
    async with playing(tmp_path / "s", receiver, callback_timeout_s=0.01) as played:
        ref = (await played.session())["id"]
        await played.press(ref, "paid")
        receiver.hangs = False
        await played.time.forward(1)
        [shown] = await played.data("callbacks")
        first, second = shown["answers"]
        assert (first["status"], second["status"]) == (None, 200)
        assert first["error"]


async def test_try_counts_as_failed_when_nobody_listens(played: Played) -> None:
    class Nobody(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("refused", request=request)

    async with httpx.AsyncClient(transport=Nobody()) as out:
        played.app.state.world.callbacks.http = out
        ref = (await played.session())["id"]
        assert (await played.press(ref, "paid")).status_code == 200
        [shown] = await played.data("callbacks")
        assert shown["answers"] == [{"status": None, "at": "2026-03-01T08:00:00Z", "error": "ConnectError"}]


async def test_each_event_is_sent_once_when_many_pay_at_once(played: Played) -> None:
    refs = [(await played.session(client_reference=f"pay-{n}"))["id"] for n in range(50)]
    await asyncio.gather(*(played.press(ref, "paid") for ref in refs for _ in range(2)))
    await settled()
    assert len(played.receiver.got) == 50
    assert sorted(line["ref"] for line in (await played.data("ledger", provider="wave"))["charges"]) == sorted(refs)
