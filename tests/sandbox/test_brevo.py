"""Brevo's SMS call and the outbox in which its messages land (providers.md 1.6)."""

from __future__ import annotations

import pytest

from .harness import Played

PATH = "/sandbox/brevo/v3/transactionalSMS/send"
KEY = {"api-key": "xkeysib-any"}
SMS: dict[str, object] = {
    "sender": "AlloNova",
    "recipient": "2250700000001",
    "content": "AlloNova : votre code est 482915. Valable 5 minutes.",
    "type": "transactional",
    "tag": "otp_login",
    "unicodeEnabled": True,
}


async def send(played: Played, **changes: object) -> None:
    answer = await played.http.post(PATH, json=SMS | changes, headers=KEY)
    assert answer.status_code == 201, answer.text


async def test_message_lands_in_the_outbox_when_sent(played: Played) -> None:
    answer = await played.http.post(PATH, json=SMS, headers=KEY)
    assert answer.status_code == 201
    assert list(answer.json()) == ["messageId"]
    assert isinstance(answer.json()["messageId"], int)
    assert await played.data("outbox") == [
        {
            "channel": "sms",
            "to": "+2250700000001",
            "body": SMS["content"],
            "template": "otp_login",
            "data": {"code": "482915"},
            "at": "2026-03-01T08:00:00Z",
        }
    ]


@pytest.mark.parametrize(
    ("content", "data"),
    [
        ("Rien à lire, même pas 12345 ni 1234567.", {}),
        (
            "Lien : https://a.test/reset?token=Ab_9-x&lang=fr.",
            {"token": "Ab_9-x", "url": "https://a.test/reset?token=Ab_9-x&lang=fr"},
        ),
        ("https://a.test/m#token=123456", {"token": "123456", "url": "https://a.test/m#token=123456"}),
        (
            "Code 654321 ou (https://a.test/?token=t)",
            {"code": "654321", "token": "t", "url": "https://a.test/?token=t"},
        ),
        ("https://[ et https://a.test/trajet/7", {}),
    ],
)
async def test_codes_and_links_are_read_out_when_the_text_holds_them(
    played: Played, content: str, data: dict[str, str]
) -> None:
    await send(played, content=content)
    assert (await played.data("outbox"))[0]["data"] == data


async def test_outbox_is_narrowed_and_newest_first_when_asked(played: Played) -> None:
    await send(played, content="un", tag=["a", "b"])
    await send(played, content="deux", tag=None, recipient="2250700000002")
    await send(played, content="trois")
    assert [one["body"] for one in await played.data("outbox", channel="sms")] == ["trois", "deux", "un"]
    assert [one["body"] for one in await played.data("outbox", to="+2250700000001")] == ["trois", "un"]
    assert [one["template"] for one in await played.data("outbox")] == ["otp_login", None, "a"]
    assert await played.data("outbox", channel="email") == []
    plain = await played.http.get("/sandbox/outbox?to=+2250700000002")
    assert [one["body"] for one in plain.json()["data"]] == ["deux"]


@pytest.mark.parametrize("headers", [{}, {"api-key": "bad"}, {"api-key": ""}])
async def test_unauthorized_when_the_key_is_missing_or_bad(played: Played, headers: dict[str, str]) -> None:
    answer = await played.http.post(PATH, json=SMS, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert await played.data("outbox") == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"recipient": "+2250700000001"}, "invalid_parameter"),
        ({"recipient": "0700000001"}, "invalid_parameter"),
        ({"recipient": 2250700000001}, "invalid_parameter"),
        ({"sender": "AlloNova Taxi"}, "invalid_parameter"),
        ({"sender": "A" * 12}, "invalid_parameter"),
        ({"sender": "1" * 16}, "invalid_parameter"),
        ({"content": ""}, "invalid_parameter"),
        ({"content": "x" * 2001}, "invalid_parameter"),
        ({"type": "urgent"}, "invalid_parameter"),
        ({"tag": ""}, "invalid_parameter"),
        ({"tag": []}, "invalid_parameter"),
        ({"unicodeEnabled": "yes"}, "invalid_parameter"),
    ],
)
async def test_bad_request_when_a_parameter_is_wrong(played: Played, change: dict[str, object], code: str) -> None:
    answer = await played.http.post(PATH, json=SMS | change, headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert await played.data("outbox") == []


@pytest.mark.parametrize("name", ["sender", "recipient", "content"])
async def test_bad_request_when_a_parameter_is_missing(played: Played, name: str) -> None:
    body = {key: value for key, value in SMS.items() if key != name}
    answer = await played.http.post(PATH, json=body, headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (400, "missing_parameter")


@pytest.mark.parametrize(
    ("body", "type_", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"content": "\\udfff"}', "application/json", 400),
        (b"sender=x", "application/x-www-form-urlencoded", 415),
        (b"x" * 300_000, "application/json", 413),
    ],
)
async def test_refused_in_brevos_shape_when_the_body_is_odd(
    played: Played, body: bytes, type_: str, status: int
) -> None:
    answer = await played.http.post(PATH, content=body, headers={**KEY, "Content-Type": type_})
    assert answer.status_code == status
    assert set(answer.json()) == {"code", "message"}
