"""reCAPTCHA: who passes, who does not, and whose fault it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from allonova.adapters.captcha.recaptcha import MAX_TOKEN, Recaptcha
from allonova.application.dispatch.captcha import FORM_ACTION
from allonova.application.kernel.inside import INSIDE_UNIT
from allonova.domain.kernel.errors import CaptchaFailed, ProviderUnavailable
from tests.sandbox.harness import Played, playing

HOST = "taxis.test"
ADDRESS = "203.0.113.7"
# As developers.google.com/recaptcha/docs/v3 shows an answer.
PASSED: dict[str, Any] = {
    "success": True,
    "challenge_ts": "2026-03-01T08:00:00Z",
    "hostname": HOST,
    "score": 0.9,
    "action": FORM_ACTION,
}


def recaptcha(http: httpx.AsyncClient, *, secret: str = "s3cret", host: str = HOST) -> Recaptcha:
    url = "http://s.test/sandbox/recaptcha"
    return Recaptcha(http, base_url=url, site_key="site", secret=secret, hostnames=[host])


def answering(body: object, status: int = 200) -> tuple[Recaptcha, list[httpx.Request]]:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(status, json=body)

    return recaptcha(httpx.AsyncClient(transport=httpx.MockTransport(answer))), seen


async def ask(captcha: Recaptcha, token: str | None = "tok-én") -> None:
    await captcha.require(token, action=FORM_ACTION, address=ADDRESS)


@pytest.fixture
async def played(tmp_path: Path) -> AsyncIterator[Played]:
    async with playing(tmp_path / "state.sqlite3") as it:
        yield it


async def test_question_is_a_form_when_it_goes_out() -> None:
    captcha, seen = answering(PASSED)
    await ask(captcha)
    [request] = seen
    assert (request.method, str(request.url)) == ("POST", "http://s.test/sandbox/recaptcha/siteverify")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qs(request.content.decode()) == {"secret": ["s3cret"], "response": ["tok-én"], "remoteip": [ADDRESS]}


@pytest.mark.parametrize("token", [None, "", "x" * (MAX_TOKEN + 1)])
async def test_failed_without_asking_when_there_is_no_token(token: str | None) -> None:
    captcha, seen = answering(PASSED)
    with pytest.raises(CaptchaFailed):
        await ask(captcha, token)
    assert seen == []


@pytest.mark.parametrize("score", [0.5, 0.9, 1, 1.0])
async def test_passes_when_the_score_reaches_the_bound(score: float) -> None:
    captcha, _ = answering(PASSED | {"score": score})
    await ask(captcha)


@pytest.mark.parametrize(
    "change",
    [
        {"score": 0.49},
        {"score": 0},
        {"action": "login"},
        {"action": None},
        {"action": [FORM_ACTION]},
        {"hostname": "evil.test"},
        {"hostname": f"{HOST}.evil.test"},
        {"hostname": None},
        {"hostname": [HOST]},
        {"hostname": {}},
    ],
)
async def test_failed_when_a_good_token_is_not_for_this(change: dict[str, object]) -> None:
    captcha, _ = answering(PASSED | change)
    with pytest.raises(CaptchaFailed):
        await ask(captcha)


@pytest.mark.parametrize(
    "codes",
    [
        ["missing-input-response"],
        ["invalid-input-response"],
        ["timeout-or-duplicate"],
        ["timeout-or-duplicate", "invalid-input-response"],
    ],
)
async def test_failed_when_the_token_is_refused(codes: list[str], caplog: pytest.LogCaptureFixture) -> None:
    captcha, _ = answering({"success": False, "error-codes": codes})
    with pytest.raises(CaptchaFailed):
        await ask(captcha)
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"success": False, "error-codes": ["missing-input-secret"]},
        {"success": False, "error-codes": ["invalid-input-secret"]},
        {"success": False, "error-codes": ["bad-request"]},
        {"success": False, "error-codes": ["invalid-input-response", "invalid-input-secret"]},
        {"success": False, "error-codes": ["of-tomorrow"]},
        {"success": False, "error-codes": [{"x": 1}]},
        {"success": False, "error-codes": "timeout-or-duplicate"},
        {"success": False},
        {"success": "true"},
        {"success": 1, "score": 0.9},
        {},
        [],
        None,
        "ok",
        {name: value for name, value in PASSED.items() if name != "score"},
        PASSED | {"score": "0.9"},
        PASSED | {"score": True},
    ],
)
async def test_nobody_passes_and_an_alert_is_raised_when_it_is_our_fault(
    body: object, caplog: pytest.LogCaptureFixture
) -> None:
    captcha, _ = answering(body)
    with pytest.raises(ProviderUnavailable) as caught:
        await ask(captcha)
    assert caught.value.provider == "recaptcha"
    ours = [record for record in caplog.records if record.levelname == "ERROR"]
    assert len(ours) == 1
    assert "s3cret" not in repr(vars(ours[0]))


@pytest.mark.parametrize("status", [302, 400, 403, 404, 429, 500, 503])
async def test_nobody_passes_when_google_says_something_else(status: int) -> None:
    captcha, _ = answering(PASSED, status)
    with pytest.raises(ProviderUnavailable):
        await ask(captcha)


@pytest.mark.parametrize("kind", ["error", "html", "timeout"])
async def test_nobody_passes_when_google_is_down(played: Played, kind: str) -> None:
    await played.arm(kind, provider="recaptcha", delay_s=0)
    asking = asyncio.create_task(ask(recaptcha(played.http, host="localhost"), "ok"))
    await played.time.forward(0)
    with pytest.raises(ProviderUnavailable):
        await asking
    await ask(recaptcha(played.http, host="localhost"), "ok")


async def test_played_google_tells_people_from_programs(played: Played) -> None:
    captcha = recaptcha(played.http, host="localhost")
    await ask(captcha, "ok")
    await ask(captcha, "ok")
    for token in ("bot", "made-up"):
        with pytest.raises(CaptchaFailed):
            await ask(captcha, token)
    with pytest.raises(ProviderUnavailable):
        await ask(recaptcha(played.http, host="localhost", secret="bad"), "ok")


async def test_refused_to_be_asked_when_inside_a_unit() -> None:
    captcha, _ = answering(PASSED)
    mark = INSIDE_UNIT.set(True)
    try:
        with pytest.raises(RuntimeError):
            await ask(captcha)
    finally:
        INSIDE_UNIT.reset(mark)
