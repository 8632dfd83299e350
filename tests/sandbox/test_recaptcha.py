"""reCAPTCHA's one call (providers.md 1.8): always 200, what is wrong stands in the body."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Played

PATH = "/sandbox/recaptcha/siteverify"


async def verify(played: Played, **fields: str) -> Any:
    answer = await played.http.post(PATH, data=fields)
    assert answer.status_code == 200
    return answer.json()


@pytest.mark.parametrize(("token", "score"), [("ok", 0.9), ("bot", 0.1)])
async def test_score_is_told_when_the_token_is_known(played: Played, token: str, score: float) -> None:
    for _ in range(2):
        assert await verify(played, secret="any", response=token, remoteip="203.0.113.7") == {
            "success": True,
            "challenge_ts": "2026-03-01T08:00:00Z",
            "hostname": "localhost",
            "score": score,
            "action": "formulaire",
        }


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ({"secret": "any", "response": "made-up"}, ["invalid-input-response"]),
        ({"secret": "any"}, ["missing-input-response"]),
        ({"response": "ok"}, ["missing-input-secret"]),
        ({"secret": "bad", "response": "ok"}, ["invalid-input-secret"]),
        ({"secret": "bad", "response": "x"}, ["invalid-input-secret", "invalid-input-response"]),
        ({}, ["missing-input-secret", "missing-input-response"]),
    ],
)
async def test_codes_say_what_is_wrong(played: Played, fields: dict[str, str], codes: list[str]) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await played.http.post(PATH, data=fields, headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"success": False, "error-codes": codes})


async def test_json_is_a_bad_request(played: Played) -> None:
    answer = await played.http.post(PATH, json={"secret": "any", "response": "ok"})
    assert (answer.status_code, answer.json()) == (200, {"success": False, "error-codes": ["bad-request"]})
