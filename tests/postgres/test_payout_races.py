"""Runs that meet: each driver is paid once, and two hundred drivers in a moment."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass

import pytest

from allonova.adapters.crypto.sealer import AesSealer
from allonova.adapters.postgres.money.books import PostgresBooks
from allonova.adapters.postgres.money.payouts import PostgresPayoutQueries
from allonova.adapters.postgres.runner import Pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.kernel.listing import ListQuery
from allonova.application.money.decide_payouts import ApprovePayouts, RejectPayouts
from allonova.application.money.payout_desk import PayoutDesk
from allonova.application.money.ports import PayoutGateway, PayoutOrder, Transfer, TransferState
from allonova.application.money.run_payouts import RunPayouts, RunScheduledPayouts
from allonova.application.money.send_payout import SendPayout
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.machine import Party
from allonova.domain.money.events import PayoutDue
from allonova.domain.money.payout import PayoutMethod
from allonova.domain.money.rules import MoneyRules
from tests.support.earnings import an_earning
from tests.support.factories import NOW, SECOND, NumberedIds, SetClock, a_paper, a_user, new_id

ROUNDS = 5
MANY, TRIES = 200, 3  # a machine that is busy is tried again


@dataclass(slots=True)
class Ledger:
    """A provider that pays at once and counts what it is told."""

    told: list[PayoutOrder]
    base_url: str = "https://wave.test"

    async def send(self, order: PayoutOrder) -> Transfer:
        """See PayoutGateway."""
        self.told.append(order)
        await asyncio.sleep(0)
        return Transfer(state=TransferState.DONE, provider_ref=f"pt-{order.id}", amount=order.amount, fees=10)

    async def read(self, order: PayoutOrder) -> Transfer:
        """See PayoutGateway."""
        return Transfer(state=TransferState.DONE, provider_ref=f"pt-{order.id}", amount=order.amount, fees=10)


def _conforms(ledger: Ledger) -> PayoutGateway:
    return ledger


@dataclass(frozen=True, slots=True)
class Stage:
    """The use cases on real connections."""

    units: PostgresUnits
    pool: Pool
    ledger: Ledger
    desk: PayoutDesk

    def run(self, rules: MoneyRules | None = None) -> RunPayouts:
        """With the figures that are given."""
        known = rules or MoneyRules(four_eyes_amount=10_000_000)
        return RunPayouts(self.units.begin, self.desk, {PayoutMethod.WAVE: self.ledger}, lambda: known)

    @property
    def sending(self) -> SendPayout:
        """To the ledger."""
        return SendPayout(self.units.begin, self.desk, {PayoutMethod.WAVE: self.ledger})

    async def drivers(self, number: int, francs: int = 6_000) -> None:
        """So many who have each earned so much."""
        users = [a_user() for _ in range(number)]
        async with self.units.begin() as unit:
            await unit.users.add_all(users)
            await unit.papers.add_all([a_paper(user) for user in users])
            await unit.journal.post_all([an_earning(user.id, francs, NOW - SECOND) for user in users])

    async def require_clean_books(self) -> None:
        """They are."""
        assert (await PostgresBooks(self.pool).verify()).faults == ()


@pytest.fixture
def stage(units: PostgresUnits, pool: Pool) -> Stage:
    desk = PayoutDesk(SetClock(), NumberedIds(), AesSealer({"k1": "x" * 32}, "k1"))
    return Stage(units, pool, Ledger([]), desk)


@pytest.mark.promise("one-payout")
async def test_each_driver_is_paid_once_when_many_runs_and_the_job_are_made_at_once(stage: Stage) -> None:
    run = stage.run()
    job = RunScheduledPayouts(stage.units.begin, run)
    for number in range(ROUNDS):
        await stage.drivers(5)
        runs, jobs = await asyncio.gather(
            asyncio.gather(*(run() for _ in range(4))), asyncio.gather(*(job() for _ in range(2)))
        )
        assert sum(len(each.payouts) for each in runs) + sum(jobs) == 5, number
    page = await PostgresPayoutQueries(stage.pool).payouts(ListQuery(page_size=100))
    assert Counter(payout.driver_id for payout in page.items).most_common(1)[0][1] == 1
    assert (page.total, sum(payout.amount for payout in page.items)) == (5 * ROUNDS, 6_000 * 5 * ROUNDS)
    await stage.require_clean_books()


@pytest.mark.promise("one-payout")
async def test_payout_ends_once_when_it_is_sent_and_asked_about_at_once(stage: Stage) -> None:
    for _ in range(ROUNDS):
        await stage.drivers(1)
        ((payout,), sending) = (await stage.run()()).payouts, stage.sending
        assert payout.id is not None
        deeds = [sending(PayoutDue(payout.id)) for _ in range(4)] + [sending.check(payout.id) for _ in range(4)]
        await asyncio.gather(*deeds)
        assert {(order.id, order.amount) for order in stage.ledger.told} == {(payout.id, 6_000)}
        stage.ledger.told.clear()
    page = await PostgresPayoutQueries(stage.pool).payouts(ListQuery())
    assert {(payout.status, payout.fees) for payout in page.items} == {("done", 10)}
    await stage.require_clean_books()


async def test_one_decision_counts_when_two_admins_decide_at_once(stage: Stage) -> None:
    run = stage.run(MoneyRules(four_eyes_amount=1))
    approve = ApprovePayouts(stage.units.begin, stage.desk.clock)
    reject = RejectPayouts(stage.units.begin, stage.desk.clock, stage.desk.ids)
    admins = [Actor(Party.ADMIN, new_id()) for _ in range(6)]
    for _ in range(ROUNDS):
        await stage.drivers(3)
        batch_id = (await run()).batch_id
        assert batch_id is not None
        deeds = [approve(by=by, batch_id=batch_id) for by in admins[:3]]
        deeds += [reject(by=by, batch_id=batch_id) for by in admins[3:]]
        ends = await asyncio.gather(*deeds, return_exceptions=True)
        assert sum(not isinstance(end, BaseException) for end in ends) == 1
    await stage.require_clean_books()


async def test_two_hundred_drivers_are_run_and_refused_within_a_second_each(stage: Stage) -> None:
    await stage.drivers(MANY)
    run = stage.run(MoneyRules(four_eyes_amount=1))
    reject = RejectPayouts(stage.units.begin, stage.desk.clock, stage.desk.ids)
    took_s: list[tuple[float, float]] = []
    for _ in range(TRIES):
        started = time.monotonic()
        ran = await run()
        between = time.monotonic()
        assert (len(ran.payouts), ran.total, ran.left) == (MANY, MANY * 6_000, 0)
        assert ran.batch_id is not None
        await reject(by=Actor(Party.ADMIN, new_id()), batch_id=ran.batch_id)  # what it paid is owed again
        took_s.append((between - started, time.monotonic() - between))
    assert max(map(min, zip(*took_s, strict=True))) < 1, took_s
    await stage.require_clean_books()
