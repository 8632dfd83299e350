"""Into one's wallet: by a payment that its provider confirms, within what a wallet may hold."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from allonova.domain.money.payment import Method
from allonova.domain.money.rules import MoneyRules
from tests.support.api import Api, Person
from tests.support.factories import MINUTE, SECOND
from tests.support.purses import filled, require_sound_books, wallet_of
from tests.support.wire import data, fresh_key, paths, refusal, require_refused

RULES = MoneyRules(topup_minimum=500, topup_limit=20_000, wallet_limit=30_000)


async def topping_up(person: Person, amount: object, *, key: str | None = None, **given: Any) -> httpx.Response:
    """The answer to a top-up by Wave."""
    person.api.clock.advance(SECOND)
    return await person.post("/wallet/topup", {"amount": amount, "method": "wave"} | given, key=key or fresh_key())


async def test_wallet_holds_it_when_the_provider_is_paid(api: Api) -> None:
    person = await api.passenger()
    started = data(await topping_up(person, 5_000))
    payment = started["payment"]
    assert (payment["booking_id"], payment["amount"], payment["status"]) == (None, 5_000, "init")
    assert started["intent"]["kind"] == "redirect"
    assert await wallet_of(person) == (0, 0)
    await api.press(payment["provider_ref"], "paid")
    assert await wallet_of(person) == (5_000, 5_000)
    (line,) = data(await person.get("/wallet/txns"))
    assert (line["type"], line["source"], line["ref"], line["status"]) == ("credit", "topup", payment["id"], "done")
    assert data(await person.get(f"/payments/{payment['id']}"))["status"] == "paid"
    await api.audit_books()


async def test_wallet_holds_nothing_when_the_payment_fails(api: Api) -> None:
    person = await api.passenger()
    started = data(await topping_up(person, 5_000))
    await api.press(started["payment"]["provider_ref"], "failed")
    assert await wallet_of(person) == (0, 0)
    await api.audit_books()


async def test_card_money_can_be_spent_and_not_withdrawn_when_it_came(api: Api) -> None:
    person = await api.passenger()
    await filled(api, person, 5_000, method=Method.CARD)
    assert await wallet_of(person) == (5_000, 0)
    await filled(api, person, 2_000)
    assert await wallet_of(person) == (7_000, 2_000)
    await require_sound_books(api)


async def test_same_answer_when_a_key_comes_again(api: Api) -> None:
    person, key = await api.passenger(), fresh_key()
    first, second = await topping_up(person, 5_000, key=key), await topping_up(person, 5_000, key=key)
    assert first.content == second.content
    assert second.headers["idempotent-replayed"] == "true"
    refusal(await topping_up(person, 6_000, key=key), 422, "idempotency_mismatch")
    answer = await person.post("/wallet/topup", {"amount": 5_000, "method": "wave"})
    assert paths(refusal(answer, 422, "validation_error")) == ["Idempotency-Key"]


async def test_repeat_goes_on_with_one_session_when_wave_was_down(api: Api) -> None:
    person, key = await api.passenger(), fresh_key()
    await api.arm("error")
    refusal(await topping_up(person, 5_000, key=key), 503, "provider_unavailable")
    started = data(await topping_up(person, 5_000, key=key))
    assert len(await api.wave_sessions(started["payment"]["id"])) == 1
    assert [payment["id"] for payment in data(await person.get("/me/export"))["payments"]] == [started["payment"]["id"]]
    await api.press(started["payment"]["provider_ref"], "paid")
    assert await wallet_of(person) == (5_000, 5_000)
    await api.audit_books()


UNSOUND: list[tuple[str, object]] = [
    *(("amount", amount) for amount in (499, 20_001, 0, -500, 500.5, True, "500", 10**30)),
    *(("method", "wallet"), ("method", "cash"), ("phone", "12"), ("return_url", "https://evil.test/")),
    ("booking_id", "1"),
]


async def test_refused_when_it_is_unsound(api: Api, subtests: pytest.Subtests) -> None:
    api.follow(money=RULES)
    person = await api.passenger()
    await require_refused(subtests, UNSOUND, lambda given: topping_up(person, **({"amount": 500} | given)))


async def test_refused_when_wallets_are_switched_off(api: Api) -> None:
    api.follow(money=MoneyRules(enable_wallet=False))
    refusal(await topping_up(await api.passenger(), 5_000), 409, "conflict")


async def test_refused_when_the_wallet_would_hold_too_much(api: Api) -> None:
    api.follow(money=RULES)
    person = await api.passenger()
    await filled(api, person, 11_000)
    data(await topping_up(person, 10_000))
    assert refusal(await topping_up(person, 9_001), 409, "conflict") == {"limit": 30_000, "room": 9_000}
    data(await topping_up(person, 9_000))
    assert refusal(await topping_up(person, 500), 409, "conflict") == {"limit": 30_000, "room": 0}
    assert "limit" in refusal(await topping_up(person, 500), 409, "conflict")
    data(await topping_up(await api.passenger(), 20_000))


async def test_three_are_under_way_at_most_when_many_are_begun(api: Api) -> None:
    person = await api.passenger()
    started = [data(await topping_up(person, 500)) for _ in range(3)]
    assert refusal(await topping_up(person, 500), 409, "conflict") == {"limit": 3}
    await api.press(started[1]["payment"]["provider_ref"], "paid")
    data(await topping_up(person, 500))
    refusal(await topping_up(person, 500), 409, "conflict")


async def test_three_are_under_way_at_most_when_twelve_begin_at_once(api: Api) -> None:
    person = await api.passenger()
    answers = await asyncio.gather(*(topping_up(person, 500) for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [409] * 9


async def test_cards_end_when_three_have_failed(api: Api) -> None:
    person = await api.passenger()
    for _ in range(3):
        payment = await filled(api, person, 500, method=Method.CARD)
        async with api.service.platform.begin() as unit:
            kept = await unit.payments.get(payment.id)
            kept.attempts = 1
            await unit.payments.save(kept)
    if Method.CARD in api.service.outside.gateways:
        assert refusal(await topping_up(person, 500, method="card"), 409, "conflict") == {"limit": 3}
    api.clock.advance(MINUTE)
    data(await topping_up(person, 500))
