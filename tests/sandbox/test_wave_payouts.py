"""Wave's payouts: what each call answers, right and wrong (docs.wave.com: /payout, /balance-api)."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import httpx
import pytest

from .harness import KEY, Played

BASE = "/sandbox/wave/v1"
FLOAT = 1_000_000_000


async def send(played: Played, key: str = "key-1", /, **changes: object) -> httpx.Response:
    """`POST /v1/payout`, `changes` over a valid body; None leaves the field out."""
    body = {
        "currency": "XOF",
        "receive_amount": "15000",
        "mobile": "+2250700000001",
        "client_reference": "out-1",
        "payment_reason": "Salaire",
    } | changes
    body = {name: value for name, value in body.items() if value is not None}
    return await played.http.post(f"{BASE}/payout", json=body, headers={**KEY, "Idempotency-Key": key})


async def sent(played: Played, key: str = "key-1", /, **changes: object) -> dict[str, Any]:
    answer = await send(played, key, **changes)
    assert answer.status_code == 200, answer.text
    payout: dict[str, Any] = answer.json()
    return payout


async def read(played: Played, id_: str) -> Any:
    return (await played.http.get(f"{BASE}/payout/{id_}", headers=KEY)).json()


async def reverse(played: Played, id_: str) -> httpx.Response:
    return await played.http.post(f"{BASE}/payout/{id_}/reverse", headers=KEY)


async def balance(played: Played) -> Any:
    return (await played.http.get(f"{BASE}/balance", headers=KEY)).json()


async def lines(played: Played) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await played.data("ledger", provider="wave"))["payouts"]
    return found


async def test_payout_has_every_field_of_wave_when_sent(played: Played) -> None:
    payout = await sent(played, name="Awa Koné", national_id="CI0001")
    assert re.fullmatch(r"pt-[0-9a-z]{13}", payout["id"])
    assert payout == {
        "id": payout["id"],
        "currency": "XOF",
        "receive_amount": "15000",
        "fee": "150",
        "mobile": "+2250700000001",
        "name": "Awa Koné",
        "national_id": "CI0001",
        "client_reference": "out-1",
        "payment_reason": "Salaire",
        "status": "succeeded",
        "timestamp": "2026-03-01T08:00:00Z",
    }
    assert await read(played, payout["id"]) == payout
    assert await lines(played) == [
        {
            "ref": "out-1",
            "amount": 15000,
            "status": "succeeded",
            "phone": "+2250700000001",
            "at": "2026-03-01T08:00:00Z",
        }
    ]


async def test_search_finds_by_reference_and_is_empty_otherwise(played: Played) -> None:
    payout = await sent(played)
    path = f"{BASE}/payouts/search"
    found = await played.http.get(path, params={"client_reference": "out-1"}, headers=KEY)
    assert found.json() == {"result": [payout]}
    found = await played.http.get(path, params={"client_reference": "out-2"}, headers=KEY)
    assert found.json() == {"result": []}
    answer = await played.http.get(path, headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (422, "request-validation-error")


async def test_same_payout_when_the_key_comes_again(played: Played) -> None:
    first, second = await asyncio.gather(sent(played), sent(played))
    assert first == second
    assert len(await lines(played)) == 1
    assert await balance(played) == {"amount": str(FLOAT - 15150), "currency": "XOF"}


async def test_conflict_when_the_key_comes_with_another_body(played: Played) -> None:
    await sent(played)
    for change in ({"receive_amount": "15001"}, {"mobile": "+2250700000002"}, {"payment_reason": None}):
        answer = await send(played, **change)
        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency-mismatch")
    assert len(await lines(played)) == 1


async def test_two_lines_when_one_reference_is_paid_under_two_keys(played: Played) -> None:
    await sent(played)
    second = await sent(played, "key-2")
    assert [line["ref"] for line in await lines(played)] == ["out-1", second["id"]]


async def test_books_name_the_payout_itself_when_it_has_no_reference(played: Played) -> None:
    payout = await sent(played, client_reference=None)
    assert [line["ref"] for line in await lines(played)] == [payout["id"]]


@pytest.mark.parametrize("key", [None, "", "   ", "k" * 256])
async def test_refused_when_there_is_no_idempotency_key(played: Played, key: str | None) -> None:
    body = {"currency": "XOF", "receive_amount": "1", "mobile": "+2250700000001"}
    headers = KEY if key is None else {**KEY, "Idempotency-Key": key}
    answer = await played.http.post(f"{BASE}/payout", json=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json() == {
        "code": "request-validation-error",
        "message": "An 'Idempotency-Key' header is required for POST requests",
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("currency", None),
        ("currency", "xof"),
        ("receive_amount", None),
        ("receive_amount", 15000),
        ("receive_amount", "0"),
        ("receive_amount", "015"),
        ("receive_amount", "1.5"),
        ("receive_amount", "-1"),
        ("mobile", None),
        ("mobile", "0700000001"),
        ("mobile", "+225 07"),
        ("payment_reason", "r" * 41),
        ("client_reference", "r" * 256),
        ("name", 7),
    ],
)
async def test_validation_error_names_the_field_when_it_is_wrong(played: Played, field: str, value: object) -> None:
    answer = await send(played, **{field: value})
    body = answer.json()
    assert (answer.status_code, body["code"]) == (422, "request-validation-error")
    assert [detail["loc"] for detail in body["details"]] == [[field]]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"currency": "EUR"}, 400, "currency-mismatch"),
        ({"mobile": "+221555110219"}, 400, "country-mismatch"),
        ({"mobile": "+2250700009901"}, 422, "recipient-account-blocked"),
        ({"mobile": "+2250700009902"}, 422, "recipient-account-inactive"),
        ({"mobile": "+2250700009903"}, 422, "recipient-limit-exceeded"),
        ({"mobile": "+2250700009904"}, 422, "recipient-minor"),
        ({"receive_amount": "999999999"}, 422, "insufficient-funds"),
    ],
)
async def test_refused_without_a_trace(played: Played, changes: dict[str, str], status: int, code: str) -> None:
    answer = await send(played, **changes)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await lines(played) == []
    assert (await balance(played))["amount"] == str(FLOAT)
    await sent(played)


async def test_slow_payout_is_processing_until_the_services_clock_passes(played: Played) -> None:
    payout = await sent(played, mobile="+2250700009905")
    assert payout["status"] == "processing"
    await played.clock.advance(599)
    assert (await read(played, payout["id"]))["status"] == "processing"
    assert [line["status"] for line in await lines(played)] == ["processing"]
    await played.clock.advance(1)
    assert await read(played, payout["id"]) == payout | {"status": "succeeded"}
    assert await sent(played, mobile="+2250700009905") == payout | {"status": "succeeded"}
    assert [line["status"] for line in await lines(played)] == ["succeeded"]


async def test_slow_failure_says_why_and_costs_nothing(played: Played) -> None:
    payout = await sent(played, mobile="+2250700009906")
    assert (await balance(played))["amount"] == str(FLOAT - 15150)
    await played.clock.advance(600)
    failed = await read(played, payout["id"])
    assert (failed["status"], failed["payout_error"]["error_code"]) == ("failed", "recipient-limit-exceeded")
    assert (await balance(played))["amount"] == str(FLOAT)
    assert [line["status"] for line in await lines(played)] == ["failed"]
    assert (await reverse(played, payout["id"])).status_code == 409


async def test_payout_comes_back_once_with_its_fee_when_reversed_twice(played: Played) -> None:
    payout = await sent(played)
    for _ in range(2):
        answer = await reverse(played, payout["id"])
        assert (answer.status_code, answer.content) == (200, b"")
    assert (await read(played, payout["id"]))["status"] == "reversed"
    assert [line["status"] for line in await lines(played)] == ["reversed"]
    assert (await balance(played))["amount"] == str(FLOAT)


async def test_reversal_is_refused_after_three_days(played: Played) -> None:
    payout = await sent(played)
    await played.clock.advance(3 * 86_400 + 1)
    answer = await reverse(played, payout["id"])
    assert answer.json()["code"] == "payout-reversal-time-limit-exceeded"
    assert (await read(played, payout["id"]))["status"] == "succeeded"


@pytest.mark.parametrize(
    ("mobile", "code"),
    [("+2250700009907", "insufficient-funds"), ("+2250700009908", "payout-reversal-account-terminated")],
)
async def test_reversal_is_refused_when_the_recipient_has_nothing(played: Played, mobile: str, code: str) -> None:
    payout = await sent(played, mobile=mobile)
    answer = await reverse(played, payout["id"])
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_balance_follows_payments_and_refunds(played: Played) -> None:
    ref = (await played.session())["id"]
    await played.press(ref, "paid")
    assert (await balance(played))["amount"] == str(FLOAT + 5000)
    await played.call(ref, "refund")
    await played.call(ref, "refund")
    assert (await balance(played))["amount"] == str(FLOAT)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"within_limits": True, "name_match": "NAME_NOT_KNOWN", "national_id_match": None}),
        ({"name": "Awa"}, {"within_limits": True, "name_match": "MATCH", "national_id_match": None}),
        ({"name": "Inconnu"}, {"within_limits": True, "name_match": "NO_MATCH", "national_id_match": None}),
        (
            {"mobile": "+2250700009903", "national_id": "CI0001"},
            {"within_limits": False, "name_match": "NAME_NOT_KNOWN", "national_id_match": "ID_NOT_KNOWN"},
        ),
    ],
)
async def test_recipient_is_verified(played: Played, changes: dict[str, str], expected: dict[str, object]) -> None:
    body = {"mobile": "+2250700000001", "amount": "5000", "currency": "XOF"} | changes
    answer = await played.http.post(f"{BASE}/verify_recipient/", json=body, headers=KEY)
    assert (answer.status_code, answer.json()) == (200, expected)


@pytest.mark.parametrize(("method", "path"), [("GET", "/payout/pt-0"), ("POST", "/payout/pt-0/reverse")])
async def test_not_found_when_there_is_no_such_payout(played: Played, method: str, path: str) -> None:
    answer = await played.http.request(method, BASE + path, headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


async def test_every_call_is_refused_when_the_key_is(played: Played) -> None:
    id_ = (await sent(played))["id"]
    calls = [("POST", "/payout"), ("GET", f"/payout/{id_}"), ("POST", f"/payout/{id_}/reverse")]
    calls += [("GET", "/payouts/search"), ("GET", "/balance"), ("POST", "/verify_recipient/")]
    for method, path in calls:
        answer = await played.http.request(method, BASE + path, headers={"Authorization": "Bearer bad"})
        assert (answer.status_code, answer.json()["code"]) == (401, "no-matching-api-key"), path
    assert (await read(played, id_))["status"] == "succeeded"


@pytest.mark.parametrize(("kind", "status", "made"), [("error", 500, 0), ("html", 502, 0)])
async def test_breakdown_pays_nothing(played: Played, kind: str, status: int, made: int) -> None:
    await played.arm(kind)
    assert (await send(played)).status_code == status
    assert len(await lines(played)) == made


@pytest.mark.parametrize(("kind", "status", "made"), [("timeout", 504, 0), ("accepted_then_timeout", 503, 1)])
async def test_call_hangs_for_its_delay_when_armed(played: Played, kind: str, status: int, made: int) -> None:
    await played.arm(kind, delay_s=12)
    call = asyncio.create_task(send(played))
    await played.time.forward(12)
    assert (await call).status_code == status
    assert len(await lines(played)) == made
    await sent(played)
    assert len(await lines(played)) == 1
