"""Asking Wave what became of a payment, ending it, and giving it back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allonova.adapters.payments.wave import WavePayments
from allonova.application.money.ports import Reach, RefusedByProvider, Report, Reported, TransferState
from allonova.domain.kernel.errors import ProviderUnavailable
from allonova.domain.money.payment import Payment
from tests.payments.harness import Wave, make_payment, make_refund, wave_at
from tests.sandbox.harness import ServiceClock


@pytest.fixture
async def wave(tmp_path: Path) -> AsyncIterator[Wave]:
    async with wave_at(tmp_path / "state.sqlite3") as it:
        yield it


async def opened(wave: Wave, *, press: str = "") -> Payment:
    payment = make_payment()
    payment.provider_ref = (await wave.first(payment)).provider_ref
    if press:
        await wave.played.press(payment.provider_ref, press)
    return payment


def unnamed(payment: Payment) -> Payment:
    """The same payment, of whose opening nothing was heard."""
    return make_payment(id=payment.id)


async def refunds(wave: Wave) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await wave.played.data("ledger", provider="wave"))["refunds"]
    return found


def answering(status: int, body: object, seen: list[httpx.Request] | None = None) -> WavePayments:
    """A provider that answers everything so."""

    def answer(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        return httpx.Response(status, json=body) if body is not None else httpx.Response(status)

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return WavePayments(http, base_url="https://w.test", api_key="k", webhook_secret="s", clock=ServiceClock())


def session(payment: Payment, **changes: object) -> dict[str, object]:
    return {
        "id": "cos-1",
        "amount": "5000",
        "currency": "XOF",
        "client_reference": str(payment.id),
        "checkout_status": "open",
        "payment_status": "processing",
        "last_payment_error": None,
    } | changes


async def test_read_says_what_the_payer_did(wave: Wave) -> None:
    payment = await opened(wave)
    assert (await wave.gateway.read(payment)).reported is Reported.OPEN
    await wave.played.press(payment.provider_ref or "", "failed")
    tried = await wave.gateway.read(payment)
    assert (tried.reported, tried.failure_code) == (Reported.OPEN, "insufficient-funds")
    await wave.played.press(payment.provider_ref or "", "paid")
    paid = await wave.gateway.read(payment)
    assert (paid.reported, paid.amount, paid.currency, paid.fees) == (Reported.PAID, 5000, "XOF", None)
    assert (paid.provider_ref, paid.raw["id"]) == (payment.provider_ref, payment.provider_ref)


async def test_read_says_failed_when_the_session_has_expired(wave: Wave) -> None:
    payment = await opened(wave)
    await wave.played.clock.advance(1800)
    report = await wave.gateway.read(payment)
    assert (report.reported, report.failure_code) == (Reported.FAILED, "expired")


async def test_payment_of_whose_opening_nothing_was_heard_is_found(wave: Wave) -> None:
    payment = await opened(wave, press="paid")
    report = await wave.gateway.read(unnamed(payment))
    assert (report.reported, report.provider_ref) == (Reported.PAID, payment.provider_ref)


async def test_paid_session_counts_when_there_are_others(wave: Wave) -> None:
    payment = await opened(wave)
    await wave.gateway.end(payment)
    second = (await wave.again(payment)).provider_ref
    assert (await wave.gateway.read(unnamed(payment))).reported is Reported.OPEN
    await wave.played.press(second, "paid")
    report = await wave.gateway.read(unnamed(payment))
    assert (report.reported, report.provider_ref) == (Reported.PAID, second)


async def test_not_found_when_wave_has_none(wave: Wave) -> None:
    assert (await wave.gateway.read(make_payment())).reported is Reported.NOT_FOUND
    assert (await wave.gateway.read(make_payment(provider_ref="cos-0"))).reported is Reported.NOT_FOUND


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (("open", "processing"), Reported.OPEN),
        (("complete", "succeeded"), Reported.PAID),
        (("expired", "processing"), Reported.FAILED),
        (("expired", "cancelled"), Reported.FAILED),
        (("open", "cancelled"), Reported.FAILED),
        (("complete", "processing"), Reported.UNKNOWN),
        (("open", "succeeded"), Reported.UNKNOWN),
        (("expired", "succeeded"), Reported.UNKNOWN),
        (("complete", "refunded"), Reported.UNKNOWN),
        (("COMPLETE", "SUCCEEDED"), Reported.UNKNOWN),
        ((None, ["succeeded"]), Reported.UNKNOWN),
    ],
)
async def test_every_pair_of_statuses(
    statuses: tuple[object, object], expected: Reported, caplog: pytest.LogCaptureFixture
) -> None:
    payment = make_payment(provider_ref="cos-1")
    body = session(payment, checkout_status=statuses[0], payment_status=statuses[1])
    assert (await answering(200, body).read(payment)).reported is expected
    assert any(record.levelname == "ERROR" for record in caplog.records) is (expected is Reported.UNKNOWN)


@pytest.mark.parametrize(
    ("changes", "amount", "currency"),
    [({"amount": "5001"}, 5001, "XOF"), ({"amount": "5000.5"}, None, "XOF"), ({"currency": 7}, 5000, None)],
)
async def test_amount_and_currency_are_reported_as_they_are(
    changes: dict[str, object], amount: int | None, currency: str | None
) -> None:
    payment = make_payment(provider_ref="cos-1")
    report = await answering(200, session(payment, **changes)).read(payment)
    assert (report.amount, report.currency) == (amount, currency)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, None),
        (200, []),
        (200, {}),
        (200, {"id": "cos-1", "client_reference": "somebody-else", "checkout_status": "expired"}),
        (401, {"code": "no-matching-api-key", "message": ""}),
        (403, {"error": {"code": "disabled-wallet", "message": ""}}),
        (404, {"error": {"code": "not_found", "message": "no such path"}}),
        (404, {"detail": "Not Found"}),
        (400, {"code": "request-validation-error", "message": ""}),
        (429, {"code": "too-many-requests", "message": ""}),
        (503, {"code": "service-unavailable", "message": ""}),
    ],
)
@pytest.mark.parametrize("ref", ["cos-1", None])
async def test_nothing_is_concluded_from_an_answer_that_is_none(status: int, body: object, ref: str | None) -> None:
    with pytest.raises(ProviderUnavailable):
        await answering(status, body).read(make_payment(provider_ref=ref))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=5,
)
ODD = st.dictionaries(st.sampled_from(["id", *session(make_payment())]), values, max_size=3)


@settings(deadline=None, max_examples=60)
@given(changes=ODD)
async def test_never_paid_and_never_astonished_by_an_odd_session(changes: dict[str, Any]) -> None:
    payment = make_payment()
    body = session(payment, **changes)
    try:
        report = await answering(200, {"result": [body, changes]}).read(payment)
    except ProviderUnavailable:
        return
    assert report.reported is not Reported.PAID
    assert report.provider_ref


async def test_another_session_than_the_one_asked_for_is_no_answer() -> None:
    payment = make_payment(provider_ref="cos-2")
    with pytest.raises(ProviderUnavailable):
        await answering(200, session(payment)).read(payment)


async def test_found_sessions_of_others_are_no_answer() -> None:
    payment = make_payment()
    with pytest.raises(ProviderUnavailable):
        await answering(200, {"result": [session(make_payment())]}).read(payment)


async def test_found_sessions_of_others_are_left_alone_when_one_is_ours() -> None:
    payment, seen = make_payment(), list[httpx.Request]()
    found = [session(make_payment(), id="cos-theirs"), session(payment)]
    gateway = answering(200, {"result": found}, seen)
    assert (await gateway.read(payment)).provider_ref == "cos-1"
    await gateway.end(payment)
    ended = [request.url.path.split("/")[-2] for request in seen if request.method == "POST"]
    assert ended == ["cos-1"]


async def test_payment_is_read_where_it_was_made() -> None:
    seen: list[httpx.Request] = []
    payment = make_payment(provider_ref="cos-1", provider_url="https://old.test/wave")
    gateway = answering(200, session(payment), seen)
    await gateway.read(payment)
    assert [str(request.url) for request in seen] == ["https://old.test/wave/v1/checkout/sessions/cos-1"]
    assert seen[0].headers["Authorization"] == "Bearer k"


async def test_nobody_can_pay_what_was_ended(wave: Wave) -> None:
    payment = await opened(wave)
    await wave.gateway.end(payment)
    await wave.gateway.end(payment)
    assert (await wave.played.press(payment.provider_ref or "", "paid")).status_code == 409
    assert (await wave.gateway.read(payment)).reported is Reported.FAILED


async def test_end_is_harmless_when_it_is_paid_or_unknown(wave: Wave) -> None:
    payment = await opened(wave, press="paid")
    await wave.gateway.end(payment)
    await wave.gateway.end(make_payment(provider_ref="cos-unknown"))
    await wave.gateway.end(make_payment())
    assert (await wave.gateway.read(payment)).reported is Reported.PAID


async def test_end_is_unavailable_when_provider_breaks(wave: Wave) -> None:
    payment = await opened(wave)
    await wave.played.arm("html")
    with pytest.raises(ProviderUnavailable):
        await wave.gateway.end(payment)


async def test_recorded_session_is_ended_even_when_it_is_not_found() -> None:
    seen: list[httpx.Request] = []
    gateway = answering(200, {"result": []}, seen)
    await gateway.end(make_payment(provider_ref="cos-1"))
    await gateway.end(make_payment())
    assert [request.url.path for request in seen if request.method == "POST"] == [
        "/sandbox/wave/v1/checkout/sessions/cos-1/expire"
    ]


async def test_end_is_unavailable_when_wave_refuses_it_oddly() -> None:
    """Somebody could still pay, then."""
    payment = make_payment()

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(400, json={"code": "request-validation-error", "message": ""})
        return httpx.Response(200, json={"result": [session(payment)]})

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    gateway = WavePayments(http, base_url="https://w.test", api_key="k", webhook_secret="s", clock=ServiceClock())
    with pytest.raises(ProviderUnavailable):
        await gateway.end(payment)


async def test_capture_is_refused(wave: Wave) -> None:
    with pytest.raises(RefusedByProvider):
        await wave.gateway.capture(await opened(wave))


async def test_whole_payment_goes_back_once_when_asked_twice(wave: Wave) -> None:
    payment = await opened(wave, press="paid")
    refund = make_refund(payment)
    assert wave.gateway.gives_back is Reach.WHOLE
    for transfer in (
        await wave.gateway.refund(payment, refund),
        await wave.gateway.refund(payment, refund),
        await wave.gateway.read_refund(payment, refund),
    ):
        assert (transfer.state, transfer.provider_ref, transfer.amount) == (
            TransferState.DONE,
            payment.provider_ref,
            5000,
        )
    (line,) = await refunds(wave)
    assert (line["ref"], line["amount"]) == (payment.provider_ref, 5000)


async def test_refund_without_an_answer_is_done_once_when_asked_again(wave: Wave) -> None:
    payment = await opened(wave, press="paid")
    refund = make_refund(payment)
    await wave.played.arm("accepted_then_timeout")
    asking = asyncio.create_task(wave.gateway.refund(payment, refund))
    await wave.played.time.forward(31)
    with pytest.raises(ProviderUnavailable):
        await asking
    assert (await wave.gateway.refund(payment, refund)).state is TransferState.DONE
    assert len(await refunds(wave)) == 1


@pytest.mark.parametrize("amount", [1, 4999, 5001])
async def test_refund_of_a_part_is_refused_and_nothing_goes_back(wave: Wave, amount: int) -> None:
    payment = await opened(wave, press="paid")
    with pytest.raises(RefusedByProvider) as caught:
        await wave.gateway.refund(payment, make_refund(payment, amount))
    assert caught.value.code == "partial-refund-not-possible"
    assert await refunds(wave) == []


async def test_refund_is_refused_when_never_paid(wave: Wave) -> None:
    payment = await opened(wave)
    with pytest.raises(RefusedByProvider) as caught:
        await wave.gateway.refund(payment, make_refund(payment))
    assert caught.value.code == "checkout-refund-failed"
    told = await wave.gateway.read_refund(payment, make_refund(payment))
    assert (told.state, told.failure_code) == (TransferState.FAILED, "checkout-refund-failed")


@pytest.mark.parametrize("ref", [None, "cos-unknown"])
async def test_refund_is_refused_when_session_is_unknown(wave: Wave, ref: str | None) -> None:
    payment = make_payment(provider_ref=ref)
    with pytest.raises(RefusedByProvider) as caught:
        await wave.gateway.refund(payment, make_refund(payment))
    assert caught.value.code == "checkout-session-not-found"


async def test_refund_goes_nowhere_when_the_reference_looks_like_a_path(wave: Wave) -> None:
    payment = make_payment(provider_ref="../../payout")
    with pytest.raises((RefusedByProvider, ProviderUnavailable)):
        await wave.gateway.refund(payment, make_refund(payment))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, {"code": "no-matching-api-key", "message": ""}),
        (403, {"code": "invalid-wallet", "message": ""}),
        (404, {"detail": "no such path"}),
        (404, {"error": {"code": "not_found"}}),
        (405, {"error": {"code": "method_not_allowed"}}),
        (422, {"code": "insufficient-funds", "message": "not enough"}),
        (422, {"error_code": "insufficient-funds", "error_message": "not enough"}),
        (502, None),
    ],
)
async def test_refund_is_not_refused_by_what_is_our_own_fault(status: int, body: object) -> None:
    payment = make_payment(provider_ref="cos-1")
    with pytest.raises(ProviderUnavailable):
        await answering(status, body).refund(payment, make_refund(payment))


def test_report_hides_the_raw_answer() -> None:
    assert "secret" not in repr(Report(reported=Reported.OPEN, raw={"phone": "secret"}))
