"""MTN MoMo: what each call answers, right and wrong, and what the payer's phone does (providers.md 1.3)."""

from __future__ import annotations

import asyncio
import json
import re
from base64 import b64encode
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from .harness import Played, Receiver, playing, settled

BASE = "/sandbox/mtn"
CHARGES = f"{BASE}/collection/v1_0/requesttopay"
TRANSFERS = f"{BASE}/disbursement/v1_0/transfer"
REFUNDS = f"{BASE}/disbursement/v1_0/refund"
HEADERS = {
    "Authorization": "Bearer any",
    "X-Target-Environment": "mtnivorycoast",
    "Ocp-Apim-Subscription-Key": "any",
    "X-Callback-Url": "https://api.allonova.test/api/v1/payments/webhook/mtn/ours",
}
SUBSCRIPTION = {"Ocp-Apim-Subscription-Key": "any"}
BASIC = {"Authorization": "Basic " + b64encode(b"user:key").decode()}
PHONE = "2250501020304"


def order(role: str = "payer", /, **changes: object) -> dict[str, object]:
    """A valid body, with `changes`; None leaves the field out."""
    body = {
        "amount": "1500",
        "currency": "XOF",
        "externalId": "order-1",
        role: {"partyIdType": "MSISDN", "partyId": PHONE},
        "payerMessage": "Trajet",
        "payeeNote": "AlloCar",
    } | changes
    return {name: value for name, value in body.items() if value is not None}


async def post(
    played: Played, path: str, body: object, ref: str | None = None, **headers: str | None
) -> tuple[str, httpx.Response]:
    """A call with a reference; a header that is None is left out."""
    ref = ref or str(uuid4())
    given = {**HEADERS, "X-Reference-Id": ref} | {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {name: value for name, value in given.items() if value is not None}
    return ref, await played.http.post(path, json=body, headers=sent)


async def charged(played: Played, body: dict[str, object] | None = None, **headers: str | None) -> str:
    ref, answer = await post(played, CHARGES, body or order(), **headers)
    assert (answer.status_code, answer.content) == (202, b""), answer.text
    return ref


async def status(played: Played, path: str, ref: str) -> Any:
    answer = await played.http.get(f"{path}/{ref}", headers=HEADERS)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_charge_waits_for_its_payer(played: Played) -> None:
    ref = await charged(played)
    assert await status(played, CHARGES, ref) == order() | {"status": "PENDING"}
    view = await played.http.get(f"/sandbox/checkout/{ref}")
    assert view.status_code == 200
    assert "MTN MoMo" in view.text
    assert "met fin à ce paiement" in view.text


async def test_charge_is_paid_and_told_once_when_the_payer_approves(played: Played) -> None:
    ref = await charged(played)
    answer = await played.press(ref, "paid")
    assert answer.json()["data"]["status"] == "paid"
    paid = await status(played, CHARGES, ref)
    assert paid["status"] == "SUCCESSFUL"
    assert re.fullmatch(r"[0-9]{10}", paid["financialTransactionId"])
    [(path, headers, body)] = played.receiver.got
    assert path == "/api/v1/payments/webhook/mtn/ours"
    assert headers["content-type"] == "application/json"
    assert json.loads(body) == paid
    [line] = (await played.data("ledger", provider="mtn"))["charges"]
    assert (line["ref"], line["amount"], line["phone"]) == (ref, 1500, f"+{PHONE}")
    assert (await played.press(ref, "paid")).status_code == 200
    assert (await played.press(ref, "failed")).status_code == 409
    assert len(played.receiver.got) == 1


async def test_charge_is_over_when_the_payer_rejects(played: Played) -> None:
    ref = await charged(played)
    await played.press(ref, "failed")
    assert (await status(played, CHARGES, ref))["reason"] == "APPROVAL_REJECTED"
    assert json.loads(played.receiver.got[0][2])["status"] == "FAILED"
    assert (await played.press(ref, "paid")).json()["error"]["details"]["from"] == "failed"
    assert (await played.data("ledger", provider="mtn"))["charges"] == []


async def test_charge_expires_without_a_word_when_nobody_answers(played: Played) -> None:
    ref = await charged(played)
    await played.clock.advance(299)
    assert (await status(played, CHARGES, ref))["status"] == "PENDING"
    await played.clock.advance(1)
    assert (await status(played, CHARGES, ref))["reason"] == "COULD_NOT_PERFORM_TRANSACTION"
    assert (await played.press(ref, "paid")).json()["error"]["details"]["from"] == "expired"
    assert played.receiver.got == []


async def test_callback_is_put(tmp_path: Path) -> None:
    methods: list[str] = []

    class Noting(Receiver):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            methods.append(scope["method"])
            await super().__call__(scope, receive, send)

    async with playing(tmp_path / "s.sqlite3", Noting()) as played:
        await played.press(await charged(played), "paid")
    assert methods == ["PUT"]


async def test_callback_comes_once_though_nobody_takes_it(played: Played) -> None:
    played.receiver.statuses = [500]
    ref = await charged(played)
    await played.press(ref, "paid")
    await played.time.forward(5_000)
    [shown] = await played.data("callbacks", provider="mtn")
    assert (shown["state"], len(shown["answers"])) == ("given_up", 1)
    assert shown["url"] == "http://service.test/api/v1/payments/webhook/mtn/ours"


async def test_nobody_is_told_when_no_callback_was_asked_for(played: Played) -> None:
    ref = await charged(played, None, **{"X-Callback-Url": None})
    await played.press(ref, "paid")
    assert played.receiver.got == []


@pytest.mark.parametrize(("path", "role"), [(CHARGES, "payer"), (TRANSFERS, "payee")])
async def test_same_reference_is_refused_and_changes_nothing(played: Played, path: str, role: str) -> None:
    ref, _ = await post(played, path, order(role))
    before = await status(played, path, ref)
    _, again = await post(played, path, order(role, amount="9"), ref)
    assert (again.status_code, again.json()["code"]) == (409, "RESOURCE_ALREADY_EXIST")
    assert await status(played, path, ref) == before


async def test_payer_has_agreed_at_once_in_mtns_own_sandbox(played: Played) -> None:
    ref = await charged(played, order(currency="EUR", amount="15.50"), **{"X-Target-Environment": "sandbox"})
    assert (await status(played, CHARGES, ref))["status"] == "SUCCESSFUL"
    assert len(played.receiver.got) == 1


@pytest.mark.parametrize(
    ("number", "status_", "reason"),
    [
        ("46733123450", "FAILED", "INTERNAL_PROCESSING_ERROR"),
        ("46733123451", "FAILED", "APPROVAL_REJECTED"),
        ("46733123452", "FAILED", "EXPIRED"),
        ("46733123453", "PENDING", None),
        ("46733123454", "PENDING", None),
        ("46733123455", "FAILED", "PAYER_NOT_FOUND"),
        ("2250533123455", "FAILED", "PAYER_NOT_FOUND"),
        (PHONE, "PENDING", None),
    ],
)
async def test_numbers_of_the_sandbox(played: Played, number: str, status_: str, reason: str | None) -> None:
    ref = await charged(played, order(payer={"partyIdType": "MSISDN", "partyId": number}))
    charge = await status(played, CHARGES, ref)
    assert (charge["status"], charge.get("reason")) == (status_, reason)
    await played.clock.advance(86_400)
    later = {"46733123453": "PENDING", "46733123454": "SUCCESSFUL"}.get(number, "FAILED")
    assert (await status(played, CHARGES, ref))["status"] == later


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": 1500},
        {"amount": "0"},
        {"amount": "-5"},
        {"amount": "15,00"},
        {"amount": "1500\n"},
        {"amount": None},
        {"currency": None},
        {"payer": None},
        {"payer": {"partyIdType": "EMAIL", "partyId": "a@b.test"}},
        {"payer": {"partyIdType": "MSISDN", "partyId": f"+{PHONE}"}},
        {"payerMessage": "c'est"},
        {"payeeNote": "x" * 161},
    ],
)
async def test_bad_request_when_a_field_is_wrong(played: Played, changes: dict[str, object]) -> None:
    ref, answer = await post(played, CHARGES, order("payer", **changes))
    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_REQUEST")
    assert (await played.http.get(f"{CHARGES}/{ref}", headers=HEADERS)).status_code == 404


async def test_bad_request_when_there_is_no_json(played: Played) -> None:
    for content, type_ in ((b"{", "application/json"), (b"", "application/json"), (b"{}", "text/plain")):
        headers = {**HEADERS, "X-Reference-Id": str(uuid4()), "Content-Type": type_}
        answer = await played.http.post(CHARGES, content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("ref", ["1", "0b5b0f0e-7d8e-1f0b-8a55-1f6f0b1c2d3e", "7f00310b875b48e1945d57fbab404643"])
async def test_bad_request_when_the_reference_is_no_uuid_of_version_4(played: Played, ref: str) -> None:
    _, answer = await post(played, CHARGES, order(), ref)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("headers", "status_", "said"),
    [
        ({"Authorization": None}, 401, "Unauthorized"),
        ({"Authorization": "Bearer bad"}, 401, "Unauthorized"),
        ({"Authorization": "Basic any"}, 401, "Unauthorized"),
        ({"Ocp-Apim-Subscription-Key": None}, 401, "missing subscription key"),
        ({"Ocp-Apim-Subscription-Key": "bad"}, 401, "invalid subscription key"),
        ({"X-Target-Environment": None}, 400, "NOT_ALLOWED_TARGET_ENVIRONMENT"),
        ({"X-Target-Environment": "production"}, 400, "NOT_ALLOWED_TARGET_ENVIRONMENT"),
        ({"X-Target-Environment": "sandbox"}, 400, "INVALID_CURRENCY"),
        ({"User-Agent": "python-requests/2.34"}, 403, "<html>"),
    ],
)
async def test_every_order_is_refused_when_its_headers_are(
    played: Played, headers: dict[str, str | None], status_: int, said: str
) -> None:
    body = order(payee={"partyIdType": "MSISDN", "partyId": PHONE}, referenceIdToRefund=str(uuid4()))
    for path in (CHARGES, TRANSFERS, REFUNDS):
        _, answer = await post(played, path, body, **headers)
        assert answer.status_code == status_, path
        assert said in answer.text


async def test_not_found_when_there_is_no_such_order(played: Played) -> None:
    for path in (CHARGES, TRANSFERS, REFUNDS, f"{BASE}/disbursement/v2_0/refund"):
        answer = await played.http.get(f"{path}/{uuid4()}", headers=HEADERS)
        assert (answer.status_code, answer.json()["code"]) == (404, "RESOURCE_NOT_FOUND")
    assert (await played.http.get(f"/sandbox/checkout/{uuid4()}")).status_code == 404


async def test_transfer_is_booked_and_told(played: Played) -> None:
    ref, answer = await post(played, TRANSFERS, order("payee"))
    assert answer.status_code == 202
    transfer = await status(played, TRANSFERS, ref)
    assert transfer["status"] == "SUCCESSFUL"
    assert json.loads(played.receiver.got[0][2]) == transfer
    [line] = (await played.data("ledger", provider="mtn"))["payouts"]
    assert (line["ref"], line["amount"], line["status"], line["phone"]) == (ref, 1500, "SUCCESSFUL", f"+{PHONE}")


@pytest.mark.parametrize("version", ["v1_0", "v2_0"])
async def test_refund_gives_back_parts_and_no_more(played: Played, version: str) -> None:
    path = f"{BASE}/disbursement/{version}/refund"
    charge = await charged(played)
    body = order(payer=None, referenceIdToRefund=charge, amount="1000")
    _, early = await post(played, path, body)
    assert early.status_code == 400
    await played.press(charge, "paid")
    ref, first = await post(played, path, body)
    _, again = await post(played, path, body, ref)
    _, more = await post(played, path, body)
    _, rest = await post(played, path, body | {"amount": "500"})
    assert [each.status_code for each in (first, again, more, rest)] == [202, 409, 400, 202]
    assert (await status(played, path, ref))["status"] == "SUCCESSFUL"
    assert [line["amount"] for line in (await played.data("ledger", provider="mtn"))["refunds"]] == [1000, 500]


async def test_refund_is_refused_when_the_charge_is_unknown(played: Played) -> None:
    _, answer = await post(played, REFUNDS, order(payer=None, referenceIdToRefund=str(uuid4())))
    assert (answer.status_code, answer.json()["code"]) == (404, "RESOURCE_NOT_FOUND")


async def token(played: Played, product: str = "collection", **headers: str) -> httpx.Response:
    return await played.http.post(f"{BASE}/{product}/token/", headers={**SUBSCRIPTION, **BASIC, **headers})


async def test_token_serves_its_product_for_an_hour(played: Played) -> None:
    answer = (await token(played, **{"X-Target-Environment": "mtnivorycoast"})).json()
    assert (answer["token_type"], answer["expires_in"]) == ("access_token", 3600)
    bearer = {**HEADERS, "Authorization": f"Bearer {answer['access_token']}"}
    paths = [f"{BASE}/{product}/v1_0/account/balance" for product in ("collection", "disbursement")]
    statuses = [(await played.http.get(path, headers=bearer)).status_code for path in paths]
    await played.clock.advance(3600)
    statuses.append((await played.http.get(paths[0], headers=bearer)).status_code)
    assert statuses == [200, 401, 401]


@pytest.mark.parametrize(
    ("headers", "status_"),
    [
        ({"Authorization": "Basic " + b64encode(b"user:bad").decode()}, 401),
        ({"Authorization": "Basic " + b64encode(b"user").decode()}, 401),
        ({"Authorization": "Basic ?"}, 401),
        ({"Authorization": "Bearer any"}, 401),
        ({"Ocp-Apim-Subscription-Key": "bad"}, 401),
        ({"X-Target-Environment": "production"}, 400),
    ],
)
async def test_no_token_when_a_key_is_wrong(played: Played, headers: dict[str, str], status_: int) -> None:
    assert (await token(played, **headers)).status_code == status_


async def test_no_token_for_what_is_no_product(played: Played) -> None:
    assert (await token(played, "remittances")).status_code == 404


async def test_user_is_set_up_and_keeps_to_his_key_and_host(played: Played) -> None:
    user = str(uuid4())
    setup = {**SUBSCRIPTION, "X-Reference-Id": user}
    host = {"providerCallbackHost": "api.allonova.test"}
    made = [await played.http.post(f"{BASE}/v1_0/apiuser", json=host, headers=setup) for _ in range(2)]
    assert [answer.status_code for answer in made] == [201, 409]
    shown = await played.http.get(f"{BASE}/v1_0/apiuser/{user}", headers=SUBSCRIPTION)
    assert shown.json() == host | {"targetEnvironment": "sandbox"}
    key = (await played.http.post(f"{BASE}/v1_0/apiuser/{user}/apikey", headers=SUBSCRIPTION)).json()["apiKey"]

    def basic(key: str) -> dict[str, str]:
        return {"Authorization": "Basic " + b64encode(f"{user}:{key}".encode()).decode()}

    assert (await token(played, **basic("another"))).status_code == 401
    bearer = f"Bearer {(await token(played, **basic(key))).json()['access_token']}"
    _, ours = await post(played, CHARGES, order(), Authorization=bearer)
    foreign = {"Authorization": bearer, "X-Callback-Url": "https://elsewhere.test/x"}
    _, theirs = await post(played, CHARGES, order(), **foreign)
    assert (ours.status_code, theirs.status_code) == (202, 400)
    assert theirs.json()["code"] == "INVALID_CALLBACK_URL_HOST"


async def test_user_is_not_set_up_when_the_call_is_wrong(played: Played) -> None:
    users = f"{BASE}/v1_0/apiuser"
    good = {**SUBSCRIPTION, "X-Reference-Id": str(uuid4())}
    assert (await played.http.post(users, json={}, headers=good)).status_code == 400
    assert (await played.http.post(users, json={}, headers={"X-Reference-Id": str(uuid4())})).status_code == 401
    for path in (f"{users}/{uuid4()}", f"{users}/{uuid4()}/apikey"):
        method = "POST" if path.endswith("apikey") else "GET"
        assert (await played.http.request(method, path, headers=SUBSCRIPTION)).status_code == 404


async def test_account_holder_is_active_unless_nobody_has_the_number(played: Played) -> None:
    for number, active in ((PHONE, True), ("46733123455", False)):
        path = f"{BASE}/collection/v1_0/accountholder/msisdn/{number}/active"
        assert (await played.http.get(path, headers=HEADERS)).json() == {"result": active}


@pytest.mark.parametrize(("kind", "status_"), [("error", 500), ("html", 502)])
async def test_faults_strike_what_moves_money_and_spare_tokens(played: Played, kind: str, status_: int) -> None:
    await played.arm(kind, provider="mtn")
    assert (await token(played)).status_code == 200
    _, struck = await post(played, CHARGES, order())
    assert struck.status_code == status_
    await charged(played)


async def test_charge_stands_when_it_was_taken_without_an_answer(played: Played) -> None:
    await played.arm("accepted_then_timeout", provider="mtn")
    ref = str(uuid4())
    call = asyncio.create_task(post(played, CHARGES, order(), ref))
    await settled()
    assert not call.done()
    await played.time.forward(30)
    assert (await call)[1].status_code == 503
    assert (await status(played, CHARGES, ref))["status"] == "PENDING"


@pytest.mark.parametrize(("kind", "times"), [("duplicate", 2), ("lost", 0)])
async def test_callbacks_come_twice_or_not_at_all(played: Played, kind: str, times: int) -> None:
    ref = await charged(played)
    await played.arm(kind, provider="mtn")
    await played.press(ref, "paid")
    assert len(played.receiver.got) == times
    assert (await status(played, CHARGES, ref))["status"] == "SUCCESSFUL"


async def test_wrong_amount_is_said_in_callback_and_status(played: Played) -> None:
    ref = await charged(played)
    await played.arm("wrong_amount", provider="mtn")
    await played.press(ref, "paid")
    assert json.loads(played.receiver.got[0][2])["amount"] == "1501"
    assert (await status(played, CHARGES, ref))["amount"] == "1501"
    assert (await played.data("ledger", provider="mtn"))["charges"][0]["amount"] == 1500


async def test_forged_callback_names_another_reference_in_path_and_body(played: Played) -> None:
    ref = await charged(played)
    await played.arm("bad_signature", provider="mtn")
    await played.press(ref, "paid")
    path, _, body = played.receiver.got[0]
    assert re.fullmatch(r"/api/v1/payments/webhook/mtn/[0-9a-f-]{36}", path)
    assert json.loads(body)["externalId"] != "order-1"


async def test_charges_are_remembered_when_the_sandbox_starts_again(tmp_path: Path) -> None:
    async with playing(tmp_path / "s.sqlite3") as first:
        ref = await charged(first)
    async with playing(tmp_path / "s.sqlite3") as second:
        await second.press(ref, "paid")
        assert (await status(second, CHARGES, ref))["status"] == "SUCCESSFUL"
