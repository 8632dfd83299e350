"""Push messages by Firebase Cloud Messaging, against the played provider."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from jose import jwt

from allonova.adapters.notify.fcm import MAX_BYTES, FcmPush
from allonova.adapters.notify.google_tokens import made_up_account, read_account
from allonova.adapters.vendors.breaker import FAILURES, Breaker
from allonova.application.kernel.inside import INSIDE_UNIT
from allonova.application.notifications.ports import DeadToken, PushTarget, TargetKind, Undeliverable
from allonova.domain.kernel.errors import ProviderUnavailable
from tests.sandbox.harness import START, Played, ServiceClock, playing

PHONE = PushTarget(TargetKind.TOKEN, "dfR3:APA91b-any")
KEY = "5f6d1c1e-8f0c-4a52-9a0e-6a9a1f0f2b11"
TITLE, BODY = "Nouvelle demande", "NV-2026-000123 : Gare du Nord → Aéroport"
DATA = {"type": "demande.recue", "demandeId": "d1"}
FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
SANDBOX = "http://s.test/sandbox/fcm"


@pytest.fixture
async def played(tmp_path: Path) -> AsyncIterator[Played]:
    async with playing(tmp_path / "state.sqlite3") as it:
        yield it


def fcm(http: httpx.AsyncClient, breaker: Breaker | None = None, account: dict[str, str] | None = None) -> FcmPush:
    return FcmPush(
        http,
        project_id="taxis",
        account=lambda: {**made_up_account(), **(account or {})},
        clock=ServiceClock(),
        base_url=SANDBOX,
        token_url=f"{SANDBOX}/token",
        breaker=breaker,
    )


async def send(push: FcmPush, to: PushTarget = PHONE, *, body: str = BODY, **data: str) -> None:
    await push.send(to=to, title=TITLE, body=body, data=DATA | data, key=KEY, lasts=timedelta(seconds=90))


def device(token: str) -> PushTarget:
    return PushTarget(TargetKind.TOKEN, token)


type Answer = Callable[[httpx.Request], httpx.Response]


def google(*answers: httpx.Response | Answer) -> tuple[httpx.AsyncClient, list[httpx.Request]]:
    """Gives out tokens `t1`, `t2`, …; sends are answered in this order, the last one again and again."""
    seen: list[httpx.Request] = []
    left = list(answers)
    given = iter(range(1, 100))

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.url.path.endswith("/token"):
            return httpx.Response(200, json={"access_token": f"t{next(given)}", "expires_in": 3599})
        found = left.pop(0) if len(left) > 1 else left[0]
        return found if isinstance(found, httpx.Response) else found(request)

    return httpx.AsyncClient(transport=httpx.MockTransport(answer)), seen


def refused(status: int, code: str = "", *fields: str, **headers: str) -> httpx.Response:
    details: list[dict[str, Any]] = [{"@type": FCM_ERROR, "errorCode": code}] if code else []
    if fields:
        details.append({"@type": BAD_REQUEST, "fieldViolations": [{"field": field} for field in fields]})
    return httpx.Response(status, json={"error": {"code": status, "details": details}}, headers=headers)


DONE = httpx.Response(200, json={"name": "projects/taxis/messages/1"})


async def test_push_goes_out_with_its_type_and_data(played: Played) -> None:
    await send(fcm(played.http))
    [push] = await played.data("outbox", channel="push", to=PHONE.token)
    assert push == {
        "channel": "push",
        "to": PHONE.token,
        "subject": TITLE,
        "body": BODY,
        "template": "demande.recue",
        "data": DATA,
        "at": "2026-03-01T08:00:00Z",
    }


async def test_message_says_how_each_system_carries_it() -> None:
    http, seen = google(DONE)
    await send(fcm(http), PushTarget(TargetKind.FID, "fid-1"))
    token, sent = seen
    assert str(sent.url) == f"{SANDBOX}/v1/projects/taxis/messages:send"
    assert sent.headers["authorization"] == "Bearer t1"
    ends = int(START.timestamp()) + 90
    assert json.loads(sent.content) == {
        "message": {
            "fid": "fid-1",
            "notification": {"title": TITLE, "body": BODY},
            "data": DATA,
            "android": {
                "priority": "high",
                "ttl": "90s",
                "notification": {"channel_id": "nova", "tag": KEY, "sound": "default"},
            },
            "apns": {
                "headers": {"apns-priority": "10", "apns-expiration": str(ends), "apns-collapse-id": KEY},
                "payload": {"aps": {"sound": "default"}},
            },
            "webpush": {"headers": {"TTL": "90", "Urgency": "high"}, "notification": {"tag": KEY}},
        }
    }
    assert str(token.url) == f"{SANDBOX}/token"


async def test_account_proves_itself_by_a_signed_and_short_lived_grant() -> None:
    http, seen = google(DONE)
    await send(fcm(http))
    form = parse_qs(seen[0].content.decode())
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    account = made_up_account()
    public = load_pem_private_key(account["private_key"].encode(), None).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    audience = "https://oauth2.googleapis.com/token"
    claims = jwt.decode(form["assertion"][0], pem, algorithms=["RS256"], audience=audience)
    assert claims["iss"] == account["client_email"]
    assert claims["scope"] == "https://www.googleapis.com/auth/firebase.messaging"
    assert 0 < claims["exp"] - claims["iat"] <= 3600
    assert jwt.get_unverified_header(form["assertion"][0])["kid"] == account["private_key_id"]


async def test_token_is_fetched_once_when_many_are_sent_at_once() -> None:
    http, seen = google(DONE)
    push = fcm(http)
    await asyncio.gather(*(send(push) for _ in range(10)))
    assert [request.url.path.endswith("/token") for request in seen].count(True) == 1


async def test_token_is_renewed_once_when_it_is_refused(played: Played) -> None:
    push = fcm(played.http)
    await send(push)
    await played.clock.advance(3600)  # Google's clock: ours and the library's think that the token lives
    await send(push)
    assert len(await played.data("outbox", channel="push")) == 2
    http, seen = google(refused(401))
    with pytest.raises(ProviderUnavailable):
        await send(fcm(http))
    assert [request.headers.get("authorization") for request in seen] == [None, "Bearer t1", None, "Bearer t2"]


@pytest.mark.parametrize("kind", ["error", "html"])
@pytest.mark.parametrize("has_token", [False, True])
async def test_unavailable_when_provider_breaks(played: Played, kind: str, has_token: bool) -> None:
    push = fcm(played.http)
    if has_token:
        await send(push)
    await played.arm(kind, provider="fcm")
    with pytest.raises(ProviderUnavailable) as caught:
        await send(push)
    assert caught.value.provider == "fcm"
    await send(push)
    assert len(await played.data("outbox", channel="push")) == 1 + has_token


async def test_unavailable_when_nobody_answers() -> None:
    def silent(_: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("")

    http, _ = google(silent)
    with pytest.raises(ProviderUnavailable):
        await send(fcm(http))


@pytest.mark.parametrize("account", [{"client_email": "bad"}, {"private_key_id": "bad"}])
async def test_unavailable_when_google_does_not_know_our_account(
    played: Played, caplog: pytest.LogCaptureFixture, account: dict[str, str]
) -> None:
    with pytest.raises(ProviderUnavailable):
        await send(fcm(played.http, account=account))
    assert any(record.levelname == "ERROR" for record in caplog.records)


@pytest.mark.parametrize(
    "answer",
    [{}, [], None, {"access_token": "t", "expires_in": "soon"}, {"access_token": "t", "expires_in": 10**30}],
)
async def test_unavailable_when_the_token_endpoint_talks_nonsense(answer: object) -> None:
    http = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200, json=answer)))
    with pytest.raises(ProviderUnavailable):
        await send(fcm(http))


DEAD = [(404, "UNREGISTERED"), (403, "SENDER_ID_MISMATCH"), (400, "INVALID_ARGUMENT")]


@pytest.mark.parametrize(("status", "code"), DEAD)
async def test_token_is_dead_when_fcm_says_so(status: int, code: str) -> None:
    http, _ = google(refused(status, code))
    with pytest.raises(DeadToken) as caught:
        await send(fcm(http))
    assert caught.value.code == code


@pytest.mark.parametrize("token", ["unregistered-1", "mismatch-1", "invalid-1"])
async def test_token_is_dead_when_the_played_one_says_so(played: Played, token: str) -> None:
    with pytest.raises(DeadToken):
        await send(fcm(played.http), device(token))
    assert await played.data("outbox", channel="push") == []


@pytest.mark.parametrize("field", ["message.token", "message.fid"])
async def test_token_is_dead_when_it_is_the_field_that_is_wrong(field: str) -> None:
    http, _ = google(refused(400, "INVALID_ARGUMENT", field))
    with pytest.raises(DeadToken):
        await send(fcm(http))


@pytest.mark.parametrize(
    "answer",
    [
        refused(400, "", "message.data[0].value"),
        refused(400, "INVALID_ARGUMENT", "message.android.ttl"),
        refused(400, "INVALID_ARGUMENT", "message.token", "message.data"),
        refused(400),
        httpx.Response(400, json=[]),
    ],
)
async def test_token_is_kept_when_our_message_is_wrong(answer: httpx.Response) -> None:
    http, _ = google(answer)
    with pytest.raises(Undeliverable):
        await send(fcm(http))


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "THIRD_PARTY_AUTH_ERROR"), (403, ""), (404, ""), (429, "QUOTA_EXCEEDED"), (500, "INTERNAL"), (503, "")],
)
async def test_unavailable_when_it_may_pass(status: int, code: str) -> None:
    http, _ = google(refused(status, code))
    with pytest.raises(ProviderUnavailable):
        await send(fcm(http))


async def test_alarm_is_raised_when_apples_key_is_wrong(played: Played, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ProviderUnavailable):
        await send(fcm(played.http), device("apns-1"))
    assert any(vars(record).get("code") == "THIRD_PARTY_AUTH_ERROR" for record in caplog.records)


@pytest.mark.parametrize(
    ("status", "headers", "waits"),
    [
        (429, {"Retry-After": "120"}, 120),
        (429, {}, 60),
        (503, {"Retry-After": "7"}, 7),
        (503, {}, None),
        (503, {"Retry-After": "Sun, 01 Mar 2026 08:02:00 GMT", "Date": "Sun, 01 Mar 2026 08:00:00 GMT"}, 120),
        (503, {"Retry-After": "999999"}, 3600),
        (503, {"Retry-After": "soon"}, None),
        (503, {"Retry-After": "-5"}, None),
    ],
)
async def test_wait_is_as_long_as_google_asks(status: int, headers: dict[str, str], waits: int | None) -> None:
    http, _ = google(refused(status, **headers))
    with pytest.raises(ProviderUnavailable) as caught:
        await send(fcm(http))
    assert caught.value.retry_after_s == waits


@pytest.mark.parametrize("token", ["quota-1", "unavailable-1"])
async def test_wait_is_asked_for_when_the_played_one_is_busy(played: Played, token: str) -> None:
    with pytest.raises(ProviderUnavailable) as caught:
        await send(fcm(played.http), device(token))
    assert caught.value.retry_after_s == 30


async def test_nobody_is_asked_when_too_many_calls_failed(played: Played) -> None:
    await played.arm("error", times=100, provider="fcm")
    push = fcm(played.http, breaker := Breaker())
    breaker_of_tokens = push._tokens._vendor.breaker
    for _ in range(FAILURES):
        with pytest.raises(ProviderUnavailable):
            await send(push)
    assert breaker_of_tokens.is_open or breaker.is_open
    [fault] = await played.data("faults")
    with pytest.raises(ProviderUnavailable):
        await send(push)
    assert await played.data("faults") == [fault]


def size(request: httpx.Request) -> int:
    message = json.loads(request.content)["message"]
    del message["token"]
    return len(json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode())


@pytest.mark.parametrize("letter", ["a", "é", "😀", '"', "\n"])
async def test_text_is_cut_when_it_is_too_long(played: Played, letter: str) -> None:
    http, seen = google(DONE)
    await send(fcm(http), body=letter * 5000)
    assert MAX_BYTES - 10 <= size(seen[1]) <= MAX_BYTES
    kept = json.loads(seen[1].content)["message"]["notification"]["body"]
    assert kept == letter * (len(kept) - 1) + "…"
    await send(fcm(played.http), body=letter * 5000)


async def test_undeliverable_when_the_data_alone_are_too_much(played: Played) -> None:
    with pytest.raises(Undeliverable):
        await send(fcm(played.http), more="x" * MAX_BYTES)
    assert await played.data("outbox", channel="push") == []


async def test_nothing_is_sent_inside_a_unit(played: Played) -> None:
    inside = INSIDE_UNIT.set(True)
    try:
        with pytest.raises(RuntimeError):
            await send(fcm(played.http))
    finally:
        INSIDE_UNIT.reset(inside)


async def test_token_and_text_stay_out_of_the_log(played: Played, caplog: pytest.LogCaptureFixture) -> None:
    for token in ("mismatch-canary", "apns-canary", "quota-canary"):
        with pytest.raises((DeadToken, ProviderUnavailable)):
            await send(fcm(played.http), device(token))
    ours = [repr(vars(record)) for record in caplog.records if record.name.startswith("allonova")]
    assert len(ours) >= 3
    assert not any("canary" in text or "Gare du Nord" in text or "ya29" in text for text in ours)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"client_email": "a@b.test"}', "/nowhere", "\0"])
def test_account_is_refused_when_it_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="service account"):
        read_account(text)
