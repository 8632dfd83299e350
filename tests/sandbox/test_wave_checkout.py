"""Wave's Checkout API: what each call answers, right and wrong (providers.md 1.1)."""

from __future__ import annotations

import re

import pytest

from .harness import KEY, Played

BASE = "/sandbox/wave/v1/checkout/sessions"


async def test_session_is_open_with_every_field_of_wave_when_created(played: Played) -> None:
    session = await played.session(restrict_payer_mobile="+2250700000001")
    id_ = session.pop("id")
    assert re.fullmatch(r"cos-[0-9a-z]{13}", id_)
    assert session == {
        "amount": "5000",
        "checkout_status": "open",
        "client_reference": "pay-1",
        "currency": "XOF",
        "error_url": "https://allonova.test/ko",
        "last_payment_error": None,
        "business_name": "AlloNova",
        "payment_status": "processing",
        "transaction_id": None,
        "success_url": "https://allonova.test/ok",
        "wave_launch_url": f"http://127.0.0.1:8000/sandbox/checkout/{id_}",
        "when_completed": None,
        "when_created": "2026-03-01T08:00:00Z",
        "when_expires": "2026-03-01T08:30:00Z",
        "restrict_payer_mobile": "+2250700000001",
    }


async def test_two_sessions_are_made_when_the_same_body_comes_twice(played: Played) -> None:
    first, second = await played.session(), await played.session()
    found = await played.http.get(f"{BASE}/search", params={"client_reference": "pay-1"}, headers=KEY)
    assert [one["id"] for one in found.json()["result"]] == [first["id"], second["id"]]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", 5000),
        ("amount", "5000.00"),
        ("amount", "0"),
        ("amount", "-5"),
        ("amount", "05"),
        ("amount", ""),
        ("amount", "9" * 13),
        ("amount", True),
        ("amount", "\u0665\u0660\u0660"),
        ("amount", "5000\n"),
        ("amount", None),
        ("currency", "EUR"),
        ("currency", None),
        ("success_url", None),
        ("error_url", None),
        ("success_url", "http://allonova.test/ok"),
        ("success_url", "ftp://allonova.test/ok"),
        ("success_url", "javascript:alert(1)"),
        ("success_url", "https://"),
        ("success_url", "https://[::1"),
        ("success_url", "https://a:port/"),
        ("success_url", "https://a/\r\nX: y"),
        ("error_url", "https://a/" + "b" * 2083),
        ("client_reference", "r" * 256),
        ("client_reference", 7),
        ("restrict_payer_mobile", "0700000001"),
    ],
)
async def test_validation_error_names_the_field_when_it_is_wrong(played: Played, field: str, value: object) -> None:
    answer = await played.create(**{field: value})
    assert answer.status_code == 422
    body = answer.json()
    assert body["code"] == "request-validation-error"
    assert [detail["loc"] for detail in body["details"]] == [[field]]
    assert body["details"][0]["msg"]


@pytest.mark.parametrize("host", ["localhost:3000", "127.0.0.1", "[::1]:80", "app.localhost"])
async def test_http_return_url_is_taken_when_the_host_is_loopback(played: Played, host: str) -> None:
    session = await played.session(success_url=f"http://{host}/ok?payment=1")
    assert session["success_url"] == f"http://{host}/ok?payment=1"


@pytest.mark.parametrize(
    ("body", "type_", "code"),
    [
        (b"{", "application/json", "request-parsing-error"),
        (b'{"amount": "\\ud800"}', "application/json", "request-parsing-error"),
        (b"\xff\xfe", "application/json", "request-parsing-error"),
        (b"[" * 100_000, "application/json", "request-parsing-error"),
        (b"", "application/json", "request-not-json"),
        (b"amount=5000", "application/x-www-form-urlencoded", "request-not-json"),
        (b"{}", "", "request-not-json"),
    ],
)
async def test_bad_request_when_the_body_is_no_json(played: Played, body: bytes, type_: str, code: str) -> None:
    answer = await played.http.post(BASE, content=body, headers={**KEY, "Content-Type": type_})
    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"x"'])
async def test_validation_error_when_the_body_is_no_object(played: Played, body: bytes) -> None:
    answer = await played.http.post(BASE, content=body, headers={**KEY, "Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "request-validation-error")


async def test_too_large_in_waves_shape_when_the_body_is_huge(played: Played) -> None:
    answer = await played.create(client_reference="r" * 300_000)
    assert answer.status_code == 413
    assert set(answer.json()) == {"code", "message"}


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "missing-auth-header"),
        ("Basic abc", "invalid-auth"),
        ("Bearer ", "api-key-not-provided"),
        ("Bearer bad", "no-matching-api-key"),
    ],
)
async def test_every_call_is_refused_when_the_key_is(played: Played, header: str | None, code: str) -> None:
    ref = (await played.session())["id"]
    headers = {} if header is None else {"Authorization": header}
    calls = [("POST", BASE), ("GET", BASE), ("GET", f"{BASE}/search"), ("GET", f"{BASE}/{ref}")]
    calls += [("POST", f"{BASE}/{ref}/expire"), ("POST", f"{BASE}/{ref}/refund")]
    for method, path in calls:
        answer = await played.http.request(method, path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, code), path
    assert (await played.read(ref))["checkout_status"] == "open"


async def test_session_is_read_by_id_and_by_transaction_when_paid(played: Played) -> None:
    ref = (await played.session())["id"]
    await played.press(ref, "paid")
    by_id = await played.read(ref)
    params = {"transaction_id": by_id["transaction_id"]}
    by_transaction = await played.http.get(BASE, params=params, headers=KEY)
    assert by_transaction.json() == by_id
    assert by_id["checkout_status"] == "complete"
    assert by_id["payment_status"] == "succeeded"
    assert by_id["when_completed"] == "2026-03-01T08:00:00Z"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/cos-0"), ("GET", "?transaction_id=T0"), ("POST", "/cos-0/expire"), ("POST", "/cos-0/refund")],
)
async def test_not_found_when_there_is_no_such_session(played: Played, method: str, path: str) -> None:
    answer = await played.http.request(method, BASE + path, headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (404, "checkout-session-not-found")


async def test_search_answers_empty_when_nothing_has_that_reference(played: Played) -> None:
    await played.session(client_reference=None)
    answer = await played.http.get(f"{BASE}/search", params={"client_reference": "None"}, headers=KEY)
    assert answer.json() == {"result": []}


@pytest.mark.parametrize("path", ["", "/search"])
async def test_validation_error_when_the_search_names_nothing(played: Played, path: str) -> None:
    answer = await played.http.get(BASE + path, headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (422, "request-validation-error")


async def test_session_expires_when_asked_and_only_once(played: Played) -> None:
    ref = (await played.session())["id"]
    first, second = await played.call(ref, "expire"), await played.call(ref, "expire")
    assert (first.status_code, first.content, second.status_code) == (200, b"", 409)
    session = await played.read(ref)
    assert (session["checkout_status"], session["payment_status"]) == ("expired", "cancelled")


async def test_conflict_when_a_paid_session_is_to_expire(played: Played) -> None:
    ref = (await played.session())["id"]
    await played.press(ref, "paid")
    assert (await played.call(ref, "expire")).status_code == 409
    assert (await played.read(ref))["checkout_status"] == "complete"


async def test_session_expires_by_itself_when_the_services_clock_passes(played: Played) -> None:
    ref = (await played.session())["id"]
    await played.clock.advance(30 * 60 - 1)
    assert (await played.read(ref))["checkout_status"] == "open"
    await played.clock.advance(1)
    session = await played.read(ref)
    assert (session["checkout_status"], session["when_completed"]) == ("expired", "2026-03-01T08:30:00Z")
    assert (await played.press(ref, "paid")).status_code == 409


async def test_whole_sum_goes_back_once_when_refunded_twice(played: Played) -> None:
    ref = (await played.session(restrict_payer_mobile="+2250700000001"))["id"]
    await played.press(ref, "paid")
    for _ in range(2):
        answer = await played.call(ref, "refund")
        assert (answer.status_code, answer.content) == (200, b"")
    line = {
        "ref": ref,
        "amount": 5000,
        "status": "succeeded",
        "phone": "+2250700000001",
        "at": "2026-03-01T08:00:00Z",
    }
    assert await played.data("ledger", provider="wave") == {
        "charges": [line],
        "refunds": [line],
        "payouts": [],
    }


async def test_refund_fails_when_nothing_was_paid(played: Played) -> None:
    ref = (await played.session())["id"]
    answer = await played.call(ref, "refund")
    assert (answer.status_code, answer.json()["code"]) == (400, "checkout-refund-failed")
    assert (await played.data("ledger", provider="wave"))["refunds"] == []


@pytest.mark.parametrize("path", ["/v1/payout-batch", "/v1/balance", "/v1/checkout/sessions/", "/v1/nothing"])
async def test_absent_when_the_call_is_not_played(played: Played, path: str) -> None:
    answer = await played.http.post(f"/sandbox/wave{path}", headers=KEY, json={})
    assert answer.status_code in (404, 405)
    assert "error" in answer.json()
