"""Transfers at MTN, against the played provider."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from allonova.application.money.ports import TransferState
from allonova.domain.kernel.errors import ProviderUnavailable
from tests.payments.mtn_harness import PHONE, Mtn, answering, keys, make_order, mtn_at, payouts

MISSING = httpx.Response(404, json={"code": "RESOURCE_NOT_FOUND", "message": "Requested resource was not found."})


@pytest.fixture
async def mtn(tmp_path: Path) -> AsyncIterator[Mtn]:
    async with mtn_at(tmp_path / "state.sqlite3") as it:
        yield it


async def test_paid_once_when_sent_twice(mtn: Mtn) -> None:
    order = make_order()
    for _ in range(2):
        found = await mtn.payouts.send(order)
        assert (found.state, found.amount, found.provider_ref) == (TransferState.DONE, 7000, str(order.id))
    assert await mtn.payouts.read(order) == found
    [line] = await mtn.books("payouts")
    assert (line["ref"], line["amount"], line["phone"], line["status"]) == (str(order.id), 7000, PHONE, "SUCCESSFUL")


@pytest.mark.parametrize("kind", ["error", "html", "timeout", "accepted_then_timeout"])
async def test_paid_once_when_nothing_was_known_of_the_first_try(mtn: Mtn, kind: str) -> None:
    order = make_order()
    await mtn.arm(kind)
    sending = asyncio.create_task(mtn.payouts.send(order))
    await mtn.played.time.forward(31)
    with pytest.raises(ProviderUnavailable):
        await sending
    known = (await mtn.payouts.read(order)).state
    assert known is (TransferState.DONE if kind == "accepted_then_timeout" else TransferState.NOT_FOUND)
    assert (await mtn.payouts.send(order)).state is TransferState.DONE
    assert len(await mtn.books("payouts")) == 1


@pytest.mark.parametrize(
    ("last", "state", "code"),
    [
        ("50", TransferState.FAILED, "internal_processing_error"),
        ("51", TransferState.FAILED, "approval_rejected"),
        ("53", TransferState.PENDING, ""),
        ("54", TransferState.PENDING, ""),
        ("55", TransferState.FAILED, "payee_not_found"),
    ],
)
async def test_ivorian_numbers_can_have_the_fates_of_the_sandbox(
    mtn: Mtn, last: str, state: TransferState, code: str
) -> None:
    order = make_order(phone=f"+225 05 331234{last}".replace(" ", ""))
    found = await mtn.payouts.send(order)
    assert (found.state, found.failure_code) == (state, code)
    assert (await mtn.payouts.send(order)).state is state
    assert len(await mtn.books("payouts")) == 1


async def test_delayed_transfer_is_done_after_half_a_minute(mtn: Mtn) -> None:
    order = make_order(phone="+2250533123454")
    await mtn.payouts.send(order)
    await mtn.played.clock.advance(30)
    assert (await mtn.payouts.read(order)).state is TransferState.DONE
    assert [line["status"] for line in await mtn.books("payouts")] == ["SUCCESSFUL"]


async def test_failed_when_the_number_is_none(mtn: Mtn) -> None:
    found = await mtn.payouts.send(make_order(phone="0501020304"))
    assert (found.state, found.failure_code) == (TransferState.FAILED, "phone-invalid")
    assert await mtn.books("payouts") == []


async def test_failed_when_mtn_refuses_for_good() -> None:
    http, _ = answering(httpx.Response(400, json={"code": "PAYEE_NOT_FOUND", "message": "who?"}), MISSING)
    found = await payouts(http).send(make_order())
    assert (found.state, found.failure_code, found.failure_message) == (
        TransferState.FAILED,
        "payee_not_found",
        "who?",
    )


async def test_not_failed_when_a_repeat_is_refused_but_the_first_was_taken() -> None:
    order = make_order()
    done = {"amount": "7000", "currency": "XOF", "externalId": str(order.id), "status": "SUCCESSFUL"}
    http, _ = answering(httpx.Response(400, json={"code": "PAYEE_LIMIT_REACHED"}), httpx.Response(200, json=done))
    assert (await payouts(http).send(order)).state is TransferState.DONE


async def test_nothing_is_failed_when_a_refusal_cannot_be_checked() -> None:
    http, _ = answering(httpx.Response(400, json={"code": "PAYEE_NOT_FOUND"}), httpx.Response(500))
    with pytest.raises(ProviderUnavailable):
        await payouts(http).send(make_order())


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(403, json={"code": "FORBIDDEN_IP"}),
        httpx.Response(400, json={"code": "NOT_ENOUGH_FUNDS"}),
        httpx.Response(400, json={"code": "INVALID_CURRENCY"}),
        httpx.Response(404),
        httpx.Response(429),
        httpx.Response(500, json={"code": "PAYEE_NOT_FOUND"}),
    ],
)
async def test_unavailable_when_the_fault_is_not_the_drivers(answer: httpx.Response) -> None:
    http, _ = answering(answer)
    with pytest.raises(ProviderUnavailable):
        await payouts(http).send(make_order())
    with pytest.raises(ProviderUnavailable):
        await payouts(http).read(make_order())


async def test_unavailable_when_our_key_is_refused(tmp_path: Path) -> None:
    async with mtn_at(tmp_path / "s.sqlite3", known=keys(subscription_key="bad")) as mtn:
        for call in (mtn.payouts.send, mtn.payouts.read):
            with pytest.raises(ProviderUnavailable):
                await call(make_order())


@pytest.mark.parametrize("second", [MISSING, httpx.Response(500), httpx.Response(200, text="<html>")])
@pytest.mark.parametrize("status", [202, 409])
async def test_pending_when_taken_but_not_to_be_read(status: int, second: httpx.Response) -> None:
    order = make_order()
    http, _ = answering(httpx.Response(status), second)
    found = await payouts(http).send(order)
    assert (found.state, found.provider_ref) == (TransferState.PENDING, str(order.id))


async def test_order_is_sent_and_asked_for_where_it_says() -> None:
    http, asked = answering(httpx.Response(202), MISSING)
    order = make_order(url="https://proxy.momoapi.mtn.com")
    await payouts(http).send(order)
    assert {request.url.host for request in asked} == {"proxy.momoapi.mtn.com"}
    assert [request.url.path for request in asked] == [
        "/disbursement/token/",
        "/disbursement/v1_0/transfer",
        f"/disbursement/v1_0/transfer/{order.id}",
    ]


@pytest.mark.parametrize(
    ("answer", "state", "code"),
    [
        ({"status": "PENDING"}, TransferState.PENDING, ""),
        ({"status": "SUCCESSFUL"}, TransferState.DONE, ""),
        ({"status": "FAILED"}, TransferState.FAILED, "failed"),
        ({"status": "FAILED", "reason": "NOT_ENOUGH_FUNDS"}, TransferState.FAILED, "not_enough_funds"),
        ({"status": "FAILED", "reason": {"code": "PAYEE_NOT_FOUND"}}, TransferState.FAILED, "payee_not_found"),
        ({"status": "FAILED", "reason": "SOMETHING_NEW"}, TransferState.PENDING, ""),
        ({"status": "REVERSED"}, TransferState.PENDING, ""),
        ({"status": "SUCCESSFUL", "currency": "EUR"}, TransferState.PENDING, ""),
        ({"status": "SUCCESSFUL", "amount": "7000.5"}, TransferState.PENDING, ""),
        ({"status": "SUCCESSFUL", "amount": None}, TransferState.PENDING, ""),
        ({"status": "FAILED", "externalId": "another"}, TransferState.PENDING, ""),
        ({}, TransferState.PENDING, ""),
    ],
)
async def test_only_what_is_known_ends_a_transfer(answer: dict[str, Any], state: TransferState, code: str) -> None:
    order = make_order()
    body = {"amount": "7000", "currency": "XOF", "externalId": str(order.id)} | answer
    http, _ = answering(httpx.Response(200, json=body))
    found = await payouts(http).read(order)
    assert (found.state, found.failure_code) == (state, code)
