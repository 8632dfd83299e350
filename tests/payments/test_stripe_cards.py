"""Cards by Stripe, against the played provider and against answers that are wrong."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from allonova.adapters.payments.stripe_cards import StripeCards
from allonova.adapters.vendors.breaker import FAILURES
from allonova.application.kernel.inside import INSIDE_UNIT
from allonova.application.money.ports import (
    ClientSecretIntent,
    Reach,
    RefusedByProvider,
    Report,
    Reported,
    TransferState,
)
from allonova.domain.kernel.errors import ProviderUnavailable
from tests.sandbox.harness import START, ServiceClock

from .stripe_harness import Answers, Stripe, cards, make_payment, make_refund, secret_of, stripe_at

ID = UUID("0d9de2a5-3c51-4b3f-9d2a-60f3b8d7a111")
INTENT: dict[str, Any] = {
    "id": "pi_1",
    "object": "payment_intent",
    "amount": 5000,
    "amount_received": 5000,
    "currency": "xof",
    "client_secret": "pi_1_secret_x",
    "metadata": {"payment_id": str(ID)},
    "status": "succeeded",
    "latest_charge": {"id": "ch_1", "amount": 5000, "amount_refunded": 0, "disputed": False},
}


@pytest.fixture
async def stripe(tmp_path: Path) -> AsyncIterator[Stripe]:
    async with stripe_at(tmp_path / "state.sqlite3") as it:
        yield it


def lying(said: dict[tuple[str, str], Any]) -> tuple[StripeCards, Answers]:
    answers = Answers(said)
    return cards(httpx.AsyncClient(transport=httpx.MockTransport(answers))), answers


async def read(**changes: object) -> Report:
    gateway, _ = lying({("GET", "/payment_intents/pi_1"): INTENT | changes})
    return await gateway.read(make_payment(id=ID, provider_ref="pi_1"))


async def test_payment_opens_with_our_amount_and_id(stripe: Stripe) -> None:
    payment = make_payment()
    opened = await stripe.first(payment)
    payment.provider_ref = opened.provider_ref
    intent = await stripe.intent(payment)
    assert opened.intent == ClientSecretIntent(client_secret=intent["client_secret"], publishable_key="pk_test_any")
    assert (intent["amount"], intent["currency"], intent["metadata"]) == (5000, "xof", {"payment_id": str(payment.id)})
    assert (intent["capture_method"], intent["payment_method_types"]) == ("manual", ["card"])
    assert stripe.gateway.gives_back is Reach.PARTS


async def test_one_intent_when_opened_again_after_a_crash(stripe: Stripe) -> None:
    payment = make_payment()
    first = await stripe.first(payment)
    assert await stripe.again(payment) == first
    payment.provider_ref = first.provider_ref
    assert await stripe.again(payment) == first


async def test_one_intent_when_the_key_has_died(stripe: Stripe) -> None:
    payment = make_payment()
    first = await stripe.first(payment)
    await stripe.played.clock.advance(90_000)
    assert (await stripe.again(payment)).provider_ref == first.provider_ref


async def test_one_intent_when_creation_was_accepted_without_an_answer(stripe: Stripe) -> None:
    payment = make_payment()
    await stripe.played.arm("accepted_then_timeout", provider="stripe")
    opening = asyncio.create_task(stripe.first(payment))
    await stripe.played.time.forward(31)
    opened = await opening
    assert (await stripe.again(payment)) == opened


@pytest.mark.parametrize("kind", ["error", "html"])
async def test_tried_once_more_and_no_more_when_provider_breaks(stripe: Stripe, kind: str) -> None:
    await stripe.played.arm(kind, provider="stripe")
    await stripe.first(make_payment())
    await stripe.played.arm(kind, times=2, provider="stripe")
    with pytest.raises(ProviderUnavailable) as caught:
        await stripe.first(make_payment())
    assert caught.value.provider == "stripe"


async def test_breaker_opens_after_failures_in_a_row(stripe: Stripe) -> None:
    await stripe.played.arm("error", times=FAILURES, provider="stripe")
    for _ in range(FAILURES // 2 + 1):
        with pytest.raises(ProviderUnavailable):
            await stripe.first(make_payment())
    with pytest.raises(ProviderUnavailable):
        await stripe.first(make_payment())


async def test_not_asked_twice_when_it_says_how_long_to_wait() -> None:
    answers = Answers({("POST", ""): httpx.Response(429, headers={"Retry-After": "7"}, json={"error": {}})})
    gateway = cards(httpx.AsyncClient(transport=httpx.MockTransport(answers)))
    with pytest.raises(ProviderUnavailable) as caught:
        await gateway.capture(make_payment(provider_ref="pi_1"))
    assert (caught.value.retry_after_s, len(answers.asked)) == (7, 1)


@pytest.mark.parametrize("status", [401, 403])
async def test_our_fault_is_no_refusal_and_its_words_stay_out_of_the_log(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    error = {"type": "invalid_request_error", "message": "Invalid API Key provided: sk_live_abcd1234"}
    gateway, _ = lying({("POST", ""): httpx.Response(status, json={"error": error})})
    payment = make_payment(provider_ref="pi_1")
    for call in (gateway.refund(payment, make_refund(payment, 1)), gateway.capture(payment), gateway.end(payment)):
        with pytest.raises(ProviderUnavailable):
            await call
    assert "stripe refuses our key" in caplog.text
    assert "abcd1234" not in caplog.text
    assert not [record for record in caplog.records if record.exc_info]


async def test_client_secrets_stay_out_of_the_log(stripe: Stripe, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    opened = await stripe.first(make_payment())
    assert secret_of(opened) not in caplog.text


async def test_unavailable_when_key_is_bad(tmp_path: Path) -> None:
    async with stripe_at(tmp_path / "state.sqlite3", key="bad") as stripe:
        with pytest.raises(ProviderUnavailable):
            await stripe.first(make_payment())


async def test_unavailable_when_the_same_key_had_another_body(stripe: Stripe) -> None:
    payment = make_payment()
    await stripe.first(payment)
    payment.amount = 6000
    with pytest.raises(ProviderUnavailable):
        await stripe.first(payment)


async def test_refused_when_the_amount_is_too_large(stripe: Stripe) -> None:
    with pytest.raises(RefusedByProvider) as caught:
        await stripe.first(make_payment(amount=100_000_000))
    assert caught.value.code == "amount_too_large"


async def test_refused_when_it_was_ended_before(stripe: Stripe) -> None:
    payment = await stripe.opened()
    await stripe.gateway.end(payment)
    with pytest.raises(RefusedByProvider) as caught:
        await stripe.again(payment)
    assert caught.value.code == "canceled"


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": 5001},
        {"amount": "5000"},
        {"amount": True},
        {"currency": "eur"},
        {"currency": "xofx"},
        {"metadata": {}},
        {"metadata": []},
        {"metadata": {"payment_id": "somebody-else"}},
        {"id": ""},
        {"id": "../../refunds"},
        {"id": 7},
        {"client_secret": None},
        {"client_secret": "a b"},
        {"object": []},
    ],
)
async def test_answer_is_not_accepted_when_it_is_not_ours(changes: dict[str, object]) -> None:
    gateway, _ = lying({("POST", "/payment_intents"): INTENT | {"status": "requires_payment_method"} | changes})
    opening = gateway.open(make_payment(id=ID), return_url="", phone=None, is_repeat=False)
    if "object" in changes:
        assert (await opening).provider_ref == "pi_1"
    else:
        with pytest.raises(ProviderUnavailable):
            await opening


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, json=[]),
        httpx.Response(200, json="x"),
        httpx.Response(200, content=b""),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, content=b'{"a":1,"a":2}'),
        httpx.Response(200, content=b"[" * 5000),
        httpx.Response(400, json={"error": "invalid_client"}),
        httpx.Response(400, json={"error": []}),
        httpx.Response(404, json={"message": "no route"}),
        httpx.Response(404, json={"error": {"type": "invalid_request_error", "message": "Unrecognized request URL"}}),
        httpx.Response(400, json=[]),
        httpx.Response(418, json={"error": {"type": 7}}),
        httpx.Response(302, headers={"Location": "https://evil.test"}),
        httpx.Response(409, json={"error": {"type": "idempotency_error"}}),
    ],
)
async def test_unavailable_when_nobody_can_tell_what_it_says(answer: httpx.Response) -> None:
    gateway, _ = lying({("POST", ""): answer, ("GET", ""): answer})
    payment = make_payment(provider_ref="pi_1")
    for call in (
        gateway.open(payment, return_url="", phone=None, is_repeat=False),
        gateway.read(payment),
        gateway.refund(payment, make_refund(payment, 1)),
        gateway.read_refund(payment, make_refund(payment, 1)),
    ):
        with pytest.raises(ProviderUnavailable):
            await call


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (
            {"type": "card_error", "code": "card_declined", "decline_code": "lost_card", "message": "No"},
            "lost_card",
            "No",
        ),
        ({"type": "card_error", "code": "expired_card", "message": "a\nb\x1b"}, "expired_card", "a b"),
        ({"type": "invalid_request_error"}, "invalid_request_error", ""),
        ({"type": 7, "code": [], "message": {}}, "refused", ""),
        ({}, "refused", ""),
    ],
)
async def test_refusal_is_read_in_every_shape(error: dict[str, Any], code: str, message: str) -> None:
    for status in (400, 402):
        gateway, _ = lying({("POST", "/v1/refunds"): httpx.Response(status, json={"error": error})})
        payment = make_payment(provider_ref="pi_1")
        with pytest.raises(RefusedByProvider) as caught:
            await gateway.refund(payment, make_refund(payment, 1))
        assert (caught.value.code, caught.value.message) == (code, message)
        assert caught.value.__cause__ is None


async def test_nothing_is_called_inside_a_unit(stripe: Stripe) -> None:
    token = INSIDE_UNIT.set(True)
    try:
        with pytest.raises(RuntimeError, match="stripe inside a unit"):
            await stripe.first(make_payment())
    finally:
        INSIDE_UNIT.reset(token)


async def test_held_money_is_taken_once(stripe: Stripe) -> None:
    payment = await stripe.held()
    assert (await stripe.gateway.read(payment)).reported is Reported.AUTHORIZED
    first = await stripe.gateway.capture(payment)
    assert await stripe.gateway.capture(payment) == first == await stripe.gateway.read(payment)
    assert (first.reported, first.amount, first.currency, first.fees) == (Reported.PAID, 5000, "XOF", 145)
    assert first.provider_ref == payment.provider_ref
    (line,) = (await stripe.played.data("ledger", provider="stripe"))["charges"]
    assert (line["ref"], line["amount"]) == (payment.provider_ref, 5000)


async def test_capture_is_refused_when_nothing_is_held(stripe: Stripe) -> None:
    payment = await stripe.opened()
    with pytest.raises(RefusedByProvider) as caught:
        await stripe.gateway.capture(payment)
    assert caught.value.code == "payment_intent_unexpected_state"
    with pytest.raises(RefusedByProvider):
        await stripe.gateway.capture(make_payment())


async def test_refused_capture_does_not_stick(stripe: Stripe) -> None:
    payment = await stripe.opened()
    with pytest.raises(RefusedByProvider):
        await stripe.gateway.capture(payment)
    await stripe.played.press(str(payment.provider_ref), "paid")
    assert (await stripe.gateway.capture(payment)).reported is Reported.PAID


async def test_ended_payment_lets_money_go_and_stays_ended(stripe: Stripe) -> None:
    payment = await stripe.held()
    await stripe.gateway.end(payment)
    await stripe.gateway.end(payment)
    report = await stripe.gateway.read(payment)
    assert (report.reported, report.back, report.failure_code) == (Reported.FAILED, 0, "canceled")
    with pytest.raises(RefusedByProvider):
        await stripe.gateway.capture(payment)
    await stripe.gateway.end(make_payment())


async def test_paid_payment_is_not_ended(stripe: Stripe) -> None:
    payment = await stripe.paid()
    await stripe.gateway.end(payment)
    assert (await stripe.gateway.read(payment)).reported is Reported.PAID


async def test_failed_attempt_leaves_it_open_and_has_its_reason(stripe: Stripe) -> None:
    payment = await stripe.opened()
    assert (await stripe.gateway.read(payment)).reported is Reported.OPEN
    card = "pm_card_chargeDeclinedInsufficientFunds"
    answer = await stripe.post(f"payment_intents/{payment.provider_ref}/confirm", payment_method=card)
    assert answer.status_code == 402
    report = await stripe.gateway.read(payment)
    assert (report.reported, report.failure_code) == (Reported.OPEN, "insufficient_funds")
    assert report.failure_message == "Your card has insufficient funds."


@pytest.mark.parametrize(
    ("changes", "reported", "amount"),
    [
        ({"status": "requires_payment_method"}, Reported.OPEN, 5000),
        ({"status": "requires_payment_method", "last_payment_error": {"code": "x"}}, Reported.OPEN, 5000),
        ({"status": "requires_confirmation"}, Reported.OPEN, 5000),
        ({"status": "requires_action"}, Reported.OPEN, 5000),
        ({"status": "processing"}, Reported.OPEN, 5000),
        ({"status": "requires_capture", "amount_capturable": 4000}, Reported.AUTHORIZED, 4000),
        ({"status": "canceled"}, Reported.FAILED, 5000),
        ({"amount_received": 4999}, Reported.PAID, 4999),
        ({"status": "paid_perhaps"}, Reported.UNKNOWN, 5000),
        ({"status": None}, Reported.UNKNOWN, 5000),
        ({"status": ["succeeded"]}, Reported.UNKNOWN, 5000),
        ({"amount_received": "5000"}, Reported.UNKNOWN, None),
        ({"amount_received": -1}, Reported.UNKNOWN, None),
        ({"currency": "xofx"}, Reported.UNKNOWN, 5000),
        ({"currency": None}, Reported.UNKNOWN, 5000),
        ({"latest_charge": "ch_1"}, Reported.PAID, 5000),
        ({"latest_charge": {"amount_refunded": "all"}}, Reported.PAID, 5000),
    ],
)
async def test_every_status_is_read(changes: dict[str, object], reported: Reported, amount: int | None) -> None:
    report = await read(**changes)
    assert (report.reported, report.amount) == (reported, amount)


async def test_unknown_status_is_an_error_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    await read(status="new")
    assert [record.levelname for record in caplog.records] == ["ERROR"]


@pytest.mark.parametrize(
    ("line", "fees"),
    [
        ({"fee": 145, "currency": "xof"}, 145),
        ({"fee": 22, "currency": "eur"}, None),
        ({"fee": -1, "currency": "xof"}, None),
        ("txn_1", None),
        (None, None),
    ],
)
async def test_fees_are_francs_or_unknown(line: object, fees: int | None) -> None:
    assert (await read(latest_charge={"balance_transaction": line})).fees == fees


async def test_what_is_kept_has_no_secret_and_no_person() -> None:
    report = await read(
        receipt_email="a@b.test", last_payment_error={"code": "x", "payment_method": {"card": {"last4": "4242"}}}
    )
    assert report.raw == {
        "id": "pi_1",
        "object": "payment_intent",
        "amount": 5000,
        "amount_received": 5000,
        "currency": "xof",
        "status": "succeeded",
        "last_payment_error": {"code": "x"},
        "metadata": {"payment_id": str(ID)},
    }


async def test_unanswered_payment_is_found_by_our_id(stripe: Stripe) -> None:
    payment = make_payment()
    await stripe.first(payment)
    with pytest.raises(ProviderUnavailable):
        await stripe.gateway.read(payment)
    await stripe.played.clock.advance(timedelta(minutes=3).total_seconds())
    assert (await stripe.gateway.read(payment)).reported is Reported.OPEN
    nobody = make_payment()
    assert (await stripe.gateway.read(nobody)).reported is Reported.NOT_FOUND
    assert (await stripe.gateway.read(make_payment(provider_ref="pi_nobody"))).reported is Reported.NOT_FOUND


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": {}}])
async def test_unavailable_when_a_list_is_none(body: object) -> None:
    clock = ServiceClock(START + timedelta(days=2))
    http = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200, json=body)))
    with pytest.raises(ProviderUnavailable):
        await cards(http, clock=clock).read(make_payment())


async def test_search_does_not_take_somebody_elses_intent() -> None:
    found = {"data": [INTENT | {"metadata": {"payment_id": "x"}}, 7, INTENT | {"id": None}]}
    gateway = cards(
        httpx.AsyncClient(transport=httpx.MockTransport(Answers({("GET", "/search"): found}))),
        clock=ServiceClock(START + timedelta(days=2)),
    )
    assert (await gateway.read(make_payment(id=ID))).reported is Reported.NOT_FOUND


async def test_refunds_go_back_in_parts_and_once_each(stripe: Stripe) -> None:
    payment = await stripe.paid()
    first, second = make_refund(payment, 2000), make_refund(payment, 3000)
    one = await stripe.gateway.refund(payment, first)
    assert (one.state, one.amount) == (TransferState.DONE, 2000)
    assert await stripe.gateway.refund(payment, first) == one
    report = await stripe.gateway.read(payment)
    assert (report.reported, report.back, report.amount) == (Reported.REFUNDED, 2000, 5000)
    await stripe.gateway.refund(payment, second)
    assert (await stripe.gateway.read(payment)).back == 5000
    with pytest.raises(RefusedByProvider) as caught:
        await stripe.gateway.refund(payment, make_refund(payment, 1))
    assert caught.value.code == "charge_already_refunded"
    lines = (await stripe.played.data("ledger", provider="stripe"))["refunds"]
    assert [line["amount"] for line in lines] == [2000, 3000]


async def test_refund_goes_back_once_when_its_key_has_died(stripe: Stripe) -> None:
    payment = await stripe.paid()
    refund = make_refund(payment, 2000)
    one = await stripe.gateway.refund(payment, refund)
    await stripe.played.clock.advance(90_000)
    assert await stripe.gateway.refund(payment, refund) == one
    assert len((await stripe.played.data("ledger", provider="stripe"))["refunds"]) == 1


async def test_refund_goes_back_once_when_it_was_accepted_without_an_answer(stripe: Stripe) -> None:
    payment = await stripe.paid()
    refund = make_refund(payment, 2000)
    await stripe.played.arm("accepted_then_timeout", times=2, provider="stripe")
    refunding = asyncio.create_task(stripe.gateway.refund(payment, refund))
    await stripe.played.time.forward(31)
    await stripe.played.time.forward(31)
    with pytest.raises(ProviderUnavailable):
        await refunding
    assert (await stripe.gateway.read_refund(payment, refund)).state is TransferState.DONE
    assert (await stripe.gateway.refund(payment, refund)).state is TransferState.DONE
    assert len((await stripe.played.data("ledger", provider="stripe"))["refunds"]) == 1


async def test_pending_refund_is_read_until_it_is_done(stripe: Stripe) -> None:
    payment = await stripe.paid(card="pm_card_pendingRefund")
    refund = make_refund(payment, 2000)
    sent = await stripe.gateway.refund(payment, refund)
    assert sent.state is TransferState.PENDING
    refund.provider_ref = sent.provider_ref
    assert (await stripe.gateway.read_refund(payment, refund)).state is TransferState.PENDING
    await stripe.played.clock.advance(3600)
    assert (await stripe.gateway.read_refund(payment, refund)).state is TransferState.DONE


async def test_refund_that_fails_after_all_is_read_so(stripe: Stripe) -> None:
    payment = await stripe.paid(card="pm_card_refundFail")
    refund = make_refund(payment, 2000)
    await stripe.gateway.refund(payment, refund)
    await stripe.played.clock.advance(3600)
    found = await stripe.gateway.read_refund(payment, refund)
    assert (found.state, found.failure_code) == (TransferState.FAILED, "expired_or_canceled_card")
    assert (await stripe.gateway.read(payment)).reported is Reported.PAID


async def test_refund_is_not_found_when_nobody_made_it(stripe: Stripe) -> None:
    payment = await stripe.paid()
    await stripe.gateway.refund(payment, make_refund(payment, 2))
    for ref in (None, "re_nobody"):
        found = await stripe.gateway.read_refund(payment, make_refund(payment, 1, provider_ref=ref))
        assert found.state is TransferState.NOT_FOUND
    unopened = make_payment()
    assert (await stripe.gateway.read_refund(unopened, make_refund(unopened, 1))).state is TransferState.NOT_FOUND


async def test_refund_is_refused_when_never_paid(stripe: Stripe) -> None:
    payment = await stripe.held()
    with pytest.raises(RefusedByProvider):
        await stripe.gateway.refund(payment, make_refund(payment, 1))
    with pytest.raises(RefusedByProvider):
        await stripe.gateway.refund(make_payment(), make_refund(payment, 1))


async def test_refund_is_unavailable_when_our_balance_does_not_cover_it() -> None:
    error = {"type": "invalid_request_error", "code": "balance_insufficient"}
    gateway, _ = lying({("POST", ""): httpx.Response(400, json={"error": error})})
    payment = make_payment(provider_ref="pi_1")
    with pytest.raises(ProviderUnavailable):
        await gateway.refund(payment, make_refund(payment, 1))


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("pending", TransferState.PENDING),
        ("requires_action", TransferState.PENDING),
        ("succeeded", TransferState.DONE),
        ("failed", TransferState.FAILED),
        ("canceled", TransferState.FAILED),
        ("new", TransferState.PENDING),
        (None, TransferState.PENDING),
    ],
)
async def test_every_status_of_a_refund_is_read(status: str | None, state: TransferState) -> None:
    gateway, _ = lying({("GET", "/re_1"): {"id": "re_1", "status": status, "amount": 1}})
    payment = make_payment(provider_ref="pi_1")
    assert (await gateway.read_refund(payment, make_refund(payment, 1, provider_ref="re_1"))).state is state


async def test_refund_cannot_be_asked_for_with_a_bad_request() -> None:
    gateway, _ = lying({("GET", "/re_1"): httpx.Response(400, json={"error": {"code": "odd"}})})
    payment = make_payment(provider_ref="pi_1")
    with pytest.raises(ProviderUnavailable):
        await gateway.read_refund(payment, make_refund(payment, 1, provider_ref="re_1"))
    with pytest.raises(ProviderUnavailable):
        await lying({("GET", "/pi_1"): httpx.Response(400, json={"error": {}})})[0].read(payment)


async def test_disputed_payment_is_read_until_it_is_won(stripe: Stripe) -> None:
    payment = await stripe.paid()
    await stripe.dispute(payment, amount=4000)
    report = await stripe.gateway.read(payment)
    assert (report.reported, report.back, report.amount) == (Reported.CHARGED_BACK, 4000, 5000)
    assert report.failure_code == "fraudulent"
    with pytest.raises(RefusedByProvider) as caught:
        await stripe.gateway.refund(payment, make_refund(payment, 1))
    assert caught.value.code == "charge_disputed"
    await stripe.dispute(payment, outcome="won")
    report = await stripe.gateway.read(payment)
    assert (report.reported, report.back) == (Reported.CHARGEBACK_WON, 4000)


async def test_lost_dispute_stays_taken(stripe: Stripe) -> None:
    payment = await stripe.paid()
    await stripe.dispute(payment, outcome="lost")
    assert (await stripe.gateway.read(payment)).reported is Reported.CHARGED_BACK


@pytest.mark.parametrize("status", ["warning_needs_response", "warning_closed", "prevented", "new"])
async def test_inquiry_takes_nothing(status: str) -> None:
    charge = INTENT["latest_charge"] | {"disputed": True}
    dispute = {"id": "du_1", "amount": 5000, "currency": "xof", "status": status}
    gateway, _ = lying(
        {("GET", "/pi_1"): INTENT | {"latest_charge": charge}, ("GET", "/disputes"): {"data": [dispute]}}
    )
    assert (await gateway.read(make_payment(id=ID, provider_ref="pi_1"))).reported is Reported.PAID


def test_keys_and_secret_are_required() -> None:
    for keys in (("", "p", "w"), ("s", "", "w"), ("s", "p", "")):
        with pytest.raises(ValueError, match="needs"):
            StripeCards(
                httpx.AsyncClient(),
                base_url="https://s.test",
                secret_key=keys[0],
                publishable_key=keys[1],
                webhook_secret=keys[2],
                clock=ServiceClock(),
            )
