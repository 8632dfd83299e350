"""Out of one's wallet: to whom, how much a day, and after what; every franc is in the books."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from allonova.domain.kyc.document import DocType, KycStatus
from allonova.domain.money.payment import Method
from allonova.domain.money.rules import MoneyRules
from tests.support.api import Api, Person
from tests.support.factories import HOUR, SECOND, a_paper, a_user
from tests.support.purses import a_saver, filled, require_sound_books, wallet_of, withdrawing
from tests.support.wire import data, fresh_email, fresh_key, fresh_phone, paths, refusal, require_refused

DAY = 24 * HOUR
MIDNIGHT = datetime(2025, 10, 2, tzinfo=UTC)  # in Abidjan too
PASSWORD = "quatre mots sans rapport"


async def test_line_and_payout_wait_when_money_is_withdrawn(api: Api) -> None:
    person = await a_saver(api, 8_000)
    done = data(await withdrawing(person, 5_000))
    txn, payout = done["txn"], done["payout"]
    assert (txn["type"], txn["source"], txn["amount"], txn["status"]) == ("debit", "payout", 5_000, "pending")
    assert (txn["ref"], txn["balance_after"]) == (payout["id"], 3_000)
    assert (payout["driver_id"], payout["kind"], payout["amount"]) == (str(person.id), "withdrawal", 5_000)
    assert (payout["method"], payout["status"], payout["withheld"]) == ("wave", "scheduled", 0)
    assert payout["phone"] == "***" + person.phone[-4:]
    assert await wallet_of(person) == (3_000, 3_000)
    assert data(await person.get("/wallet/txns"))[0] == txn
    (moved,) = [entry for entry in await api.inside.journal() if entry.kind == "payout_started"]
    assert moved.francs == {f"wallet:{person.id}": -5_000, "payouts_in_flight": 5_000}
    assert (await api.inside.audit())[-1].action == "wallet.withdrawn"
    await require_sound_books(api)


async def test_line_is_done_when_the_payout_is(api: Api) -> None:
    person = await a_saver(api, 5_000)
    data(await withdrawing(person, 5_000))
    await api.relay()
    (debit, _) = data(await person.get("/wallet/txns"))
    assert debit["status"] == "done"
    assert await wallet_of(person) == (0, 0)
    await require_sound_books(api)


async def test_money_is_back_when_the_provider_refuses_the_payout(api: Api) -> None:
    person = await a_saver(api, 5_000, phone="+2250700009901")
    data(await withdrawing(person, 5_000))
    await api.relay()
    (debit, _) = data(await person.get("/wallet/txns"))
    assert debit["status"] == "failed"
    assert await wallet_of(person) == (5_000, 5_000)
    await require_sound_books(api)


@pytest.mark.promise("sealed-at-rest")
async def test_number_is_sealed_when_money_is_withdrawn(api: Api) -> None:
    person = await a_saver(api, 5_000, phone="+2250799999941")
    data(await withdrawing(person, 5_000))
    assert (await api.inside.everything()).count(person.phone) == 1, "the account's own phone"


async def test_same_answer_when_a_key_comes_again(api: Api) -> None:
    person, key = await a_saver(api, 5_000), fresh_key()
    first, second = await withdrawing(person, 500, key=key), await withdrawing(person, 500, key=key)
    assert first.content == second.content
    assert second.headers["idempotent-replayed"] == "true"
    assert await wallet_of(person) == (4_500, 4_500)
    answer = await person.post("/wallet/withdraw", {"amount": 500, "method": "wave"})
    assert paths(refusal(answer, 422, "validation_error")) == ["Idempotency-Key"]
    refused = fresh_key()
    one = await withdrawing(person, 9_000, key=refused)
    await filled(api, person, 9_000)
    assert (await withdrawing(person, 9_000, key=refused)).json()["error"] == one.json()["error"]


async def test_refused_when_the_balance_is_too_small(api: Api) -> None:
    person = await a_saver(api, 5_000)
    refusal(await withdrawing(person, 5_001), 402, "insufficient_funds")
    refusal(await withdrawing(await a_saver(api), 500), 402, "insufficient_funds")
    assert await wallet_of(person) == (5_000, 5_000)


async def test_refused_when_it_may_only_be_spent(api: Api) -> None:
    person = await a_saver(api, 1_000)
    await filled(api, person, 5_000, method=Method.CARD)
    assert refusal(await withdrawing(person, 1_001), 402, "insufficient_funds") == {"withdrawable": 1_000}
    data(await withdrawing(person, 1_000))
    assert await wallet_of(person) == (5_000, 0)
    await require_sound_books(api)


@pytest.mark.parametrize("given", [[], [(DocType.CNI, KycStatus.PENDING)], [(DocType.PERMIS, KycStatus.APPROVED)]])
async def test_refused_when_no_identity_is_approved(api: Api, given: list[tuple[DocType, KycStatus]]) -> None:
    user = a_user()
    person = await api.enter(user, user, *(a_paper(user, kind, status=status) for kind, status in given))
    await filled(api, person, 5_000)
    assert refusal(await withdrawing(person, 500), 403, "kyc_required") == {"missing": ["cni|passport"]}
    await api.keep(a_paper(user, DocType.PASSPORT))
    data(await withdrawing(person, 500))


async def test_money_goes_to_confirmed_numbers_alone(api: Api) -> None:
    person, other = await a_saver(api, 50_000), fresh_phone()
    assert paths(refusal(await withdrawing(person, 500, phone=other), 422, "validation_error")) == ["phone"]
    await named(api, person, other)
    assert paths(refusal(await withdrawing(person, 500, phone=fresh_phone()), 422, "validation_error")) == ["phone"]
    for asked, reached in ((None, other), (other, other), (person.phone, person.phone)):
        given = {} if asked is None else {"phone": asked}
        payout = data(await withdrawing(person, 500, **given))["payout"]
        assert payout["phone"] == "***" + reached[-4:]
    await api.relay()
    sent = data(await api.outside.get("/ledger", params={"provider": "wave"}))["payouts"]
    assert Counter(line["phone"] for line in sent) == {other: 2, person.phone: 1}


async def named(api: Api, person: Person, phone: str) -> None:
    """Another payout account, a day ago."""
    data(await person.send("PUT", "/me/payout-account", json={"method": "wave", "phone": phone}))
    code = next(m["data"]["code"] for m in await api.messages(phone) if m["template"] == "payout_code")
    data(await person.post("/me/payout-account/confirm", {"code": code}))
    api.clock.advance(DAY)


async def test_refused_when_there_is_nowhere_to_send_it(api: Api) -> None:
    person = await a_saver(api, 5_000, email=fresh_email(), is_email_verified=True, is_phone_verified=False)
    refusal(await withdrawing(person, 500), 409, "conflict")
    assert paths(refusal(await withdrawing(person, 500, phone=person.phone), 422, "validation_error")) == ["phone"]


async def change_phone(api: Api, person: Person) -> None:
    phone = fresh_phone()
    data(await person.post("/me/phone", {"phone": phone}), 202)
    data(await person.post("/me/phone/confirm", {"code": await api.code(phone)}))


async def change_email(api: Api, person: Person) -> None:
    email = fresh_email()
    data(await person.post("/me/email", {"email": email}), 202)
    code = next(mail["data"]["code"] for mail in await api.mails(email))
    data(await person.post("/me/email/confirm", {"code": code}))


async def change_password(api: Api, person: Person) -> None:
    assert (await person.post("/me/password", {"new": PASSWORD})).status_code == 204


async def change_account(api: Api, person: Person) -> None:
    data(await person.send("PUT", "/me/payout-account", json={"method": "mtn", "phone": person.phone}))


@pytest.mark.parametrize("change", [change_phone, change_email, change_password, change_account])
async def test_nothing_leaves_for_a_day_when_what_guards_it_changed(api: Api, change: Any) -> None:
    person = await a_saver(api, 5_000)
    data(await withdrawing(person, 500))
    await change(api, person)
    until = api.clock.now() + DAY
    details = refusal(await withdrawing(person, 500), 409, "conflict")
    assert datetime.fromisoformat(details["until"]) == until
    shown = data(await person.get("/me/payout-account"))
    assert datetime.fromisoformat(shown["frozen_until"]) == until
    api.clock.advance(DAY - SECOND)
    refusal(await withdrawing(person, 500), 409, "conflict")
    api.clock.advance(SECOND)
    data(await withdrawing(person, 500))
    assert data(await person.get("/me/payout-account"))["frozen_until"] is None


async def test_first_password_freezes_nothing_when_it_came_with_the_registration(api: Api) -> None:
    phone = fresh_phone()
    body = {"phone": phone, "password": PASSWORD}
    assert (await api.http.post("/auth/register", json=body)).status_code in (201, 202)
    person = await api.log_in_by(phone)
    assert data(await person.get("/me/payout-account"))["frozen_until"] is None


async def test_francs_of_a_day_end_at_its_limit_and_begin_anew_at_midnight(api: Api) -> None:
    api.follow(money=MoneyRules(withdraw_daily_limit=10_000))
    api.clock.at = MIDNIGHT - HOUR
    person = await a_saver(api, 50_000)
    data(await withdrawing(person, 6_000))
    details = refusal(await withdrawing(person, 4_001), 409, "conflict")
    assert (details["left"], details["times"]) == (4_000, 4)
    assert details["until"] == "2025-10-02T00:00:00Z"
    data(await withdrawing(person, 4_000))
    api.clock.at = MIDNIGHT - SECOND
    refusal(await withdrawing(person, 500), 409, "conflict")
    api.clock.at = MIDNIGHT
    data(await withdrawing(person, 10_000))
    refusal(await withdrawing(person, 500), 409, "conflict")


async def test_times_of_a_day_end_at_their_number_and_failed_ones_do_not_count(api: Api) -> None:
    api.follow(money=MoneyRules(withdraw_daily_count=2))
    person = await a_saver(api, 50_000, phone="+2250700009902")
    data(await withdrawing(person, 500))
    await api.relay()
    for _ in range(2):
        data(await withdrawing(person, 500))
    assert refusal(await withdrawing(person, 500), 409, "conflict")["times"] == 0
    await require_sound_books(api)


UNSOUND: list[tuple[str, object]] = [
    *(("amount", amount) for amount in (499, 0, -1, 0.5, False, "500", 10**30)),
    *(("method", "orange"), ("phone", "x"), ("driver_id", "1")),
]


async def test_refused_when_it_is_unsound(api: Api, subtests: pytest.Subtests) -> None:
    person = await a_saver(api, 5_000)
    await require_refused(subtests, UNSOUND, lambda given: withdrawing(person, **({"amount": 500} | given)))


async def test_wallet_can_be_emptied_when_wallets_are_switched_off(api: Api) -> None:
    person = await a_saver(api, 5_000)
    api.follow(money=MoneyRules(enable_wallet=False))
    data(await withdrawing(person, 5_000))
    assert await wallet_of(person) == (0, 0)


@pytest.mark.promise("no-negative-balance")
async def test_one_wins_when_thirty_withdraw_the_whole_at_once(api: Api) -> None:
    person = await a_saver(api, 150_000)
    answers = await asyncio.gather(*(withdrawing(person, 150_000) for _ in range(30)))
    codes = Counter(answer.json().get("error", {}).get("code", "done") for answer in answers)
    assert codes == {"done": 1, "insufficient_funds": 29}
    assert await wallet_of(person) == (0, 0)
    await require_sound_books(api)


async def test_account_stays_when_a_withdrawal_is_under_way(api: Api) -> None:
    person = await a_saver(api, 5_000)
    data(await withdrawing(person, 5_000))
    assert refusal(await person.send("DELETE", "/me"), 409, "conflict") == {"reasons": ["payout"]}
