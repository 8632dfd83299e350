"""Money at made-up providers, whose books a test can change behind our back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from allonova.application.carpool.take_provider_event import TakeProviderEvent
from allonova.application.money.ports import Reach, Report, Reported, Transfer
from allonova.application.money.run_payouts import RunPayouts
from allonova.domain.kernel.errors import ProviderUnavailable
from allonova.domain.money.payment import Method, Payment
from allonova.domain.money.payout import Payout, PayoutMethod
from allonova.domain.money.refund import Refund
from allonova.main.wiring import build_service
from tests.support.api import Api
from tests.support.bank import NAMES, Bank, BankPayments, BankPayouts, Charge
from tests.support.earnings import earn
from tests.support.factories import (
    SECOND,
    a_booking,
    a_driver,
    a_payment,
    a_trip,
    a_user,
    cancelled,
    new_id,
)

REACHES = {
    Method.WAVE: Reach.WHOLE,
    Method.ORANGE: Reach.NOTHING,
    Method.MTN: Reach.PARTS,
    Method.CARD: Reach.PARTS,
}


@dataclass(slots=True)
class Ledger(Bank):
    """A bank that can be shut, and counts what it is asked. `fees` is what it charged, `disputes` what a card's bank
    did; `meanwhile` happens once, while its answer about a payment is on its way.
    """

    is_shut: bool = False
    asked: int = 0
    fees: dict[UUID, int] = field(default_factory=dict)
    disputes: dict[UUID, Reported] = field(default_factory=dict)
    meanwhile: Callable[[Payment], Awaitable[None]] | None = None

    def answer(self) -> None:
        """Every call comes by here."""
        Bank.answer(self)
        self.asked += 1
        if self.is_shut:
            raise ProviderUnavailable(self.method)


@dataclass(frozen=True, slots=True)
class LedgerPayments(BankPayments):
    """Says also how much of a refund it gave."""

    async def read(self, payment: Payment) -> Report:
        """See PaymentGateway: mobile money does not say of a payment what went back."""
        report, bank = await BankPayments.read(self, payment), self.ledger
        if report.reported is Reported.REFUNDED and bank.method is not Method.CARD:
            report = replace(report, reported=Reported.PAID, back=0)
        if payment.id in bank.disputes:
            report = replace(report, reported=bank.disputes[payment.id], back=payment.amount)
        meanwhile, bank.meanwhile = bank.meanwhile, None
        if meanwhile is not None:
            await meanwhile(payment)
        return replace(report, fees=bank.fees.get(payment.id))

    @property
    def ledger(self) -> Ledger:
        """Its bank."""
        assert isinstance(self.bank, Ledger)
        return self.bank

    async def read_refund(self, payment: Payment, refund: Refund) -> Transfer:
        """See PaymentGateway."""
        transfer = await BankPayments.read_refund(self, payment, refund)
        return replace(transfer, amount=self.bank.refunds.get(refund.id))


@dataclass(slots=True, kw_only=True)
class Money:
    """The service with banks of every kind in place of the sandbox's providers."""

    api: Api
    banks: dict[Method, Ledger] = field(
        default_factory=lambda: {method: Ledger(method, reach) for method, reach in REACHES.items()}
    )

    def __post_init__(self) -> None:
        outside = replace(
            self.api.service.outside,
            gateways={method: LedgerPayments(bank) for method, bank in self.banks.items()},
            payout_gateways={
                PayoutMethod.WAVE: BankPayouts(self.banks[Method.WAVE]),
                PayoutMethod.MTN: BankPayouts(self.banks[Method.MTN]),
            },
        )
        self.api.service = build_service(self.api.settings, self.api.service.platform, outside)
        self.api.app.state.edge = self.api.service.edge

    def use(self, kind: object) -> Any:
        """A use case as it is wired."""
        return self.api.service.edge.use[kind]

    def charge(self, payment: Payment) -> Charge:
        """What its bank has of a payment."""
        return self.banks[payment.method].charges[payment.id]

    async def topups(self, count: int, *, methods: tuple[Method, ...] = tuple(REACHES)) -> list[Payment]:
        """Top-ups that are open, by each method in turn; their banks know them."""
        user, now = a_user(), self.api.clock.now()
        made = []
        for index in range(count):
            method, id = methods[index % len(methods)], new_id()
            made.append(
                Payment(
                    id=id,
                    booking_id=None,
                    user_id=user.id,
                    method=method,
                    provider_url="https://bank.test",
                    provider_ref=f"{NAMES[method]}-{id}",
                    amount=1_000 + index,
                    created_at=now,
                    updated_at=now,
                )
            )
            self.banks[method].charges[id] = Charge(made[-1].amount)
        await self.api.keep(user, *made)
        return made

    async def paid(self, count: int, *, methods: tuple[Method, ...] = tuple(REACHES)) -> list[Payment]:
        """The same, paid, and we were told."""
        made = await self.topups(count, methods=methods)
        for payment in made:
            await self.told(payment)
        return made

    async def told(self, payment: Payment) -> None:
        """The payer pays, and the bank says so."""
        bank = self.banks[payment.method]
        bank.pay(payment.id)
        await self.use(TakeProviderEvent)(bank.event(payment.id))

    async def late(self, count: int, *, methods: tuple[Method, ...]) -> list[Payment]:
        """Payments of bookings that were cancelled: what still comes must go back."""
        driver, passenger, now = a_driver(), a_user(), self.api.clock.now()
        trip, made = a_trip(driver), []
        await self.api.keep(driver, passenger, trip)
        for index in range(count):
            booking = cancelled(a_booking(trip, passenger), reason="changed_mind")
            id, method = new_id(), methods[index % len(methods)]
            ref = f"{NAMES[method]}-{id}"
            payment = a_payment(booking, id=id, method=method, provider_ref=ref, created_at=now, updated_at=now)
            await self.api.keep(booking, payment)
            self.banks[method].charges[id] = Charge(payment.amount)
            made.append(payment)
        return made

    async def refunded(self, count: int, *, methods: tuple[Method, ...]) -> list[tuple[Payment, UUID]]:
        """The same, paid and gone back, each with its refund's id."""
        made = []
        for payment in await self.late(count, methods=methods):
            bank = self.banks[payment.method]
            before = set(bank.refunds)
            await self.told(payment)
            await self.api.relay()
            (refund_id,) = set(bank.refunds) - before
            made.append((payment, refund_id))
        return made

    async def paid_out(self, count: int) -> list[Payout]:
        """Drivers' earnings, sent; done unless the bank refuses."""
        drivers = [await self.api.driver() for _ in range(count)]
        async with self.api.service.platform.begin() as unit:
            for driver in drivers:
                await earn(unit, driver.id, 6_000, self.api.clock.now() - SECOND)
        run = await self.use(RunPayouts)()
        await self.api.relay()
        async with self.api.service.platform.begin() as unit:
            return [await unit.payouts.get(payout.id) for payout in run.payouts]

    async def books(self) -> None:
        """Ours are sound."""
        assert (await self.api.service.platform.books.verify()).faults == ()
