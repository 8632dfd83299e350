"""Codes, sessions and their ends, over two processes."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import Counter
from datetime import timedelta

import pytest

from tests.e2e.conftest import Quote
from tests.e2e.stage import AUTH, Stage, all_at_once, refresh, seconds_until_out, statuses

PATIENT_S = 0.25  # in the event loop, twenty passwords cost half a second
LATER = timedelta(seconds=11)  # than the ten seconds in which a lost reply may be asked for again


@pytest.mark.promise("refresh-rotation")
async def test_one_live_chain_when_one_token_is_refreshed_twenty_times_at_once(stage: Stage) -> None:
    user = stage.a_user()
    await stage.keep(user)
    first = (await stage.log_in(user)).refresh_token
    either = stage.either
    answers = await all_at_once(refresh(next(either), first) for _ in range(20))
    assert statuses(answers) == [200] * 20
    (second,) = {answer.json()["data"]["refresh_token"] for answer in answers}
    used = await stage.pool.fetch(
        "SELECT t.used_at IS NOT NULL FROM platform.refresh_tokens t JOIN platform.sessions s ON s.id = t.session_id"
        " WHERE s.user_id = $1 ORDER BY t.created_at",
        user.id,
    )
    assert [row[0] for row in used] == [True, False]

    await stage.advance(LATER)
    third = (await refresh(stage.b, second)).json()["data"]["refresh_token"]
    assert (await refresh(stage.a, first)).status_code == 401
    assert statuses(await all_at_once(refresh(client, third) for client in (stage.a, stage.b))) == [401, 401]


@pytest.mark.promise("counters")
async def test_three_guesses_count_when_a_hundred_come_at_once(stage: Stage, quote: Quote) -> None:
    user = stage.a_user()
    await stage.keep(user)
    assert (await stage.a.post(f"{AUTH}/otp/send", json={"phone": user.phone})).status_code == 200
    await stage.all_delivered()
    sent = await stage.sandbox.get("/sandbox/outbox", params={"channel": "sms", "to": user.phone or ""})
    code = sent.json()["data"][0]["data"]["code"]

    wrong = [f"{(int(code) + 1 + step) % 1_000_000:06d}" for step in range(100)]
    either = stage.either
    answers = await all_at_once(
        next(either).post(f"{AUTH}/otp/verify", json={"phone": user.phone, "code": digits}) for digits in wrong
    )
    assert Counter(statuses(answers)) == {422: 3, 429: 97}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers if answer.status_code == 429)
    right = await stage.b.post(f"{AUTH}/otp/verify", json={"phone": user.phone, "code": code})
    assert right.status_code == 429
    quote("100 wrong codes at once: 3 counted, 97 × 429, then the right one 429")


@pytest.mark.promise("out-is-out")
async def test_out_everywhere_within_a_second_when_logged_out_at_one(stage: Stage, quote: Quote) -> None:
    waits = [await seconds_until_out(stage) for _ in range(5)]
    assert max(waits) < 1
    quote(f"5 logouts at one process, refused by the other after at most {max(waits) * 1000:.0f} ms")


@pytest.mark.promise("password-cost")
async def test_others_do_not_wait_when_twenty_log_in_at_once(stage: Stage, quote: Quote) -> None:
    body = {"identifier": "+2250109999999", "password": "quatre mots sans rapport"}  # nobody's, and hashed all the same
    logins = [asyncio.create_task(stage.a.post(f"{AUTH}/login", json=body)) for _ in range(20)]
    spent = []
    while not all(login.done() for login in logins):
        began = time.monotonic()
        assert (await stage.a.get("/healthz")).status_code == 200
        spent.append(time.monotonic() - began)
    assert statuses(await all_at_once(logins)) == [401] * 20
    p95 = statistics.quantiles(spent, n=20)[-1]
    assert p95 < PATIENT_S
    quote(f"/healthz while 20 log in: p95 {1000 * p95:.0f} ms of {len(spent)}")
