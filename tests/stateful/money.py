"""A whole business in one process: people, trips, providers, and everything that moves money."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from allonova.application.carpool.arbitrate_booking import ArbitrateBooking, Ruling
from allonova.application.carpool.cancel_booking import CancelBooking
from allonova.application.carpool.cancel_trip import CancelTrip
from allonova.application.carpool.check_in import CheckIn
from allonova.application.carpool.check_payment import CheckPayment
from allonova.application.carpool.contest_no_show import ContestNoShow
from allonova.application.carpool.create_booking import CreateBooking
from allonova.application.carpool.decide_dispute import DecideDispute
from allonova.application.carpool.end_ride import EndRide
from allonova.application.carpool.open_dispute import OpenDispute
from allonova.application.carpool.refund_by_admin import ApproveRefund
from allonova.application.carpool.report_driver_no_show import ReportDriverNoShow
from allonova.application.carpool.report_no_show import ReportNoShow
from allonova.application.carpool.start_payment import StartPayment, Wish
from allonova.application.carpool.start_ride import StartRide
from allonova.application.carpool.take_provider_event import TakeProviderEvent
from allonova.application.kernel.idempotency import UNKEYED
from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort
from allonova.application.money.create_promo import CreatePromo, PromoDraft
from allonova.application.money.decide_payouts import ApprovePayouts, RejectPayouts
from allonova.application.money.decide_refund import RejectRefund
from allonova.application.money.finance_report import ONE_DAY, ReportFinance
from allonova.application.money.ports import ProviderEvent, Reach, Reported
from allonova.application.money.run_payouts import RunPayouts
from allonova.application.money.top_up import TopUp, TopUpWish
from allonova.application.money.withdraw import Withdraw, WithdrawWish
from allonova.domain.carpool.booking import Booking, BookingStage, BookingStatus
from allonova.domain.carpool.dispute import Decision, DisputeCategory, DisputeStatus
from allonova.domain.identity.roles import Role
from allonova.domain.identity.user import User
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError
from allonova.domain.kernel.machine import Party
from allonova.domain.money.finance import FIGURES
from allonova.domain.money.journal import AccountKind
from allonova.domain.money.payment import SETTLED, Method
from allonova.domain.money.payout import PayoutKind, PayoutMethod, PayoutStatus
from allonova.domain.money.promo import PromoStatus, PromoType
from allonova.domain.money.refund import RefundStatus
from allonova.domain.money.rules import MoneyRules
from allonova.main.parts import Platform
from allonova.main.wiring import Service, build_outside, build_service, fixed_policies
from tests.stateful.postings import postings_of
from tests.support.bank import Bank, BankPayments, BankPayouts, Weather
from tests.support.factories import HOUR, NOW, SetClock, a_driver, a_paper, a_trip, a_user, an_admin, keep, new_id
from tests.support.serving import SETTINGS

REACHES = {
    Method.WAVE: Reach.WHOLE,
    Method.ORANGE: Reach.NOTHING,
    Method.MTN: Reach.PARTS,
    Method.CARD: Reach.PARTS,
}
RULES = MoneyRules(payout_minimum=1_000, four_eyes_amount=8_000, withdraw_daily_count=50)
PASSENGERS, DRIVERS = 3, 2
SILENT = {"notify_sms": False, "notify_email": False, "notify_push": False}
G = BookingStage
STEPS = {
    "checkin": (G.PAID,),
    "start": (G.CHECKED_IN,),
    "end": (G.STARTED,),
    "cancel": (G.PENDING, G.ACCEPTED, G.PAID),
    "let down": (G.PENDING, G.ACCEPTED, G.PAID),
    "no-show": (G.PAID,),
    "driver-no-show": (G.PAID,),
    "contest": (G.CANCELLED,),
}
WHEN = {"checkin": -HOUR, "no-show": HOUR / 2, "driver-no-show": HOUR / 4}


def _quiet(request: httpx.Request) -> httpx.Response:
    """Whoever sends messages is content."""
    return httpx.Response(201, json={"messageId": "1"})


@dataclass(slots=True)
class Money:
    """What is known of it from outside: ids to act on. Whatever is refused is refused."""

    service: Service
    clock: SetClock
    banks: dict[Method, Bank]
    people: list[User]
    drivers: list[Any]
    trips: list[UUID] = field(default_factory=list)
    bookings: list[UUID] = field(default_factory=list)
    events: list[ProviderEvent] = field(default_factory=list)
    batches: list[UUID] = field(default_factory=list)
    disputes: list[UUID] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)
    admins: tuple[Actor, Actor] = (Actor(Party.ADMIN, new_id()), Actor(Party.ADMIN, new_id()))

    @classmethod
    async def opened(cls, platform: Platform, clock: SetClock) -> Money:
        """People with papers, each in his state of nothing."""
        banks = {method: Bank(method, reach) for method, reach in REACHES.items()}
        http = httpx.AsyncClient(transport=httpx.MockTransport(_quiet))
        outside = replace(
            build_outside(SETTINGS, clock, http, platform.limiter),
            gateways={method: BankPayments(bank) for method, bank in banks.items()},
            payout_gateways={
                PayoutMethod.WAVE: BankPayouts(banks[Method.WAVE]),
                PayoutMethod.MTN: BankPayouts(banks[Method.MTN]),
            },
        )
        service = build_service(SETTINGS, platform, outside, fixed_policies(SETTINGS, money=RULES))
        people, drivers = [a_user(**SILENT) for _ in range(PASSENGERS)], [a_driver() for _ in range(DRIVERS)]
        for driver in drivers:
            driver.user.notify_sms = driver.user.notify_email = driver.user.notify_push = False
        async with platform.begin() as unit:
            await keep(unit, *drivers, *people, *(a_paper(person) for person in people))
        made = cls(service, clock, banks, people, drivers)
        admins = an_admin(), an_admin()
        async with platform.begin() as unit:
            await keep(unit, *admins)
        made.admins = (Actor(Party.ADMIN, admins[0].id), Actor(Party.ADMIN, admins[1].id))
        for code, value in (("HALF", 50), ("ALL", 100)):
            draft = PromoDraft(
                code=code,
                type=PromoType.PERCENT,
                value=value,
                max_uses=3,
                per_user_limit=2,
                starts_at=None,
                ends_at=None,
                status=PromoStatus.ACTIVE,
            )
            await made.use(CreatePromo)(by=made.admins[0], draft=draft)
        return made

    def use(self, kind: object) -> Any:
        """A use case as it is wired."""
        return self.service.edge.use[kind]

    async def may(self, deed: Any) -> Any:
        """Do it if the service lets us; None when it refuses."""
        try:
            return await deed
        except DomainError as refusal:
            self.refusals[type(refusal).__name__] += 1
            return None

    async def publish(self, driver: int, ahead_h: int) -> None:
        """A trip with four seats that says yes by itself."""
        trip = a_trip(self.drivers[driver % DRIVERS], departure_time=self.clock.now() + ahead_h * HOUR)
        trip.arrival_eta = trip.departure_time + 3 * HOUR
        trip.allow_auto_accept = True
        trip.created_at = trip.updated_at = self.clock.now()
        with contextlib.suppress(DomainError):
            async with self.service.platform.begin() as unit:
                await unit.trips.add(trip)
            self.trips.append(trip.id)

    async def book(self, person: int, trip: int, seats: int) -> None:
        """Seats on one of the trips, of the newest first."""
        if not self.trips:
            return
        view = await self.may(
            self.use(CreateBooking)(
                caller_id=self.people[person % PASSENGERS].id,
                trip_id=_newest(self.trips, trip),
                seats=seats,
                pickup_stop_id=None,
                dropoff_stop_id=None,
                once=UNKEYED,
            )
        )
        if view is not None:
            self.bookings.append(view.id)

    async def pay(self, booking: int, method: Method, promo: str | None, weather: Weather) -> None:
        """Begin to pay for a booking that waits for money."""
        found = await self._booking(booking, BookingStage.ACCEPTED)
        if found is None:
            return
        if method in self.banks:
            self.banks[method].weather = weather
        wish = Wish(booking_id=found.id, method=method, return_url="https://x.test", promo_code=promo)
        await self.may(self.use(StartPayment)(caller_id=found.passenger_id, wish=wish, once=UNKEYED))

    async def pay_through(self, booking: int, method: Method, promo: str | None) -> None:
        """The same, and the payer pays, and we hear of it."""
        await self.pay(booking, method, promo, Weather.FAIR)
        if method in self.banks and self.banks[method].charges:
            payment_id = list(self.banks[method].charges)[-1]
            self.banks[method].pay(payment_id)
            self.events.append(self.banks[method].event(payment_id))
            await self.use(TakeProviderEvent)(self.events[-1])

    async def top_up(self, person: int, method: Method, amount: int) -> None:
        """Begin to fill a wallet."""
        wish = TopUpWish(amount=amount, method=method, return_url="https://x.test")
        await self.may(self.use(TopUp)(caller_id=self.people[person % PASSENGERS].id, wish=wish, once=UNKEYED))

    async def at_the_bank(self, method: Method, charge: int, deed: str, *, hint: bool, tells: bool) -> None:
        """A payer pays or fails, or somebody there gives it back; its event may come, now or later, or never."""
        bank = self.banks[method]
        wanted = (Reported.PAID,) if deed in ("take back", "dispute") else (Reported.OPEN, Reported.ATTEMPT_FAILED)
        charges = [id for id, one in bank.charges.items() if one.state in wanted]
        if not charges:
            return
        payment_id = _newest(charges, charge)
        match deed:
            case "pay":
                bank.pay(payment_id)
            case "fail":
                bank.fail(payment_id, for_good=False)
            case "end":
                bank.fail(payment_id, for_good=True)
            case "dispute":
                bank.dispute(payment_id)
            case _:
                bank.take_back(payment_id)
        if tells:
            self.events.append(bank.event(payment_id, is_hint=hint))

    async def tell(self, event: int, times: int) -> None:
        """One of the events arrives, maybe again, maybe long after others."""
        if self.events:
            said = _newest(self.events, event)
            for _ in range(times):
                await self.use(TakeProviderEvent)(said)

    async def ask(self, method: Method, charge: int) -> None:
        """We ask a provider by ourselves."""
        charges = list(self.banks[method].charges)
        if charges:
            await self.may(self.use(CheckPayment)(_newest(charges, charge)))

    async def ride(self, booking: int, step: str, *, early_h: int = 0) -> None:
        """One of the steps of a ride, by whoever may take it, when it may be taken; or so many hours before the
        departure, if that is still to come.
        """
        found = await self._booking(booking, *STEPS[step])
        if found is None:
            return
        driver = await self._driver(found)
        when = -early_h * HOUR if early_h else WHEN.get(step, -1000 * HOUR)
        wait = found.departure_time + when - self.clock.now()
        self.clock.advance(max(wait, timedelta()))
        by_driver = {"caller_id": driver, "booking_id": found.id}
        by_passenger = {"caller_id": found.passenger_id, "booking_id": found.id}
        deeds: dict[str, Any] = {
            "checkin": lambda: self.use(CheckIn)(**by_driver, code=found.qr_code),
            "start": lambda: self.use(StartRide)(**by_driver),
            "end": lambda: self.use(EndRide)(**by_driver),
            "cancel": lambda: self.use(CancelBooking)(**by_passenger, reason=None),
            "let down": lambda: self.use(CancelBooking)(**by_driver, reason=None),
            "no-show": lambda: self.use(ReportNoShow)(**by_driver),
            "driver-no-show": lambda: self.use(ReportDriverNoShow)(**by_passenger),
            "contest": lambda: self.use(ContestNoShow)(**by_driver),
        }
        await self.may(deeds[step]())

    async def complain(self, booking: int, *, by_driver: bool) -> None:
        """A side of a booking, of whatever became of it, opens a dispute."""
        found = await self._booking(booking, *BookingStage)
        if found is None:
            return
        made = await self.may(
            self.use(OpenDispute)(
                caller_id=await self._driver(found) if by_driver else found.passenger_id,
                booking_id=found.id,
                category=DisputeCategory.PAYMENT,
                description="Trop cher.",
            )
        )
        if made is not None:
            self.disputes.append(made.id)

    async def judge(self, dispute: int, refund: int, *, by: int, yes: bool) -> None:
        """One of the disputes is decided; a part of the fare in percent goes back."""
        if not self.disputes:
            return
        dispute_id = _newest(self.disputes, dispute)
        async with self.service.platform.begin() as unit:
            booking = await unit.bookings.get((await unit.disputes.get(dispute_id)).booking_id)
        amount = booking.amount_total * refund // 100 if yes else 0
        status = DisputeStatus.RESOLVED if yes else DisputeStatus.REJECTED
        for decision in (
            Decision(status=DisputeStatus.IN_REVIEW),
            Decision(status=status, resolution="Relu.", refund_amount=amount),
        ):
            await self.may(
                self.use(DecideDispute)(
                    by=self.admins[by % 2], role=Role.SUPER, dispute_id=dispute_id, decision=decision, expected=None
                )
            )

    async def arbitrate(self, booking: int, refund: int | None, *, by: int, completes: bool) -> None:
        """The back office ends a booking; so many percent of the fare go back, None for all."""
        found = await self._booking(booking, *BookingStage)
        if found is None:
            return
        ruling = Ruling(
            status=BookingStatus.COMPLETED if completes else BookingStatus.CANCELLED,
            refund_amount=None if refund is None else found.amount_total * refund // 100,
            reason="Relu.",
        )
        await self.may(
            self.use(ArbitrateBooking)(
                by=self.admins[by % 2], role=Role.SUPER, booking_id=found.id, ruling=ruling, expected=None
            )
        )

    async def approve(self, *, by: int, yes: bool) -> None:
        """A second admin looks at the newest refund that waits for one."""
        awaiting = Filter("status", Op.EQ, RefundStatus.AWAITING_APPROVAL)
        query = ListQuery(filters=(awaiting,), sort=(Sort("created_at", descending=True),), page_size=1)
        for refund in (await self.service.platform.payments.refunds(query)).items:
            actor = self.admins[by % 2]
            if yes:
                await self.may(self.use(ApproveRefund)(by=actor, refund_id=refund.id))
            else:
                await self.may(self.use(RejectRefund)(by=actor, refund_id=refund.id, reason="Non."))

    async def regret(self, booking: int, method: Method) -> None:
        """Somebody cancels while he pays."""
        known = len(self.banks[method].charges)
        await self.pay(booking, method, None, Weather.FAIR)
        if len(self.banks[method].charges) > known:
            payment_id = list(self.banks[method].charges)[-1]
            found = await self._booking(booking, BookingStage.ACCEPTED)
            if found is not None:
                await self.may(self.use(CancelBooking)(caller_id=found.passenger_id, booking_id=found.id, reason=None))
            self.banks[method].pay(payment_id)
            self.events.append(self.banks[method].event(payment_id))

    async def sell(self, driver: int, person: int, method: Method, promo: str | None) -> None:
        """A new trip, and somebody who books and pays."""
        await self.publish(driver, 24 + 5 * len(self.trips))
        await self.book(person, 0, 2)
        await self.pay_through(0, method, promo)

    async def fill(self, person: int, method: Method, amount: int) -> None:
        """Somebody's wallet, through a provider who tells us."""
        known = len(self.banks[method].charges)
        await self.top_up(person, method, amount)
        if len(self.banks[method].charges) > known:
            payment_id = list(self.banks[method].charges)[-1]
            self.banks[method].pay(payment_id)
            self.events.append(self.banks[method].event(payment_id))
            await self.use(TakeProviderEvent)(self.events[-1])

    async def ride_through(self, booking: int) -> None:
        """From the check-in to the arrival."""
        for step in ("checkin", "start", "end"):
            await self.ride(booking, step)

    async def call_off(self, trip: int) -> None:
        """A driver cancels a whole trip."""
        if self.trips:
            trip_id = _newest(self.trips, trip)
            async with self.service.platform.begin() as unit:
                driver = (await unit.trips.get(trip_id)).driver_id
            await self.may(self.use(CancelTrip)(caller_id=driver, trip_id=trip_id, reason=None, version=None))

    async def withdraw(self, person: int, amount: int, method: PayoutMethod) -> None:
        """Out of a wallet."""
        wish = WithdrawWish(amount=amount, method=method)
        await self.may(self.use(Withdraw)(caller_id=self.people[person % PASSENGERS].id, wish=wish, once=UNKEYED))

    async def pay_out(self, *, refuses: bool) -> None:
        """What the drivers have earned, to numbers that may be blocked."""
        self.banks[Method.WAVE].refuses = refuses
        run = await self.may(self.use(RunPayouts)(by=self.admins[0]))
        if run is not None and run.batch_id is not None:
            self.batches.append(run.batch_id)

    async def decide(self, batch: int, *, by: int, yes: bool) -> None:
        """On a run that waits."""
        if self.batches:
            decide = self.use(ApprovePayouts if yes else RejectPayouts)
            await self.may(decide(by=self.admins[by % 2], batch_id=_newest(self.batches, batch)))

    async def change_bank(self, method: Method, *, slow: bool, refuses: bool, weather: Weather) -> None:
        """A provider has a bad day."""
        bank = self.banks[method]
        bank.slow, bank.refuses, bank.weather = slow, refuses, weather

    async def relay(self) -> None:
        """What waits in the outbox goes out."""
        await self.service.relay()

    async def run(self, job: str) -> None:
        """A job runs."""
        found = next((one for one in self.service.jobs if one.name == job), None)
        if found is not None:
            await found.run()

    async def pass_time(self, minutes: int) -> None:
        """Time goes by."""
        self.clock.advance(timedelta(minutes=minutes))

    async def come_to_rest(self) -> None:
        """All events are told, everything that waits is done, all providers work."""
        for bank in self.banks.values():
            bank.slow, bank.refuses, bank.weather = False, False, Weather.FAIR
        for event in self.events:
            await self.use(TakeProviderEvent)(event)
        for _ in range(3):
            await self.relay()
            for method, bank in self.banks.items():
                for index in range(len(bank.charges)):
                    await self.ask(method, index)
            for batch in range(len(self.batches)):
                await self.decide(batch, by=1, yes=True)
            self.clock.advance(timedelta(hours=5))
            await self.relay()
            for job in ("payouts_check", "reconciliation"):
                await self.run(job)

    async def require_sound(self) -> None:
        """The books have no fault, and they say what is so after each step."""
        report = await self.service.platform.books.verify()
        assert report.faults == ()

    async def require_agreement(self) -> None:
        """Each provider holds for us what our books say that it owes us, to the franc."""
        held = await postings_of(self.service.platform)
        for method, bank in self.banks.items():
            assert -held[AccountKind.CLEARING, method.value] == bank.net, method
        assert sum(held.values()) == 0

    async def require_reports(self) -> None:
        """The report on finance says what payments, refunds and payouts say, and what the books hold, to the franc;
        cut in two at any midnight it says the same.
        """
        platform, held = self.service.platform, await postings_of(self.service.platform)
        report: ReportFinance = self.use(ReportFinance)
        until = self.clock.now().replace(hour=0, minute=0, second=0, microsecond=0) + ONE_DAY
        since, every = NOW.replace(hour=0) - ONE_DAY, ListQuery(page_size=10_000)
        whole = await report(since=since, until=until)
        for account in whole.accounts:
            assert account.opening == 0
            assert account.closing == sum(sum_ for (kind, _), sum_ in held.items() if kind is account.account)
        payments = [one for one in (await platform.payments.payments(every)).items if one.status in SETTLED]
        refunds = [one for one in (await platform.payments.refunds(every)).items if one.status is RefundStatus.DONE]
        payouts = [
            one for one in (await platform.payouts.payouts(every)).items if one.status is not PayoutStatus.FAILED
        ]
        totals = whole.totals
        assert totals.paid == sum(one.amount for one in payments if one.booking_id is not None)
        assert totals.topups == sum(one.amount for one in payments if one.booking_id is None)
        assert totals.refunded == sum(one.amount for one in refunds)
        assert totals.payouts == sum(one.amount for one in payouts if one.kind is PayoutKind.EARNINGS)
        assert totals.withdrawals == sum(one.amount for one in payouts if one.kind is PayoutKind.WITHDRAWAL)
        assert totals.paid_out == sum(one.amount for one in payouts if one.status is PayoutStatus.DONE)
        cut = since + (until - since).days // 2 * ONE_DAY
        before, after = await report(since=since, until=cut), await report(since=cut, until=until)
        for first, second, both in zip(before.accounts, after.accounts, whole.accounts, strict=True):
            assert (first.closing, second.closing) == (second.opening, both.closing)
        for name in FIGURES:
            assert getattr(totals, name) == getattr(before.totals, name) + getattr(after.totals, name)

    async def _booking(self, index: int, *stages: BookingStage) -> Booking | None:
        """One of the bookings in these stages, of the newest first."""
        async with self.service.platform.begin() as unit:
            found = [await unit.bookings.get(booking_id) for booking_id in self.bookings[-12:]]
        fit = [booking for booking in found if booking.stage in stages]
        return _newest(fit, index) if fit else None

    async def _driver(self, booking: Booking) -> UUID:
        async with self.service.platform.begin() as unit:
            found: UUID = (await unit.trips.get(booking.trip_id)).driver_id
        return found


def _newest[T](things: list[T], index: int) -> T:
    return things[-1 - index % len(things)]
