"""Faults: each kind strikes as often as it was armed, and says so in the list."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from .harness import KEY, Played, settled
from .test_wave_webhook import valid

SMS = {"sender": "AlloNova", "recipient": "2250700000001", "content": "Code 123456", "tag": "otp_login"}


async def paid(played: Played) -> str:
    """A session that has been paid."""
    ref: str = (await played.session())["id"]
    await played.press(ref, "paid")
    return ref


async def search(played: Played) -> Any:
    params = {"client_reference": "pay-1"}
    answer = await played.http.get("/sandbox/wave/v1/checkout/sessions/search", params=params, headers=KEY)
    return answer.json()["result"]


async def test_error_in_waves_shape_when_armed(played: Played) -> None:
    await played.arm("error", 2)
    first, second, third = [await played.create() for _ in range(3)]
    assert (first.status_code, second.status_code, third.status_code) == (500, 500, 200)
    assert first.json()["code"] == "internal-server-error"
    assert len(await search(played)) == 1


async def test_html_page_when_armed(played: Played) -> None:
    await played.arm("html")
    answer = await played.create()
    assert answer.status_code == 502
    assert answer.headers["content-type"].startswith("text/html")
    assert await search(played) == []


@pytest.mark.parametrize(("kind", "status", "made"), [("timeout", 504, 0), ("accepted_then_timeout", 503, 1)])
async def test_call_hangs_for_its_delay_when_armed(played: Played, kind: str, status: int, made: int) -> None:
    await played.arm(kind, delay_s=12)
    call = asyncio.create_task(played.create())
    await settled()
    assert not call.done()
    await played.time.forward(12)
    assert ((await call).status_code, (await call).content) == (status, b"")
    assert len(await search(played)) == made


async def test_call_hangs_for_half_a_minute_when_no_delay_is_given(played: Played) -> None:
    assert (await played.arm("timeout")).json()["data"]["delay_s"] == 30
    call = asyncio.create_task(played.create())
    await played.time.forward(29.9)
    assert not call.done()
    await played.time.forward(0.1)
    assert (await call).status_code == 504


async def test_call_is_let_go_when_the_caller_hangs_up(played: Played) -> None:
    await played.arm("timeout")
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": "/sandbox/wave/v1/checkout/sessions",
        "headers": [],
    }
    scope |= {"query_string": b"", "root_path": "", "http_version": "1.1", "scheme": "http"}
    await asyncio.wait_for(played.app(scope, receive, send), 5)
    assert sent


async def test_calls_fail_as_armed_first_when_two_kinds_are_armed(played: Played) -> None:
    await played.arm("html")
    await played.arm("error")
    assert [(await played.create()).status_code for _ in range(3)] == [502, 500, 200]


async def test_other_provider_is_spared_when_one_is_armed(played: Played) -> None:
    await played.arm("error", provider="brevo")
    assert (await played.create()).status_code == 200
    path, key = "/sandbox/brevo/v3/transactionalSMS/send", {"api-key": "k"}
    first = await played.http.post(path, json=SMS, headers=key)
    second = await played.http.post(path, json=SMS, headers=key)
    assert (first.status_code, second.status_code) == (500, 201)
    assert set(first.json()) == {"code", "message"}


async def test_message_went_out_when_brevo_accepts_then_times_out(played: Played) -> None:
    await played.arm("accepted_then_timeout", provider="brevo", delay_s=0)
    path, key = "/sandbox/brevo/v3/transactionalSMS/send", {"api-key": "k"}
    call = asyncio.create_task(played.http.post(path, json=SMS, headers=key))
    await played.time.forward(0)
    assert (await call).status_code == 503
    assert len(await played.data("outbox")) == 1


async def test_same_event_comes_twice_when_doubled(played: Played) -> None:
    await played.arm("duplicate")
    await paid(played)
    first, second = (json.loads(body)["id"] for _, _, body in played.receiver.got)
    assert first == second
    await paid(played)
    assert len(played.receiver.got) == 3


async def test_event_comes_after_its_delay_when_late(played: Played) -> None:
    assert (await played.arm("late")).json()["data"]["delay_s"] == 5
    await paid(played)
    await played.time.forward(4.9)
    assert played.receiver.got == []
    await played.time.forward(0.1)
    assert len(played.receiver.got) == 1


async def test_event_is_kept_but_never_sent_when_lost(played: Played) -> None:
    await played.arm("lost", 2)
    await paid(played)
    await played.time.forward(5_000)
    assert played.receiver.got == []
    [shown] = await played.data("callbacks")
    assert (shown["state"], shown["answers"], shown["faults"]) == ("lost", [], ["lost"])
    assert [fault["times"] for fault in await played.data("faults")] == [1]


async def test_event_is_one_franc_off_when_its_amount_is_wrong(played: Played) -> None:
    await played.arm("wrong_amount")
    ref = await paid(played)
    _, headers, body = played.receiver.got[0]
    assert json.loads(body)["data"]["amount"] == "5001"
    assert valid(headers, body)
    assert (await played.read(ref))["amount"] == "5000"


async def test_every_try_is_forged_when_the_signature_is_bad(played: Played) -> None:
    played.receiver.statuses = [401]
    await played.arm("bad_signature")
    await paid(played)
    await played.time.forward(1)
    assert [valid(headers, body) for _, headers, body in played.receiver.got] == [False, False]
    await paid(played)
    assert valid(*played.receiver.got[-1][1:])


async def test_one_callback_takes_all_when_several_kinds_are_armed(played: Played) -> None:
    await played.arm("duplicate")
    await played.arm("wrong_amount")
    await paid(played)
    assert [json.loads(body)["data"]["amount"] for _, _, body in played.receiver.got] == ["5001", "5001"]
    assert await played.data("faults") == []


async def test_kind_is_disarmed_when_times_is_zero(played: Played) -> None:
    await played.arm("error", 5)
    await played.arm("html", 5)
    assert (await played.arm("error", 0)).json()["data"]["times"] == 0
    listed = await played.data("faults")
    assert listed == [{"provider": "wave", "kind": "html", "times": 5, "delay_s": 0}]


async def test_last_word_counts_when_a_kind_is_armed_twice(played: Played) -> None:
    await played.arm("late", 5)
    await played.arm("late", 2, delay_s=1)
    assert await played.data("faults") == [{"provider": "wave", "kind": "late", "times": 2, "delay_s": 1}]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"provider": "nobody"}, "provider"),
        ({"kind": "gremlins"}, "kind"),
        ({"provider": "fcm", "kind": "lost"}, "kind"),
        ({"times": -1}, "times"),
        ({"times": 1.5}, "times"),
        ({"times": True}, "times"),
        ({"times": "1"}, "times"),
        ({"delay_s": -1}, "delay_s"),
        ({"delay_s": 301}, "delay_s"),
        ({"times": 10**30}, "times"),
        ({"why": "fun"}, "why"),
    ],
)
async def test_refused_with_the_field_when_the_fault_is_unknown_or_odd(
    played: Played, change: dict[str, object], path: str
) -> None:
    body = {"provider": "wave", "kind": "error", "times": 1} | change
    answer = await played.http.post("/sandbox/faults", json=body)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == "validation_error"
    assert [field["path"] for field in error["details"]["fields"]] == [path]
    assert await played.data("faults") == []
