"""Brevo's mail call and the outbox in which its messages land (providers.md 1.6)."""

from __future__ import annotations

import asyncio

import pytest

from .harness import Played

PATH = "/sandbox/brevo/v3/smtp/email"
KEY = {"api-key": "xkeysib-any"}
LINK = "https://a.test/verify-email#token=Ab_9-x"
MAIL: dict[str, object] = {
    "sender": {"email": "no-reply@allocar.test", "name": "AlloCar"},
    "to": [{"email": "awa@example.test", "name": "Awa"}],
    "subject": "Confirmez votre adresse",
    "htmlContent": "<p>Bienvenue</p>",
    "textContent": "Bienvenue",
    "params": {"token": "Ab_9-x", "url": LINK},
    "tags": ["email_verify", "other"],
}


async def send(played: Played, **changes: object) -> None:
    body = {name: value for name, value in (MAIL | changes).items() if value is not None}
    answer = await played.http.post(PATH, json=body, headers=KEY)
    assert answer.status_code == 201, answer.text


async def test_mail_lands_in_the_outbox_when_sent(played: Played) -> None:
    answer = await played.http.post(PATH, json=MAIL, headers=KEY)
    assert answer.status_code == 201
    assert list(answer.json()) == ["messageId"]
    assert answer.json()["messageId"].startswith("<")
    assert await played.data("outbox") == [
        {
            "channel": "email",
            "to": "awa@example.test",
            "subject": "Confirmez votre adresse",
            "body": "Bienvenue",
            "template": "email_verify",
            "data": {"token": "Ab_9-x", "url": LINK},
            "at": "2026-03-01T08:00:00Z",
        }
    ]


async def test_data_is_empty_when_there_are_no_params(played: Played) -> None:
    await send(played, params=None, tags=None, textContent=None, htmlContent="<p>Code 123456</p>")
    [mail] = await played.data("outbox", channel="email")
    assert (mail["data"], mail["template"], mail["body"]) == ({}, None, "<p>Code 123456</p>")


async def test_each_has_a_copy_when_there_are_several(played: Played) -> None:
    await send(played, to=[{"email": "a@example.test"}, {"email": "b@example.test"}])
    assert [one["to"] for one in await played.data("outbox", channel="email")] == ["b@example.test", "a@example.test"]
    assert await played.data("outbox", channel="sms") == []
    [mine] = await played.data("outbox", to="a@example.test")
    assert mine["subject"] == MAIL["subject"]


@pytest.mark.parametrize("headers", [{}, {"api-key": "bad"}])
async def test_unauthorized_when_the_key_is_missing_or_bad(played: Played, headers: dict[str, str]) -> None:
    answer = await played.http.post(PATH, json=MAIL, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert await played.data("outbox") == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"to": [{"email": "awa"}]}, "email is not valid in to"),
        ({"to": [{"email": "a@b.test, c@d.test"}]}, "email is not valid in to"),
        ({"to": [{"email": "a@b.test\r\nBcc: c@d.test"}]}, "email is not valid in to"),
        ({"to": []}, "to is not valid"),
        ({"to": "awa@example.test"}, "to is not valid"),
        ({"sender": {"email": "nobody"}}, "email is not valid in sender"),
        ({"sender": {"email": "a@b.test", "name": "x" * 71}}, "name is not valid in sender"),
        ({"subject": ""}, "subject is not valid"),
        ({"htmlContent": ""}, "htmlContent is not valid"),
        ({"params": ["x"]}, "params is not valid"),
        ({"tags": "otp"}, "tags is not valid"),
    ],
)
async def test_bad_request_when_a_parameter_is_wrong(played: Played, change: dict[str, object], message: str) -> None:
    answer = await played.http.post(PATH, json=MAIL | change, headers=KEY)
    assert answer.status_code == 400
    assert answer.json() == {"code": "invalid_parameter", "message": message}
    assert await played.data("outbox") == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sender": None}, "sender is missing"),
        ({"to": None}, "to is missing"),
        ({"to": [{"name": "Awa"}]}, "email is missing in to"),
        ({"subject": None}, "subject is missing"),
        ({"htmlContent": None}, "htmlContent is missing"),
    ],
)
async def test_bad_request_when_a_parameter_is_missing(played: Played, change: dict[str, object], message: str) -> None:
    body = {name: value for name, value in (MAIL | change).items() if value is not None}
    answer = await played.http.post(PATH, json=body, headers=KEY)
    assert answer.status_code == 400
    assert answer.json() == {"code": "missing_parameter", "message": message}


async def test_mail_went_out_when_brevo_accepts_then_times_out(played: Played) -> None:
    await played.arm("accepted_then_timeout", provider="brevo", delay_s=0)
    call = asyncio.create_task(played.http.post(PATH, json=MAIL, headers=KEY))
    await played.time.forward(0)
    assert (await call).status_code == 503
    assert len(await played.data("outbox", channel="email")) == 1


async def test_mail_stays_out_when_brevo_breaks(played: Played) -> None:
    await played.arm("error", provider="brevo")
    answer = await played.http.post(PATH, json=MAIL, headers=KEY)
    assert answer.status_code == 500
    assert set(answer.json()) == {"code", "message"}
    assert await played.data("outbox") == []
