"""What providers say is compared with our books: lost news is caught up with, and what differs is found."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import Any

import pytest

from allonova.application.money.ports import Reported, TransferState
from allonova.domain.identity.roles import Role
from allonova.domain.money.events import RefundDue
from allonova.domain.money.payment import Method, Payment, PaymentStatus
from allonova.domain.money.payout import Payout, PayoutStatus
from allonova.domain.money.rules import MoneyRules
from tests.support.api import Api, Person
from tests.support.factories import HOUR, MINUTE
from tests.support.ledgers import Money
from tests.support.purses import require_sound_books, wallet_of
from tests.support.wire import data, fresh_key, paths, refusal

DAY = 24 * HOUR
POLL = 2 * MINUTE
DAILY = "reconciliation_daily"
PROVIDERS = {"wave": "wave", "orange": "orange", "mtn": "mtn", "card": "stripe"}
KINDS = ("paid_there", "not_paid_there", "amount_differs", "refund_differs", "payout_differs")


async def report(admin: Person, **query: str | int) -> Any:
    """What the back office sees, with how many differences there are."""
    answer = await admin.get("/admin/payments/reconciliation", **{"page_size": 100} | query)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"] | {"total": answer.json()["meta"]["pagination"]["total"]}


async def next_day(api: Api) -> None:
    """The next day's run."""
    api.clock.advance(DAY)
    await api.run(DAILY)


async def begin(api: Api, person: Person, method: str) -> tuple[str, str]:
    """A top-up's id, and where its payer presses the button."""
    body = {"amount": 1_500, "method": method, "phone": "+2250500000001"}
    body = body if method == "mtn" else {"amount": 1_500, "method": method}
    started = data(await person.post("/wallet/topup", body, key=fresh_key()))
    ref = started["payment"]["provider_ref"]
    return started["payment"]["id"], started["intent"]["url"].rpartition("/")[2] if method == "orange" else ref


@pytest.mark.promise("webhooks-lost")
@pytest.mark.parametrize("count", [pytest.param(8, id="sample"), pytest.param(50, id="full", marks=pytest.mark.prove)])
async def test_all_are_settled_within_two_polls_when_every_callback_is_lost(api: Api, count: int) -> None:
    people = [await api.passenger() for _ in range(-(-count // 3))]
    for provider in PROVIDERS.values():
        await api.arm("lost", times=1_000, provider=provider)
    begun = [
        (people[index // 3], *await begin(api, people[index // 3], list(PROVIDERS)[index % 4]))
        for index in range(count)
    ]
    for _, _, page in begun:
        await api.press(page, "paid")
    shown = [data(await person.get(f"/payments/{id}"))["status"] for person, id, _ in begun]
    assert shown == ["init"] * count
    api.clock.advance(5 * MINUTE)
    for _ in range(2):
        await api.run("reconciliation")
        await api.relay()
        api.clock.advance(POLL)
    shown = [data(await person.get(f"/payments/{id}"))["status"] for person, id, _ in begun]
    assert shown == ["paid"] * count
    assert sum([(await wallet_of(person))[0] for person in people]) == count * 1_500
    await require_sound_books(api)


async def test_nobody_is_asked_about_a_payment_that_was_just_begun(api: Api) -> None:
    money = Money(api=api)
    (payment,) = await money.topups(1)
    money.banks[payment.method].pay(payment.id)
    api.clock.advance(5 * MINUTE - MINUTE)
    await api.run("reconciliation")
    assert money.banks[payment.method].asked == 0
    api.clock.advance(MINUTE)
    await api.run("reconciliation")
    assert await status_of(api, payment) == "paid"


async def status_of(api: Api, payment: Payment) -> str:
    async with api.service.platform.begin() as unit:
        return str((await unit.payments.get(payment.id)).status)


async def test_each_is_asked_once_a_run_and_again_in_the_next_one(api: Api) -> None:
    money = Money(api=api)
    await money.topups(3, methods=(Method.WAVE,))
    api.clock.advance(5 * MINUTE)
    for times in (1, 2):
        await api.run("reconciliation")
        await api.run("reconciliation")
        assert money.banks[Method.WAVE].asked == 3 * times
        api.clock.advance(POLL)


async def test_old_ones_are_asked_about_once_an_hour(api: Api) -> None:
    money = Money(api=api)
    await money.topups(1, methods=(Method.CARD,))
    api.clock.advance(DAY)
    for asked, later in ((1, 59 * MINUTE), (1, MINUTE), (2, MINUTE)):
        await api.run("reconciliation")
        assert money.banks[Method.CARD].asked == asked
        api.clock.advance(later)


async def test_others_are_settled_when_a_provider_is_down(api: Api) -> None:
    money = Money(api=api)
    down = await money.topups(9, methods=(Method.MTN,))
    up = await money.topups(3, methods=(Method.WAVE,))
    for payment in (*down, *up):
        money.banks[payment.method].pay(payment.id)
    money.banks[Method.MTN].is_shut = True
    api.clock.advance(5 * MINUTE)
    await api.run("reconciliation")
    assert {await status_of(api, payment) for payment in up} == {"paid"}
    assert {await status_of(api, payment) for payment in down} == {"init"}
    await api.run("reconciliation")
    assert money.banks[Method.MTN].asked == len(down)  # each had his turn, and comes after the others the next time
    money.banks[Method.MTN].is_shut = False
    api.clock.advance(POLL)
    await api.run("reconciliation")
    assert {await status_of(api, payment) for payment in down} == {"paid"}
    await money.books()


async def test_payment_that_was_never_opened_fails_in_time(api: Api) -> None:
    money = Money(api=api)
    (payment,) = await money.topups(1, methods=(Method.WAVE,))
    del money.banks[Method.WAVE].charges[payment.id]
    for minutes, status in ((5, "init"), (8, "init"), (2, "failed")):
        api.clock.advance(minutes * MINUTE)
        await api.run("reconciliation")
        assert await status_of(api, payment) == status


async def test_refund_is_sent_when_its_delivery_gave_up(api: Api) -> None:
    money = Money(api=api)
    ((payment, refund_id),) = await dead_refund(money)
    bank = money.banks[payment.method]
    api.clock.advance(2 * MINUTE)
    await api.run("reconciliation")
    assert list(bank.refunds) == [refund_id]
    assert await status_of(api, payment) == "refunded"
    await money.books()


async def dead_refund(money: Money) -> list[tuple[Payment, Any]]:
    """A refund whose provider was down until its delivery was given up."""
    api, bank = money.api, money.banks[Method.MTN]
    made: list[tuple[Payment, Any]] = []

    async def relay_in_vain() -> int:
        bank.is_shut = True
        for _ in range(12):
            await api.service.relay()
            api.clock.advance(5 * HOUR)
        bank.is_shut = False
        sent = [row for row in await api.inside.outbox() if row.event == RefundDue.name]
        assert [row.is_dead for row in sent] == [True]
        return 0

    payment = (await money.late(1, methods=(Method.MTN,)))[0]
    await money.told(payment)
    await relay_in_vain()
    async with api.service.platform.begin() as unit:
        refund = await unit.refunds.find(payment_id=payment.id)
    assert refund is not None
    made.append((payment, refund.id))
    return made


@pytest.mark.parametrize("topup", [True, False])
async def test_held_card_money_is_taken_or_let_go_when_that_was_given_up(api: Api, topup: bool) -> None:
    money = Money(api=api)
    methods = (Method.CARD,)
    (payment,) = await (money.topups(1, methods=methods) if topup else money.late(1, methods=methods))
    money.charge(payment).state = Reported.AUTHORIZED
    api.clock.advance(5 * MINUTE)
    await api.run("reconciliation")
    assert await status_of(api, payment) == "authorized"
    before = await due_of(api)
    assert before == {"payment.capture_due": 1} if topup else {"payment.abandoned": 1}
    api.clock.advance(DAY - MINUTE)
    await api.run("reconciliation")
    assert await due_of(api) == before
    api.clock.advance(HOUR)
    await api.run("reconciliation")
    assert await due_of(api) == dict.fromkeys(before, 2)
    api.clock.advance(HOUR)
    await api.run("reconciliation")
    assert await due_of(api) == dict.fromkeys(before, 2)


async def due_of(api: Api) -> Counter[str]:
    return Counter(row.event for row in await api.inside.outbox() if row.event.startswith("payment."))


async def plant(money: Money, each: int) -> int:
    """So many of each kind, in the forms that it takes, among others that agree; how many of them can be mended."""
    await money.paid(8)
    await money.refunded(4, methods=(Method.MTN, Method.CARD, Method.WAVE))
    await fails_at_both(money)
    begun = await money.topups(each + 2)
    for index, payment in enumerate(begun):
        if index % 2:
            await fail(money.api, payment)
        if index < each:
            money.banks[payment.method].pay(payment.id)
    for index, payment in enumerate(await money.paid(each)):
        money.charge(payment).state = (Reported.OPEN, Reported.FAILED, Reported.UNKNOWN)[index % 3]
        if index == each - 1:
            del money.banks[payment.method].charges[payment.id]
    for payment in await money.paid(each):
        money.charge(payment).amount += 500
    taken = await money.paid(each // 3, methods=(Method.CARD,))
    for payment in taken:
        money.banks[Method.CARD].take_back(payment.id)
    await lose_refunds(money, each - len(taken))
    await lose_payouts(money, each)
    return each + len(taken)


async def lose_refunds(money: Money, count: int) -> None:
    """Refunds that never were, or were of less."""
    for index, (payment, refund_id) in enumerate(await money.refunded(count, methods=(Method.MTN, Method.CARD))):
        if index % 2:
            del money.banks[payment.method].refunds[refund_id]
        else:
            money.banks[payment.method].refunds[refund_id] -= 1


async def lose_payouts(money: Money, count: int) -> None:
    """Payouts that were taken back, of another sum, or unknown; and as many that agree."""
    there = money.banks[Method.WAVE].payouts
    for index, payout in enumerate((await money.paid_out(count + 2))[:count]):
        forms = ((payout.amount, TransferState.FAILED), (payout.amount + 100, TransferState.DONE), None)
        form = forms[index % 3]
        if form is None:
            del there[payout.id]
        else:
            there[payout.id] = form


async def fails_at_both(money: Money) -> Payout:
    """A payout that its bank refused: a failure alone is no difference."""
    money.banks[Method.WAVE].refuses = True
    (payout,) = await money.paid_out(1)
    money.banks[Method.WAVE].refuses = False
    assert payout.status is PayoutStatus.FAILED
    return payout


async def fail(api: Api, payment: Payment) -> None:
    """We gave it up."""
    async with api.service.platform.begin() as unit:
        found = await unit.payments.get(payment.id)
        found.status = PaymentStatus.FAILED
        await unit.payments.save(found)


@pytest.mark.promise("reconciliation")
@pytest.mark.parametrize("each", [pytest.param(3, id="sample"), pytest.param(10, id="full", marks=pytest.mark.prove)])
async def test_every_difference_is_found_once(api: Api, caplog: pytest.LogCaptureFixture, each: int) -> None:
    api.follow(money=MoneyRules(four_eyes_amount=10_000_000))
    money, admin = Money(api=api), await api.admin(Role.FINANCE)
    mended = await plant(money, each)
    api.clock.advance(5 * MINUTE)
    await api.run(DAILY)
    shown = await report(admin)
    assert Counter(found["kind"] for found in shown["differences"]) == dict.fromkeys(KINDS, each)
    assert sum(found["resolution"] == "mended" for found in shown["differences"]) == mended
    run = shown["run"]
    assert (run["differences"], run["settled"], run["unanswered"]) == (5 * each, mended, 0)
    assert run["finished_at"] is not None
    await require_alerts(api, caplog, 5 * each - mended)
    await next_day(api)
    again = await report(admin)
    assert again["differences"] == shown["differences"]
    assert (again["run"]["differences"], again["run"]["unanswered"]) == (0, 0)
    await require_alerts(api, caplog, 0)


async def require_alerts(api: Api, caplog: pytest.LogCaptureFixture, count: int) -> None:
    """An error line for each."""
    caplog.clear()
    with caplog.at_level(logging.ERROR, logger="allonova"):
        while await api.relay():
            pass
    assert [record.message for record in caplog.records].count("money differs from its provider") == count


async def found(api: Api, money: Money) -> list[tuple[str, str]]:
    """What the day's run finds: kinds, and what became of each."""
    api.clock.advance(5 * MINUTE)
    await api.run(DAILY)
    await money.books()
    shown = await report(await api.admin(Role.FINANCE))
    return [(each["kind"], each["resolution"] or each["status"]) for each in shown["differences"]]


@pytest.mark.promise("reconciliation")
async def test_difference_is_closed_when_it_is_gone(api: Api) -> None:
    money = Money(api=api)
    (payment,) = await money.paid(1)
    money.charge(payment).state = Reported.FAILED
    assert await found(api, money) == [("not_paid_there", "open")]
    api.clock.advance(4 * DAY)
    await api.run(DAILY)
    admin = await api.admin(Role.FINANCE)
    assert [each["status"] for each in (await report(admin))["differences"]] == ["open"]
    money.charge(payment).state = Reported.PAID
    await next_day(api)
    (closed,) = (await report(admin))["differences"]
    now = api.clock.now().isoformat().replace("+00:00", "Z")
    assert (closed["status"], closed["resolution"], closed["closed_at"]) == ("closed", "gone", now)
    money.charge(payment).state = Reported.FAILED
    await next_day(api)
    assert (await report(admin))["total"] == 1  # it ended long ago, and agreed when it was looked at last
    assert [line.action for line in await api.inside.audit() if "difference" in line.action] == [
        "difference.found",
        "difference.closed",
    ]


@pytest.mark.promise("reconciliation")
async def test_nothing_differs_when_our_books_move_while_a_provider_is_asked(api: Api) -> None:
    money = Money(api=api)
    (payment,) = await money.topups(1)
    money.banks[payment.method].meanwhile = money.told
    assert await found(api, money) == []
    assert await status_of(api, payment) == "paid"


async def test_silence_is_no_difference_when_a_provider_is_down(api: Api) -> None:
    money, admin = Money(api=api), await api.admin(Role.FINANCE)
    payments = await money.paid(8)
    for payment in payments:
        money.charge(payment).state = Reported.FAILED
    money.banks[Method.MTN].is_shut = True
    api.clock.advance(5 * MINUTE)
    await api.run(DAILY)
    shown = await report(admin)
    assert (shown["run"]["asked"], shown["run"]["unanswered"], shown["run"]["differences"]) == (8, 2, 6)
    assert {each["provider"] for each in shown["differences"]} == {"wave", "orange", "card"}
    async with api.service.platform.begin() as unit:
        asked = {(await unit.payments.get(payment.id)).checked_at for payment in payments}
    assert asked == {api.clock.now()}
    money.banks[Method.MTN].is_shut = False
    await next_day(api)
    assert (await report(admin))["run"]["differences"] == 2


class Killed(BaseException):
    """The worker is no more."""


@pytest.mark.promise("jobs-are-rows")
async def test_run_goes_on_when_its_worker_died(api: Api) -> None:
    money, admin = Money(api=api), await api.admin(Role.FINANCE)
    payments = await money.paid(12, methods=(Method.WAVE,))
    for payment in payments:
        money.charge(payment).state = Reported.FAILED

    bank, lived = money.banks[Method.WAVE], list[Payment]()

    async def live_a_little(payment: Payment) -> None:
        bank.meanwhile = live_a_little
        lived.append(payment)
        if len(lived) > 8:
            raise Killed

    bank.meanwhile = live_a_little
    api.clock.advance(5 * MINUTE)
    with pytest.raises(BaseExceptionGroup):
        await api.run(DAILY)
    bank.meanwhile = None
    await api.run(DAILY)
    begun, bank.asked = await report(admin), 0
    assert begun["run"]["finished_at"] is None
    assert 1 <= begun["total"] <= 8
    api.clock.advance(62 * MINUTE)
    await api.run(DAILY)
    assert bank.asked == len(payments) - begun["total"]
    shown = await report(admin)
    assert (shown["run"]["id"], shown["run"]["started_at"]) == (begun["run"]["id"], begun["run"]["started_at"])
    assert shown["run"]["finished_at"] is not None
    assert sorted(each["subject_id"] for each in shown["differences"]) == sorted(str(each.id) for each in payments)


@pytest.mark.promise("jobs-are-rows")
async def test_one_run_is_made_when_workers_begin_it_at_once(api: Api) -> None:
    money = Money(api=api)
    payments = await money.paid(8)
    for payment in payments:
        money.charge(payment).state = Reported.FAILED
    api.clock.advance(5 * MINUTE)
    await asyncio.gather(*(api.run(DAILY) for _ in range(4)))
    assert sum(bank.asked for bank in money.banks.values()) == 8
    shown = await report(await api.admin(Role.FINANCE))
    assert (shown["total"], shown["run"]["asked"]) == (8, 8)


async def test_late_charge_of_a_provider_is_booked(api: Api) -> None:
    money = Money(api=api)
    (payment,) = await money.paid(1, methods=(Method.CARD,))
    money.banks[Method.CARD].fees[payment.id] = 58
    assert await found(api, money) == []
    await next_day(api)
    charges = [entry.francs for entry in await api.inside.journal() if entry.kind == "provider_charged"]
    assert charges == [{"provider_cost": -58, "clearing:card": 58}]


async def test_payout_differs_when_it_was_paid_after_all(api: Api) -> None:
    money = Money(api=api)
    payout = await fails_at_both(money)
    money.banks[Method.WAVE].payouts[payout.id] = (payout.amount, TransferState.DONE)
    assert await found(api, money) == [("payout_differs", "open")]


async def test_refund_differs_when_it_went_both_ways(api: Api) -> None:
    money = Money(api=api)
    (payment,) = await money.late(1, methods=(Method.MTN,))
    bank = money.banks[Method.MTN]
    bank.refuses = True
    await money.told(payment)
    await api.relay()
    async with api.service.platform.begin() as unit:
        refund = await unit.refunds.find(payment_id=payment.id)
    assert refund is not None
    assert refund.sent_to == "wallet"
    bank.refunds[refund.id] = refund.amount
    assert await found(api, money) == [("refund_differs", "open")]


async def test_chargeback_is_taken_in_when_nobody_told_of_it(api: Api) -> None:
    money = Money(api=api)
    (payment,) = await money.paid(1, methods=(Method.CARD,))
    money.banks[Method.CARD].disputes[payment.id] = Reported.CHARGED_BACK
    assert await found(api, money) == [("refund_differs", "mended")]
    money.banks[Method.CARD].disputes[payment.id] = Reported.CHARGEBACK_WON
    api.clock.advance(DAY)
    assert await found(api, money) == [("refund_differs", "mended")] * 2
    api.clock.advance(DAY)
    assert len(await found(api, money)) == 2


async def test_books_are_proved_once_a_night(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    admin = await api.admin(Role.FINANCE)
    assert await report(admin) == {"run": None, "books": None, "differences": [], "total": 0}
    await api.run("books")
    now = api.clock.now().isoformat().replace("+00:00", "Z")
    sound = {"verified_at": now, "entries": 0, "postings": 0, "fault_count": 0, "faults": []}
    assert (await report(admin))["books"] == sound
    (payment,) = await Money(api=api).topups(1)
    async with api.service.platform.begin() as unit:
        found = await unit.payments.get(payment.id)
        found.status = PaymentStatus.PAID
        await unit.payments.save(found)
    caplog.clear()
    await api.run("books")
    assert (await report(admin))["books"] == sound
    assert [record for record in caplog.records if record.levelno == logging.ERROR] == []
    api.clock.advance(DAY)
    caplog.clear()
    await api.run("books")
    shown = (await report(admin))["books"]
    assert (shown["fault_count"], shown["faults"]) == (1, [f"payment {payment.id}: paid but not booked"])
    (line,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert (line.message, getattr(line, "faults", None)) == ("the books have faults", 1)


async def test_differences_are_filtered_and_paged(api: Api) -> None:
    money, admin = Money(api=api), await api.admin(Role.FINANCE)
    payments = await money.paid(4)
    for payment in payments:
        money.charge(payment).state = Reported.FAILED
    money.charge(payments[0]).state = Reported.PAID
    money.charge(payments[0]).amount += 1
    api.clock.advance(5 * MINUTE)
    await api.run(DAILY)
    first = payments[0]
    (found,) = (await report(admin, kind="amount_differs"))["differences"]
    assert found | {"id": None, "created_at": None} == {
        "id": None, "kind": "amount_differs", "subject": "payment", "subject_id": str(first.id), "provider": "wave",
        "ours": "paid", "theirs": "paid", "our_amount": first.amount, "their_amount": first.amount + 1,
        "status": "open", "resolution": None, "created_at": None, "closed_at": None,
    }  # fmt: skip
    for query, total in (
        ({"status": "closed"}, 0), ({"provider": "in:mtn,card"}, 2), ({"subject_id": str(first.id)}, 1),
        ({"subject": "payout"}, 0), ({"created_at_gte": found["created_at"]}, 4), ({"page_size": 2, "page": 2}, 4),
    ):  # fmt: skip
        assert (await report(admin, **query))["total"] == total, query
    refused = await admin.get("/admin/payments/reconciliation", booking_id="x")
    assert paths(refusal(refused, 422, "validation_error")) == ["booking_id"]
    refusal(await (await api.admin(Role.SUPPORT)).get("/admin/payments/reconciliation"), 403, "forbidden")
