"""Orange Money Web Payment: what each call answers, right and wrong (providers.md 1.2)."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import httpx
import pytest

from .harness import Played

BASE = "/sandbox/orange"
WEBPAY = f"{BASE}/orange-money-webpay/ci/v1"
CLIENT = {"Authorization": "Basic " + base64.b64encode(b"id:secret").decode()}
BEARER = {"Authorization": "Bearer any"}
GRANT = {"grant_type": "client_credentials"}


async def create(played: Played, environment: str = "ci", **changes: Any) -> httpx.Response:
    """`POST …/webpayment`, `changes` over a valid body; None leaves the field out."""
    body = {
        "merchant_key": "key",
        "currency": "XOF",
        "order_id": "order-1",
        "amount": 5000,
        "return_url": "https://allonova.test/ok",
        "cancel_url": "https://allonova.test/ko",
        "notif_url": "https://allonova.test/notif",
        "lang": "fr",
        "reference": "AlloNova",
    } | changes
    body = {name: value for name, value in body.items() if value is not None}
    url = f"{BASE}/orange-money-webpay/{environment}/v1/webpayment"
    return await played.http.post(url, json=body, headers=BEARER)


async def made(played: Played, **changes: Any) -> dict[str, Any]:
    answer = await create(played, **changes)
    assert answer.status_code == 201, answer.text
    return {"order_id": "order-1", "amount": 5000, **answer.json()}


async def asked(played: Played, order: dict[str, Any], **changes: object) -> httpx.Response:
    question = {name: order[name] for name in ("order_id", "amount", "pay_token")} | changes
    return await played.http.post(f"{WEBPAY}/transactionstatus", json=question, headers=BEARER)


async def status(played: Played, order: dict[str, Any]) -> Any:
    answer = await asked(played, order)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.parametrize("version", ["v3", "v2"])
async def test_token_is_given_to_any_client(played: Played, version: str) -> None:
    answer = await played.http.post(f"{BASE}/oauth/{version}/token", data=GRANT, headers=CLIENT)
    assert answer.status_code == 200
    assert {**answer.json(), "access_token": ""} == {
        "token_type": "Bearer",
        "access_token": "",
        "expires_in": 7_776_000,
    }


@pytest.mark.parametrize(
    ("headers", "form", "status", "error"),
    [
        ({}, GRANT, 401, "invalid_client"),
        ({"Authorization": "Bearer x"}, GRANT, 401, "invalid_client"),
        ({"Authorization": "Basic !"}, GRANT, 401, "invalid_client"),
        ({"Authorization": "Basic " + base64.b64encode(b"id:bad").decode()}, GRANT, 401, "invalid_client"),
        ({"Authorization": "Basic " + base64.b64encode(b"bad:x").decode()}, GRANT, 401, "invalid_client"),
        ({"Authorization": "Basic " + base64.b64encode(b"id:").decode()}, GRANT, 401, "invalid_client"),
        (CLIENT, {"grant_type": "password"}, 400, "unsupported_grant_type"),
        (CLIENT, {}, 400, "unsupported_grant_type"),
    ],
)
async def test_no_token_when_the_client_or_the_form_is_wrong(
    played: Played, headers: dict[str, str], form: dict[str, str], status: int, error: str
) -> None:
    answer = await played.http.post(f"{BASE}/oauth/v3/token", data=form, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


async def test_payment_has_its_page_and_both_tokens_when_made(played: Played) -> None:
    answer = await create(played)
    body = answer.json()
    assert answer.status_code == 201
    assert set(body) == {"status", "message", "pay_token", "payment_url", "notif_token"}
    assert (body["status"], body["message"]) == (201, "OK")
    assert body["payment_url"] == f"http://127.0.0.1:8000/sandbox/checkout/{body['pay_token']}"
    assert re.fullmatch(r"[0-9a-f]{32}", body["notif_token"])
    order = {"order_id": "order-1", "amount": 5000, **body}
    assert await status(played, order) == {"status": "INITIATED", "order_id": "order-1", "txnid": ""}


async def test_an_order_id_is_taken_for_ever(played: Played) -> None:
    await made(played)
    await played.clock.advance(10**8)
    answer = await create(played, amount=1)
    assert (answer.status_code, answer.json()["code"]) == (400, 1204)
    assert set(answer.json()) == {"code", "message", "description"}


async def test_play_money_is_for_dev_and_francs_are_for_ci(played: Played) -> None:
    assert (await create(played, "dev", currency="OUV", order_id="a")).status_code == 201
    assert (await create(played, "dev", currency="XOF", order_id="b")).status_code == 400
    assert (await create(played, "ci", currency="OUV", order_id="c")).status_code == 400
    assert (await create(played, "sn", order_id="d")).status_code == 404


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("merchant_key", None, 23),
        ("merchant_key", "", 23),
        ("order_id", None, 23),
        ("order_id", "o" * 31, 24),
        ("order_id", 7, 24),
        ("amount", None, 23),
        ("amount", 0, 24),
        ("amount", -5, 24),
        ("amount", 12.5, 24),
        ("amount", "12.5", 24),
        ("amount", True, 24),
        ("amount", "\u0665", 24),
        ("amount", "9" * 13, 24),
        ("return_url", None, 23),
        ("cancel_url", "ftp://a.test", 24),
        ("cancel_url", "https://a.test/" + "b" * 106, 24),
        ("notif_url", "https://[::1", 24),
        ("notif_url", "https://a.test/ b", 24),
        ("reference", "r" * 31, 24),
    ],
)
async def test_refused_with_the_field_when_it_is_wrong(played: Played, field: str, value: Any, code: int) -> None:
    answer = await create(played, **{field: value})
    name = "".join(part.capitalize() for part in field.split("_"))
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["description"].startswith(f"Key: 'WebPaymentInfo.{name}' Error:Field validation")


async def test_url_of_120_characters_and_an_amount_in_digits_are_taken(played: Played) -> None:
    await made(played, return_url="https://a.test/" + "b" * 105, amount="5000", lang=None, reference=None)


@pytest.mark.parametrize(
    ("content", "code"), [(b"", 21), (b"{", 22), (b"[]", 22), (b"\xff", 22), (b"[" * 100_000, 22), (b"{}", 23)]
)
async def test_refused_when_the_body_is_none(played: Played, content: bytes, code: int) -> None:
    for path in ("webpayment", "transactionstatus"):
        answer = await played.http.post(f"{WEBPAY}/{path}", content=content, headers=BEARER)
        assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_too_large_in_oranges_shape_when_the_body_is_huge(played: Played) -> None:
    answer = await create(played, reference="r" * 300_000)
    assert answer.status_code == 413
    assert set(answer.json()) == {"code", "message", "description"}


async def test_merchant_key_is_refused_when_it_is_bad(played: Played) -> None:
    assert (await create(played, merchant_key="bad")).status_code == 403


@pytest.mark.parametrize(
    ("header", "code"), [(None, 40), ("Basic x", 40), ("Bearer ", 40), ("Bearer bad", 41), ("Bearer old", 42)]
)
async def test_every_call_is_refused_when_the_token_is(played: Played, header: str | None, code: int) -> None:
    if header == "Bearer old":
        given = await played.http.post(f"{BASE}/oauth/v3/token", data=GRANT, headers=CLIENT)
        header = "Bearer " + given.json()["access_token"]
        await played.clock.advance(7_776_000)
    headers = {} if header is None else {"Authorization": header}
    for path in ("webpayment", "transactionstatus"):
        answer = await played.http.post(f"{WEBPAY}/{path}", json={}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, code)


@pytest.mark.parametrize("changes", [{"order_id": "order-2"}, {"amount": 4999}, {"pay_token": "x"}])
async def test_not_found_when_order_amount_and_token_do_not_belong_together(
    played: Played, changes: dict[str, object]
) -> None:
    answer = await asked(played, await made(played), **changes)
    assert (answer.status_code, answer.json()["code"]) == (404, 60)


async def test_notified_without_signature_and_order_when_paid(played: Played) -> None:
    order = await made(played)
    pressed = (await played.press("order-1", "paid")).json()["data"]
    said = await status(played, order)
    assert said["status"] == "SUCCESS"
    assert re.fullmatch(r"MP260301\.0800\.[0-9A-F]{6}", said["txnid"])
    ((path, headers, body),) = played.receiver.got
    assert path == "/api/v1/payments/webhook/orange"
    assert json.loads(body) == {"status": "SUCCESS", "notif_token": order["notif_token"], "txnid": said["txnid"]}
    assert not [name for name in headers if "signature" in name or name == "authorization"]
    assert (pressed["provider_ref"], pressed["status"], pressed["amount"]) == ("order-1", "paid", 5000)
    books = await played.data("ledger", provider="orange")
    (charge,) = books["charges"]
    assert (charge["ref"], charge["amount"], books["refunds"], books["payouts"]) == ("order-1", 5000, [], [])


async def test_nothing_more_happens_when_paid_is_pressed_again(played: Played) -> None:
    await made(played)
    first, second = await played.press("order-1", "paid"), await played.press("order-1", "paid")
    assert second.json()["data"] == first.json()["data"]
    assert (await played.press("order-1", "failed")).status_code == 409
    assert len(played.receiver.got) == 1


async def test_failure_is_the_end(played: Played) -> None:
    order = await made(played)
    assert (await played.press("order-1", "failed")).json()["data"]["status"] == "failed"
    assert (await played.press("order-1", "failed")).status_code == 200
    assert (await played.press("order-1", "paid")).status_code == 409
    assert (await status(played, order))["status"] == "FAILED"
    assert [json.loads(body)["status"] for _, _, body in played.receiver.got] == ["FAILED"]
    assert (await played.data("ledger", provider="orange"))["charges"] == []


async def test_expired_when_nobody_paid_for_ten_minutes(played: Played) -> None:
    order = await made(played)
    await played.clock.advance(599)
    assert (await status(played, order))["status"] == "INITIATED"
    await played.clock.advance(1)
    assert (await status(played, order))["status"] == "EXPIRED"
    assert (await played.press("order-1", "paid")).status_code == 409
    assert played.receiver.got == []


async def test_payer_sees_a_page_that_says_what_a_refusal_means(played: Played) -> None:
    order = await made(played)
    page = f"/sandbox/checkout/{order['pay_token']}"
    shown = (await played.http.get(page)).text
    assert "Orange Money" in shown
    assert "« Échouer » met fin à ce paiement." in shown
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await played.http.post(page, content="outcome=failed", headers=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "https://allonova.test/ko")
    assert "a été refusé" in (await played.http.get(page)).text


async def test_status_names_another_amount_when_that_is_armed(played: Played) -> None:
    order = await made(played)
    await played.arm("wrong_amount", provider="orange")
    await played.press("order-1", "paid")
    assert (await status(played, order))["amount"] == 5001
    assert (await played.data("ledger", provider="orange"))["charges"][0]["amount"] == 5000


async def test_notification_names_an_unknown_token_when_a_bad_signature_is_armed(played: Played) -> None:
    order = await made(played)
    await played.arm("bad_signature", provider="orange")
    await played.press("order-1", "paid")
    told = json.loads(played.receiver.got[0][2])
    assert told["status"] == "SUCCESS"
    assert told["notif_token"] != order["notif_token"]


async def test_notified_twice_late_or_never_when_that_is_armed(played: Played) -> None:
    for kind, order_id, count in (("duplicate", "a", 2), ("lost", "b", 0), ("late", "c", 1)):
        played.receiver.got.clear()
        await made(played, order_id=order_id)
        await played.arm(kind, provider="orange")
        await played.press(order_id, "paid")
        if kind == "late":
            assert played.receiver.got == []
            await played.time.forward(6)
        assert len(played.receiver.got) == count


@pytest.mark.parametrize(("kind", "code"), [("error", 500), ("html", 502)])
async def test_payments_break_and_tokens_do_not_when_a_fault_is_armed(played: Played, kind: str, code: int) -> None:
    await played.arm(kind, provider="orange")
    assert (await played.http.post(f"{BASE}/oauth/v3/token", data=GRANT, headers=CLIENT)).status_code == 200
    assert (await create(played)).status_code == code
    assert (await create(played)).status_code == 201


@pytest.mark.parametrize("path", ["refund", "payout", "webpayment/"])
async def test_absent_when_web_payment_has_no_such_call(played: Played, path: str) -> None:
    answer = await played.http.post(f"{WEBPAY}/{path}", json={}, headers=BEARER)
    assert answer.status_code == 404
