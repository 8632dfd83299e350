"""What Wave reports: proven, once, in any order, and never believed about another amount."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest

from allonova.domain.money.payment import PaymentStatus
from tests.payments.harness import signature
from tests.support.api import Api, Person
from tests.support.factories import MINUTE
from tests.support.serving import SETTINGS
from tests.support.wire import NOBODY, ROUNDS, data, refusal

PATH = "/payments/webhook/wave"
_numbers = itertools.count(1)


@dataclass(slots=True)
class Awaited:
    """A payment that Wave may report on, and those who wait for it."""

    api: Api
    driver: Person
    passenger: Person
    booking: Any
    payment: Any

    async def status(self) -> tuple[str, str]:
        """Of payment and booking."""
        payment = data(await self.passenger.get(f"/payments/{self.payment['id']}"))
        booking = data(await self.passenger.get(f"/bookings/{self.booking['id']}"))
        return payment["status"], booking["status"]

    def event(self, kind: str = "completed", **changes: Any) -> dict[str, Any]:
        """`checkout.session.completed`, or another one."""
        session = {
            "id": self.payment["provider_ref"],
            "amount": str(self.payment["amount"]),
            "currency": "XOF",
            "client_reference": self.payment["id"],
            "checkout_status": "complete" if kind == "completed" else "open",
            "payment_status": "succeeded" if kind == "completed" else "processing",
            "last_payment_error": None if kind == "completed" else {"code": "insufficient-funds", "message": "No."},
        }
        return {"id": f"EV_{next(_numbers)}", "type": f"checkout.session.{kind}", "data": session | changes}

    async def report(self, event: dict[str, Any]) -> str:
        """Wave reports; what became of it."""
        return str(data(await send(self.api, event))["outcome"])


async def send(api: Api, event: dict[str, Any]) -> httpx.Response:
    """A signed event."""
    body = json.dumps(event).encode()
    return await api.http.post(PATH, content=body, headers={"Wave-Signature": signed(api, body)})


def signed(api: Api, body: bytes, *, at: int | None = None, secret: str = SETTINGS.wave_webhook) -> str:
    """The header that proves a body."""
    when = int(api.clock.now().timestamp()) if at is None else at
    return f"t={when},v1={signature(secret, body, when)}"


async def awaited(api: Api) -> Awaited:
    """A payment that was begun."""
    driver, passenger = await api.driver(), await api.passenger()
    booking = await api.accepted(passenger, driver, await api.trip(driver))
    return Awaited(api, driver, passenger, booking, (await api.started(passenger, booking))["payment"])


def _at(api: Api, seconds: int) -> int:
    return int(api.clock.now().timestamp()) + seconds


FORGED: dict[str, Callable[[Api, bytes], dict[str, str]]] = {
    "none": lambda api, body: {},
    "empty": lambda api, body: {"Wave-Signature": ""},
    "other secret": lambda api, body: {"Wave-Signature": signed(api, body, secret="whs_other")},
    "old": lambda api, body: {"Wave-Signature": signed(api, body, at=_at(api, -301))},
    "future": lambda api, body: {"Wave-Signature": signed(api, body, at=_at(api, 301))},
    "other body": lambda api, body: {"Wave-Signature": signed(api, body + b" ")},
    "no time": lambda api, body: {"Wave-Signature": signed(api, body).partition(",")[2]},
    "two times": lambda api, body: {"Wave-Signature": f"t=1,{signed(api, body)}"},
    "no proof": lambda api, body: {"Wave-Signature": signed(api, body).partition(",")[0]},
    "upper case": lambda api, body: {"Wave-Signature": signed(api, body).upper()},
    "truncated": lambda api, body: {"Wave-Signature": signed(api, body)[:-1]},
    "junk": lambda api, body: {"Wave-Signature": "t=x,v1=\xff" * 500},
}


@pytest.mark.promise("webhooks-forged")
async def test_nothing_changes_when_the_signature_does_not_hold(api: Api, subtests: pytest.Subtests) -> None:
    it = await awaited(api)
    body = json.dumps(it.event()).encode()
    before = await api.inside.everything()
    for name, forge in FORGED.items():
        headers = [(key.encode(), value.encode("latin-1")) for key, value in forge(api, body).items()]
        with subtests.test(name):
            answer = await api.http.post(PATH, content=body, headers=headers)
            refusal(answer, 401, "webhook_invalid_signature")
    assert await api.inside.everything() == before


@pytest.mark.promise("webhooks-forged")
async def test_event_is_refused_when_it_is_signed_and_unreadable(api: Api) -> None:
    for body in (b"", b"{", b"[]", b"null", b'{"id": "EV_1"}', b"\xff", b"[" * 50_000, b'{"id": NaN}'):
        answer = await api.http.post(PATH, content=body, headers={"Wave-Signature": signed(api, body)})
        refusal(answer, 401, "webhook_invalid_signature")


async def test_event_is_good_when_a_second_proof_is_from_an_older_secret(api: Api) -> None:
    it = await awaited(api)
    body = json.dumps(it.event()).encode()
    head, proof = signed(api, body).split(",")
    answer = await api.http.post(PATH, content=body, headers={"Wave-Signature": f"{head},v1={'0' * 64},{proof}"})
    assert data(answer) == {"outcome": "paid"}


async def test_copies_change_nothing_when_they_come_later(api: Api) -> None:
    it = await awaited(api)
    event = it.event()
    assert [await it.report(event) for _ in range(3)] == ["paid", "known", "known"]
    assert await it.report(it.event()) == "known"  # another event about the same thing
    assert await it.status() == ("paid", "paid")
    assert len(await api.inside.journal()) == 1


@pytest.mark.promise("webhooks-any-order")
async def test_one_effect_is_left_when_fifty_copies_come_at_once(api: Api) -> None:
    it = await awaited(api)
    event = it.event()
    outcomes = await asyncio.gather(*(it.report(event) for _ in range(50)))
    assert sorted(outcomes) == ["known"] * 49 + ["paid"]
    assert len(await api.inside.journal()) == 1
    told = [sent.subscriber for sent in await api.inside.outbox() if sent.event == "booking.paid"]
    assert sorted(told) == ["tell_driver", "tell_passenger"]


async def test_one_effect_is_left_when_different_events_tell_of_one_payment_at_once(api: Api) -> None:
    for _ in range(ROUNDS):
        it = await awaited(api)
        outcomes = await asyncio.gather(*(it.report(it.event()) for _ in range(10)))
        assert sorted(outcomes) == ["known"] * 9 + ["paid"]
    assert len(await api.inside.journal()) == ROUNDS


@pytest.mark.promise("webhooks-any-order")
@pytest.mark.parametrize("order", list(itertools.permutations(["payment_failed", "completed", "expired"])))
async def test_end_is_the_same_when_events_come_in_any_order_and_twice(api: Api, order: tuple[str, ...]) -> None:
    it = await awaited(api)
    for event in [it.event(kind) for kind in order for _ in range(2)]:
        await it.report(event)
    assert await it.status() == ("paid", "paid")
    assert len(await api.inside.journal()) == 1
    report = await api.service.platform.books.verify()
    assert report.faults == ()


async def test_payer_may_try_again_when_an_attempt_failed(api: Api) -> None:
    it = await awaited(api)
    await api.press(it.payment["provider_ref"], "failed")
    payment = data(await it.passenger.get(f"/payments/{it.payment['id']}"))
    assert (payment["status"], payment["failure"]["code"]) == ("init", "insufficient-funds")
    await api.press(it.payment["provider_ref"], "paid")
    assert await it.status() == ("paid", "paid")
    await api.audit_books()


async def test_failure_changes_nothing_when_it_comes_after_the_money(api: Api) -> None:
    it = await awaited(api)
    await it.report(it.event())
    assert await it.report(it.event("payment_failed")) == "known"
    assert data(await it.passenger.get(f"/payments/{it.payment['id']}"))["failure"] is None


OTHER_MONEY: list[dict[str, Any]] = [
    {"amount": "6001"}, {"amount": "0"}, {"amount": "-6000"}, {"amount": None}, {"amount": "6000.5"},
    {"currency": "EUR"}, {"currency": None}, {"id": "cos-another"},
]  # fmt: skip


@pytest.mark.promise("remembered-refusals")
async def test_payment_is_flagged_when_the_event_speaks_of_other_money(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    it = await awaited(api)
    for changes in OTHER_MONEY:
        assert await it.report(it.event(**changes)) == "mismatch", changes
        assert await it.status() == ("init", "accepted")
    kept = await api.service.platform.carpool.payment(UUID(it.payment["id"]), payer_id=None)
    assert kept is not None
    assert (kept.status, kept.flags) == (PaymentStatus.INIT, ["amount_mismatch"])
    assert await api.inside.journal() == []
    await api.relay()
    alerts = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert alerts == ["payment mismatch"]  # whoever looks at the payment sees all of it


@pytest.mark.promise("remembered-refusals")
async def test_alert_is_raised_once_when_copies_of_a_wrong_amount_come(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    it = await awaited(api)
    event = it.event(amount="1")
    assert [await it.report(event) for _ in range(3)] == ["mismatch", "known", "known"]
    await api.relay()
    assert [record.getMessage() for record in caplog.records].count("payment mismatch") == 1


async def test_payment_is_still_payable_when_a_wrong_amount_came_first(api: Api) -> None:
    it = await awaited(api)
    await api.arm("wrong_amount")
    await api.press(it.payment["provider_ref"], "paid")
    assert await it.status() == ("init", "accepted")
    assert await it.report(it.event()) == "paid"
    await api.audit_books()


async def test_event_is_taken_when_the_payment_is_none_of_ours(api: Api) -> None:
    it = await awaited(api)
    assert await it.report(it.event(client_reference=NOBODY)) == "unknown"
    assert await it.report(it.event(client_reference=None, id="cos-unknown")) == "unknown"
    assert await it.status() == ("init", "accepted")


async def test_event_is_matched_by_waves_id_when_it_does_not_repeat_ours(api: Api) -> None:
    it = await awaited(api)
    assert await it.report(it.event(client_reference=None)) == "paid"


async def test_event_is_ignored_when_it_is_not_about_this_kind_of_thing(api: Api) -> None:
    it = await awaited(api)
    money = {"id": "T_1", "amount": "6000", "currency": "XOF"}
    assert await it.report({"id": "EV_m", "type": "merchant.payment_received", "data": money}) == "unknown"
    assert await it.status() == ("init", "accepted")


async def test_payment_is_flagged_and_never_paid_when_its_status_is_unknown_to_us(api: Api) -> None:
    it = await awaited(api)
    assert await it.report(it.event(payment_status="processing")) == "mismatch"  # complete, and yet processing
    kept = await api.service.platform.carpool.payment(UUID(it.payment["id"]), payer_id=None)
    assert kept is not None
    assert (kept.status, kept.flags) == (PaymentStatus.INIT, ["unknown_status"])
    assert await it.report(it.event()) == "paid"
    assert (await api.service.platform.books.verify()).faults == ()


async def test_money_counts_when_it_comes_after_the_hold_and_the_job_has_not_run(api: Api) -> None:
    it = await awaited(api)
    api.clock.advance(31 * MINUTE)
    assert await it.report(it.event()) == "paid"
    await api.run("holds")
    assert await it.status() == ("paid", "paid")


async def test_callback_is_refused_when_it_was_forged(api: Api) -> None:
    it = await awaited(api)
    await api.arm("bad_signature")
    await api.press(it.payment["provider_ref"], "paid")
    assert await it.status() == ("init", "accepted")
    (callback,) = data(await api.outside.get("/callbacks", params={"provider": "wave"}))
    assert [answer["status"] for answer in callback["answers"]] == [401]


async def test_effect_is_one_when_wave_calls_twice(api: Api) -> None:
    it = await awaited(api)
    await api.arm("duplicate")
    await api.press(it.payment["provider_ref"], "paid")
    callbacks = data(await api.outside.get("/callbacks", params={"provider": "wave"}))
    assert [callback["state"] for callback in callbacks] == ["delivered", "delivered"]
    assert await it.status() == ("paid", "paid")
    await api.audit_books()
