"""Charges and refunds at MTN, against the played provider."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from allonova.application.kernel.inside import INSIDE_UNIT
from allonova.application.money.ports import PushIntent, Reach, RefusedByProvider, Reported, TransferState
from allonova.domain.kernel.errors import ProviderUnavailable
from tests.payments.harness import make_refund
from tests.payments.mtn_harness import PHONE, URL, Mtn, answering, keys, make_payment, mtn_at, payments
from tests.sandbox.harness import START

MISSING = httpx.Response(404, json={"code": "RESOURCE_NOT_FOUND", "message": "Requested resource was not found."})


@pytest.fixture
async def mtn(tmp_path: Path) -> AsyncIterator[Mtn]:
    async with mtn_at(tmp_path / "state.sqlite3") as it:
        yield it


async def unanswered[T](mtn: Mtn, call: Awaitable[T]) -> T:
    """The call, while MTN keeps it waiting for longer than anybody waits."""
    task = asyncio.ensure_future(call)
    await mtn.played.time.forward(61)
    return await task


async def test_payer_is_called_when_a_payment_opens(mtn: Mtn) -> None:
    payment = make_payment()
    opened = await mtn.open(payment)
    assert opened.provider_ref == str(payment.id)
    assert opened.intent == PushIntent(phone=PHONE, expires_at=START + timedelta(minutes=5))
    assert (await mtn.gateway.read(payment)).reported is Reported.OPEN
    assert await mtn.books("charges") == []


async def test_request_is_as_documented_when_a_payment_opens() -> None:
    http, asked = answering(httpx.Response(202))
    payment = make_payment()
    await payments(http).open(payment, return_url="", phone=PHONE, is_repeat=False)
    token, charge = asked
    assert (token.method, str(token.url)) == ("POST", f"{URL}/collection/token/")
    assert token.headers["Authorization"] == "Basic dTpr"
    assert token.headers["X-Target-Environment"] == "mtnivorycoast"
    assert (charge.method, str(charge.url)) == ("POST", f"{URL}/collection/v1_0/requesttopay")
    assert {name: charge.headers[name] for name in ("Authorization", "X-Reference-Id", "X-Callback-Url")} == {
        "Authorization": "Bearer t",
        "X-Reference-Id": str(payment.id),
        "X-Callback-Url": f"https://api.allonova.test/api/v1/payments/webhook/mtn/{payment.id}",
    }
    assert charge.headers["X-Target-Environment"] == "mtnivorycoast"
    assert charge.headers["Ocp-Apim-Subscription-Key"] == "s"
    assert charge.headers["User-Agent"] == "AlloNova"
    assert json.loads(charge.content) == {
        "amount": "5000",
        "currency": "XOF",
        "externalId": str(payment.id),
        "payer": {"partyIdType": "MSISDN", "partyId": PHONE.removeprefix("+")},
        "payerMessage": "Trajet AlloCar",
        "payeeNote": "AlloCar",
    }


async def test_paid_with_our_sum_when_the_payer_approves(mtn: Mtn) -> None:
    payment = await mtn.paid()
    report = await mtn.gateway.read(payment)
    assert (report.reported, report.amount, report.currency) == (Reported.PAID, 5000, "XOF")
    assert report.provider_ref == str(payment.id)
    assert PHONE.removeprefix("+") not in str(report.raw)
    [charge] = await mtn.books("charges")
    assert (charge["ref"], charge["amount"], charge["phone"]) == (str(payment.id), 5000, PHONE)


async def test_failed_when_the_payer_rejects(mtn: Mtn) -> None:
    payment = make_payment()
    await mtn.open(payment)
    await mtn.press(payment, "failed")
    report = await mtn.gateway.read(payment)
    assert (report.reported, report.failure_code) == (Reported.FAILED, "approval_rejected")


async def test_failed_when_nobody_approves_in_five_minutes(mtn: Mtn) -> None:
    payment = make_payment()
    await mtn.open(payment)
    await mtn.played.clock.advance(300)
    report = await mtn.gateway.read(payment)
    assert (report.reported, report.failure_code) == (Reported.FAILED, "could_not_perform_transaction")


@pytest.mark.parametrize(
    ("last", "reported", "code"),
    [
        ("50", Reported.FAILED, "internal_processing_error"),
        ("51", Reported.FAILED, "approval_rejected"),
        ("52", Reported.FAILED, "expired"),
        ("53", Reported.OPEN, ""),
        ("54", Reported.OPEN, ""),
        ("55", Reported.FAILED, "payer_not_found"),
    ],
)
async def test_sandbox_numbers_have_their_fates(mtn: Mtn, last: str, reported: Reported, code: str) -> None:
    payment = make_payment()
    await mtn.open(payment, phone=f"+467331234{last}")
    report = await mtn.gateway.read(payment)
    assert (report.reported, report.failure_code) == (reported, code)


async def test_delayed_number_has_paid_after_half_a_minute(mtn: Mtn) -> None:
    payment = make_payment()
    await mtn.open(payment, phone="+46733123454")
    await mtn.played.clock.advance(30)
    assert (await mtn.gateway.read(payment)).reported is Reported.PAID


async def test_euros_are_francs_in_mtns_own_sandbox(tmp_path: Path) -> None:
    async with mtn_at(tmp_path / "s.sqlite3", environment="sandbox") as mtn:
        payment = make_payment()
        await mtn.open(payment)
        report = await mtn.gateway.read(payment)
    assert (report.reported, report.amount, report.currency) == (Reported.PAID, 5000, "XOF")


@pytest.mark.parametrize("is_repeat", [True, False])
async def test_one_charge_when_opened_again(mtn: Mtn, is_repeat: bool) -> None:
    payment = make_payment()
    first = await mtn.open(payment)
    assert await mtn.open(payment, is_repeat=is_repeat) == first
    await mtn.press(payment, "paid")
    assert await mtn.open(payment, is_repeat=is_repeat) == first
    assert len(await mtn.books("charges")) == 1


async def test_opened_when_the_charge_was_taken_without_an_answer(mtn: Mtn) -> None:
    payment = make_payment()
    await mtn.arm("accepted_then_timeout")
    opened = await unanswered(mtn, mtn.open(payment))
    assert opened.provider_ref == str(payment.id)
    assert (await mtn.gateway.read(payment)).reported is Reported.OPEN


async def test_one_charge_when_nothing_is_known_of_the_first_try(mtn: Mtn) -> None:
    payment = make_payment()
    await mtn.arm("accepted_then_timeout", 2)  # the call, and the look for what it did
    with pytest.raises(ProviderUnavailable):
        await unanswered(mtn, mtn.open(payment))
    await mtn.open(payment, is_repeat=True)
    await mtn.press(payment, "paid")
    assert len(await mtn.books("charges")) == 1


@pytest.mark.parametrize("kind", ["error", "html", "timeout"])
async def test_unavailable_and_nothing_taken_when_mtn_breaks(mtn: Mtn, kind: str) -> None:
    payment = make_payment()
    await mtn.arm(kind)
    with pytest.raises(ProviderUnavailable) as caught:
        await unanswered(mtn, mtn.open(payment))
    assert caught.value.provider == "mtn"
    assert (await mtn.gateway.read(payment)).reported is Reported.NOT_FOUND
    await mtn.open(payment, is_repeat=True)
    assert (await mtn.gateway.read(payment)).reported is Reported.OPEN


@pytest.mark.parametrize(("phone", "code"), [(None, "phone-required"), ("0501020304", "phone-invalid")])
async def test_refused_when_there_is_no_phone_to_call(mtn: Mtn, phone: str | None, code: str) -> None:
    payment = make_payment()
    with pytest.raises(RefusedByProvider) as caught:
        await mtn.open(payment, phone=phone)
    assert caught.value.code == code
    assert (await mtn.gateway.read(payment)).reported is Reported.NOT_FOUND


async def test_refused_when_mtn_refuses_for_good() -> None:
    http, _ = answering(httpx.Response(400, json={"code": "PAYER_NOT_FOUND", "message": "who?"}), MISSING)
    with pytest.raises(RefusedByProvider) as caught:
        await payments(http).open(make_payment(), return_url="", phone=PHONE, is_repeat=False)
    assert (caught.value.code, caught.value.message) == ("payer_not_found", "who?")


async def test_existing_reference_is_a_charge_though_it_cannot_be_read_yet() -> None:
    payment = make_payment()
    http, _ = answering(httpx.Response(409, json={"code": "RESOURCE_ALREADY_EXIST"}), MISSING)
    opened = await payments(http).open(payment, return_url="", phone=PHONE, is_repeat=True)
    assert opened.provider_ref == str(payment.id)


async def test_asked_for_one_token_and_nothing_else_when_there_is_none() -> None:
    asked: list[str] = []

    def broken(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(500)

    http = httpx.AsyncClient(transport=httpx.MockTransport(broken))
    with pytest.raises(ProviderUnavailable):
        await payments(http).open(make_payment(), return_url="", phone=PHONE, is_repeat=False)
    assert asked == ["/sandbox/mtn/collection/token/"]


async def test_opened_when_a_repeat_is_refused_but_the_first_was_taken() -> None:
    payment = make_payment()
    charge = {"amount": "5000", "currency": "XOF", "externalId": str(payment.id), "status": "PENDING"}
    http, _ = answering(httpx.Response(400, json={"code": "PAYER_LIMIT_REACHED"}), httpx.Response(200, json=charge))
    opened = await payments(http).open(payment, return_url="", phone=PHONE, is_repeat=True)
    assert opened.provider_ref == str(payment.id)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(403, text="<html>no</html>"),
        httpx.Response(403, json={"code": "FORBIDDEN_IP"}),
        httpx.Response(400, json={"code": "INVALID_CURRENCY"}),
        httpx.Response(400, json={"code": "NOT_ALLOWED_TARGET_ENVIRONMENT"}),
        httpx.Response(400, json={"code": "INVALID_CALLBACK_URL_HOST"}),
        httpx.Response(404, json={"statusCode": 404, "message": "Resource not found"}),
        httpx.Response(500, json={"code": "INTERNAL_PROCESSING_ERROR"}),
        httpx.Response(302, headers={"Location": "https://elsewhere.test"}),
        httpx.Response(429),
        httpx.ConnectError("no"),
        httpx.ReadTimeout("slow"),
    ],
)
async def test_unavailable_when_the_fault_is_not_the_payers(answer: httpx.Response | Exception) -> None:
    http, _ = answering(answer, MISSING)
    with pytest.raises(ProviderUnavailable):
        await payments(http).open(make_payment(), return_url="", phone=PHONE, is_repeat=False)


@pytest.mark.parametrize("bad", [{"api_key": "bad"}, {"subscription_key": "bad"}])
async def test_unavailable_when_our_key_is_refused(tmp_path: Path, bad: dict[str, str]) -> None:
    async with mtn_at(tmp_path / "s.sqlite3", known=keys(**bad)) as mtn:
        calls: list[Callable[[], Awaitable[Any]]] = [
            lambda: mtn.open(make_payment()),
            lambda: mtn.gateway.read(make_payment()),
            lambda: mtn.gateway.refund(payment := make_payment(), make_refund(payment, 1)),
        ]
        for call in calls:
            with pytest.raises(ProviderUnavailable):
                await call()


async def test_payment_is_asked_for_where_it_was_made() -> None:
    http, asked = answering(MISSING)
    payment = make_payment(url="https://proxy.momoapi.mtn.com")
    await payments(http).read(payment)
    assert {request.url.host for request in asked} == {"proxy.momoapi.mtn.com"}


async def test_nothing_is_called_inside_a_unit(mtn: Mtn) -> None:
    mark = INSIDE_UNIT.set(True)
    try:
        with pytest.raises(RuntimeError, match="mtn inside a unit"):
            await mtn.open(make_payment())
    finally:
        INSIDE_UNIT.reset(mark)


async def test_nothing_is_held_and_nothing_taken_back(mtn: Mtn) -> None:
    payment = make_payment()
    with pytest.raises(RefusedByProvider):
        await mtn.gateway.capture(payment)
    await mtn.gateway.end(payment)


async def test_gives_back_in_parts_when_there_are_keys_to_pay_with(mtn: Mtn) -> None:
    assert mtn.gateway.gives_back is Reach.PARTS
    gateway = payments(mtn.played.http, with_refunds=False)
    assert gateway.gives_back is Reach.NOTHING
    with pytest.raises(RefusedByProvider) as caught:
        await gateway.refund(payment := make_payment(), make_refund(payment, 1))
    assert caught.value.code == "refund-not-possible"


async def test_parts_go_back_once_when_each_is_asked_for_twice(mtn: Mtn) -> None:
    payment = await mtn.paid()
    refunds = [make_refund(payment, 2000), make_refund(payment, 3000)]
    for refund in refunds * 2:
        found = await mtn.gateway.refund(payment, refund)
        assert (found.state, found.amount, found.provider_ref) == (
            TransferState.DONE,
            refund.amount,
            str(refund.id),
        )
    assert [(line["ref"], line["amount"]) for line in await mtn.books("refunds")] == [
        (str(refund.id), refund.amount) for refund in refunds
    ]


async def test_refund_is_refused_when_more_is_asked_than_is_left(mtn: Mtn) -> None:
    payment = await mtn.paid()
    await mtn.gateway.refund(payment, make_refund(payment, 4000))
    with pytest.raises(RefusedByProvider):
        await mtn.gateway.refund(payment, make_refund(payment, 1001))
    assert len(await mtn.books("refunds")) == 1


async def test_refund_is_refused_when_mtn_does_not_know_the_payment(mtn: Mtn) -> None:
    payment = make_payment()
    with pytest.raises(RefusedByProvider) as caught:
        await mtn.gateway.refund(payment, make_refund(payment, 1))
    assert caught.value.code == "resource_not_found"


@pytest.mark.parametrize("kind", ["error", "html", "timeout", "accepted_then_timeout"])
async def test_refund_happens_once_when_nothing_was_known_of_the_first_try(mtn: Mtn, kind: str) -> None:
    payment = await mtn.paid()
    refund = make_refund(payment, 5000)
    await mtn.arm(kind)
    with pytest.raises(ProviderUnavailable):
        await unanswered(mtn, mtn.gateway.refund(payment, refund))
    assert (await mtn.gateway.refund(payment, refund)).state is TransferState.DONE
    assert len(await mtn.books("refunds")) == 1


async def test_refund_is_pending_when_it_was_taken_but_cannot_be_read() -> None:
    taken = httpx.Response(202), httpx.Response(409, json={"code": "RESOURCE_ALREADY_EXIST"})
    for first, second in itertools.product(taken, (MISSING, httpx.Response(500))):
        http, _ = answering(first, second)
        payment = make_payment()
        found = await payments(http).refund(payment, make_refund(payment, 1))
        assert found.state is TransferState.PENDING


async def test_refund_that_was_taken_before_is_not_refused() -> None:
    payment = make_payment()
    refund = make_refund(payment, 5000)
    done = {"amount": "5000", "currency": "XOF", "externalId": str(refund.id), "status": "SUCCESSFUL"}
    http, _ = answering(httpx.Response(400, json={"code": "NOT_FOUND"}), httpx.Response(200, json=done))
    assert (await payments(http).refund(payment, refund)).state is TransferState.DONE


async def test_refund_waits_when_our_account_does_not_cover_it() -> None:
    http, _ = answering(httpx.Response(400, json={"code": "NOT_ENOUGH_FUNDS"}))
    with pytest.raises(ProviderUnavailable):
        await payments(http).refund(payment := make_payment(), make_refund(payment, 1))


async def test_refund_is_not_found_when_mtn_never_took_it(mtn: Mtn) -> None:
    payment = await mtn.paid()
    assert (await mtn.gateway.read_refund(payment, make_refund(payment, 1))).state is TransferState.NOT_FOUND


async def test_wrong_amount_is_what_mtn_says_from_then_on(mtn: Mtn) -> None:
    payment = make_payment()
    await mtn.open(payment)
    await mtn.arm("wrong_amount")
    await mtn.press(payment, "paid")
    for _ in range(2):
        report = await mtn.gateway.read(payment)
        assert (report.reported, report.amount) == (Reported.PAID, 5001)
    assert (await mtn.books("charges"))[0]["amount"] == 5000


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"status": "PENDING"}, Reported.OPEN),
        ({"status": "SUCCESSFUL"}, Reported.PAID),
        ({"status": "FAILED"}, Reported.FAILED),
        ({"status": "FAILED", "reason": "EXPIRED"}, Reported.FAILED),
        ({"status": "FAILED", "reason": {"code": "PAYER_NOT_FOUND", "message": "x"}}, Reported.FAILED),
        ({"status": "FAILED", "reason": "SOMETHING_NEW"}, Reported.UNKNOWN),
        ({"status": "FAILED", "reason": {"message": "x"}}, Reported.UNKNOWN),
        ({"status": "FAILED", "reason": 7}, Reported.UNKNOWN),
        ({"status": "SUCCESSFUL", "amount": "5000.00"}, Reported.PAID),
        ({"status": "SUCCESSFUL", "amount": 5000}, Reported.PAID),
        ({"status": "SUCCESSFUL", "amount": "5000.50"}, Reported.UNKNOWN),
        ({"status": "SUCCESSFUL", "amount": None}, Reported.UNKNOWN),
        ({"status": "SUCCESSFUL", "amount": "9" * 12}, Reported.UNKNOWN),
        ({"status": "SUCCESSFUL", "amount": "\u0665"}, Reported.UNKNOWN),
        ({"status": "SUCCESSFUL", "currency": None}, Reported.UNKNOWN),
        ({"status": "SUCCESSFUL", "externalId": str(uuid4())}, Reported.UNKNOWN),
        ({"status": "SUCCESSFUL", "externalId": None}, Reported.PAID),
        ({"status": "CREATED"}, Reported.UNKNOWN),
        ({"status": "successful"}, Reported.UNKNOWN),
        ({"status": None}, Reported.UNKNOWN),
        ({}, Reported.UNKNOWN),
    ],
)
async def test_only_what_is_known_is_believed(answer: dict[str, Any], expected: Reported) -> None:
    payment = make_payment()
    charge = {"amount": "5000", "currency": "XOF", "externalId": str(payment.id)} | answer
    http, _ = answering(httpx.Response(200, json=charge))
    report = await payments(http).read(payment)
    assert report.reported is expected
    if expected is Reported.PAID:
        assert (report.amount, report.currency) == (5000, "XOF")


async def test_another_currency_is_told_as_it_is() -> None:
    payment = make_payment()
    charge = {"amount": "5000", "currency": "EUR", "externalId": str(payment.id), "status": "SUCCESSFUL"}
    http, _ = answering(httpx.Response(200, json=charge))
    report = await payments(http).read(payment)
    assert (report.reported, report.currency) == (Reported.PAID, "EUR")


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, json=[]),
        httpx.Response(200),
        httpx.Response(200, text="<html>"),
        httpx.Response(400, json={"code": "BAD_REQUEST"}),
        httpx.Response(404, json={"statusCode": 404, "message": "Resource not found"}),
        httpx.Response(404),
        httpx.Response(401, json={"statusCode": 401}),
    ],
)
async def test_nothing_is_known_when_the_answer_is_no_status(answer: httpx.Response) -> None:
    http, _ = answering(answer)
    with pytest.raises(ProviderUnavailable):
        await payments(http).read(make_payment())
