"""Firebase Cloud Messaging and Google's token endpoint, as they are played (providers.md 1.5)."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import httpx
import pytest

from .harness import Played

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
CLAIMS: dict[str, Any] = {
    "iss": "pusher@taxis.iam.gserviceaccount.com",
    "scope": "https://www.googleapis.com/auth/firebase.messaging",
    "aud": "https://oauth2.googleapis.com/token",
    "iat": 1_700_000_000,
    "exp": 1_700_003_600,
}
HEADER = {"alg": "RS256", "kid": "k1", "typ": "JWT"}
ANY = {"Authorization": "Bearer ya29.any"}
MESSAGE: dict[str, Any] = {
    "token": "phone-1",
    "notification": {"title": "Titre", "body": "Texte"},
    "data": {"type": "demande.recue", "demandeId": "d1"},
    "android": {"priority": "high", "ttl": "3600s", "notification": {"channel_id": "nova"}},
    "apns": {"headers": {"apns-priority": "10"}, "payload": {"aps": {"sound": "default"}}},
}
PUSHED = {
    "channel": "push",
    "to": "phone-1",
    "subject": "Titre",
    "body": "Texte",
    "template": "demande.recue",
    "data": {"type": "demande.recue", "demandeId": "d1"},
    "at": "2026-03-01T08:00:00Z",
}


def written(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def assertion(header: dict[str, Any] | None = None, **claims: object) -> str:
    return f"{written(HEADER | (header or {}))}.{written(CLAIMS | claims)}.c2ln"


async def token(played: Played, jwt: str, grant: str = GRANT) -> httpx.Response:
    return await played.http.post("/sandbox/fcm/token", data={"grant_type": grant, "assertion": jwt})


async def send(played: Played, headers: dict[str, str] | None = None, **changes: object) -> httpx.Response:
    message = {name: value for name, value in (MESSAGE | changes).items() if value is not None}
    url = "/sandbox/fcm/v1/projects/taxis/messages:send"
    return await played.http.post(url, json={"message": message}, headers=ANY if headers is None else headers)


def details(answer: httpx.Response) -> list[tuple[str, str]]:
    """What the details of a refusal say, by their kind."""
    found = []
    for detail in answer.json()["error"]["details"]:
        fields = ",".join(each["field"] for each in detail.get("fieldViolations", ()))
        found.append((detail["@type"].rpartition(".")[2], detail.get("errorCode", fields)))
    return found


async def test_token_opens_the_door_when_the_grant_is_good(played: Played) -> None:
    answer = await token(played, assertion())
    assert answer.status_code == 200
    given = answer.json()
    assert (given["expires_in"], given["token_type"]) == (3599, "Bearer")
    headers = {"Authorization": f"Bearer {given['access_token']}"}
    assert (await send(played, headers)).status_code == 200
    await played.clock.advance(3599)
    refusal = await send(played, headers)
    assert (refusal.status_code, refusal.json()["error"]["status"]) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize(
    ("jwt", "error"),
    [
        ("", "invalid_grant"),
        ("a.b.c", "invalid_grant"),
        (assertion().rpartition(".")[0] + ".", "invalid_grant"),
        (assertion({"alg": "HS256"}), "invalid_grant"),
        (assertion({"alg": "none"}), "invalid_grant"),
        (assertion({"kid": ""}), "invalid_grant"),
        (assertion({"kid": "bad"}), "invalid_grant"),
        (assertion(iss="bad"), "invalid_grant"),
        (assertion(iss=None), "invalid_grant"),
        (assertion(aud="http://s.test/sandbox/fcm/token"), "invalid_grant"),
        (assertion(exp=1_700_003_601), "invalid_grant"),
        (assertion(exp=1_700_000_000), "invalid_grant"),
        (assertion(exp="1700003600"), "invalid_grant"),
        (assertion(scope="https://www.googleapis.com/auth/drive"), "invalid_scope"),
    ],
)
async def test_grant_is_refused_when_it_is_not_as_google_wants_it(played: Played, jwt: str, error: str) -> None:
    answer = await token(played, jwt)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_grant_is_refused_when_it_is_of_another_type(played: Played) -> None:
    assert (await token(played, assertion(), "client_credentials")).json()["error"] == "unsupported_grant_type"


async def test_push_lands_in_the_outbox_when_sent(played: Played) -> None:
    answer = await send(played)
    assert answer.status_code == 200
    assert list(answer.json()) == ["name"]
    assert answer.json()["name"].startswith("projects/taxis/messages/")
    assert await played.data("outbox") == [PUSHED]
    assert (await send(played, token=None, fid="fid-1")).status_code == 200
    assert await played.data("outbox", channel="push", to="fid-1") == [PUSHED | {"to": "fid-1"}]


async def test_nothing_goes_out_when_it_is_only_tried(played: Played) -> None:
    url = "/sandbox/fcm/v1/projects/taxis/messages:send"
    answer = await played.http.post(url, json={"message": MESSAGE, "validate_only": True}, headers=ANY)
    assert answer.status_code == 200
    assert await played.data("outbox") == []


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer bad"}, {"Authorization": "Basic eA=="}])
async def test_unauthenticated_when_the_key_is_missing_or_bad(played: Played, headers: dict[str, str]) -> None:
    answer = await send(played, headers)
    assert (answer.status_code, answer.json()["error"]["status"]) == (401, "UNAUTHENTICATED")
    assert await played.data("outbox") == []


@pytest.mark.parametrize(
    ("word", "status", "code", "retry_after"),
    [
        ("unregistered", 404, "UNREGISTERED", None),
        ("mismatch", 403, "SENDER_ID_MISMATCH", None),
        ("invalid", 400, "INVALID_ARGUMENT", None),
        ("apns", 401, "THIRD_PARTY_AUTH_ERROR", None),
        ("quota", 429, "QUOTA_EXCEEDED", "30"),
        ("unavailable", 503, "UNAVAILABLE", "30"),
    ],
)
async def test_device_has_its_fate_when_its_token_begins_with_the_word(
    played: Played, word: str, status: int, code: str, retry_after: str | None
) -> None:
    for target in ("token", "fid"):
        changes: dict[str, Any] = {"token": None, target: f"{word}-7"}
        answer = await send(played, **changes)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, status)
        assert details(answer) == [("FcmError", code)]
        assert answer.headers.get("retry-after") == retry_after
    assert await played.data("outbox") == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"data": {"n": 12}}, "message.data.n"),
        ({"data": {"from": "x"}}, "message.data"),
        ({"data": {"google.x": "x"}}, "message.data"),
        ({"data": {"message_type": "x"}}, "message.data"),
        ({"titre": "x"}, "message.titre"),
        ({"notification": {"titre": "x"}}, "message.notification.titre"),
        ({"android": {"ttl": "3600"}}, "message.android.ttl"),
        ({"android": {"priority": "urgent"}}, "message.android.priority"),
        ({"apns": {"headers": {"apns-priority": 10}}}, "message.apns.headers.apns-priority"),
    ],
)
async def test_field_is_named_when_the_message_is_wrong(played: Played, changes: dict[str, Any], field: str) -> None:
    answer = await send(played, **changes)
    assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert details(answer) == [("BadRequest", field)]
    assert await played.data("outbox") == []


@pytest.mark.parametrize("changes", [{"token": None}, {"fid": "f"}, {"topic": "t"}, {"data": {"x": "y" * 4096}}])
async def test_message_is_refused_when_it_has_no_target_or_two_or_is_too_big(
    played: Played, changes: dict[str, Any]
) -> None:
    answer = await send(played, **changes)
    assert answer.status_code == 400
    assert details(answer) == [("FcmError", "INVALID_ARGUMENT"), ("BadRequest", "message")]


@pytest.mark.parametrize(
    ("body", "type_", "status"),
    [(b"{", "application/json", 400), (b"[]", "application/json", 400), (b"{}", "text/plain", 400)],
)
async def test_refused_in_googles_shape_when_the_body_is_odd(
    played: Played, body: bytes, type_: str, status: int
) -> None:
    url = "/sandbox/fcm/v1/projects/taxis/messages:send"
    answer = await played.http.post(url, content=body, headers={**ANY, "Content-Type": type_})
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"code", "message", "status", "details"}


async def test_breakdown_speaks_like_google_when_it_is_armed(played: Played) -> None:
    await played.arm("error", provider="fcm")
    answer = await send(played)
    assert (answer.status_code, answer.json()["error"]["status"]) == (500, "INTERNAL")
    assert details(answer) == [("FcmError", "INTERNAL")]
    await played.arm("accepted_then_timeout", provider="fcm", delay_s=0)
    call = asyncio.create_task(send(played))
    await played.time.forward(0)
    assert (await call).status_code == 503
    assert len(await played.data("outbox")) == 1
