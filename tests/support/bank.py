"""A provider of payments and payouts in a few lines: its own books, no network, as forgiving as the worst of them."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from uuid import UUID

from allonova.application.kernel.inside import require_outside_unit
from allonova.application.money.ports import (
    Opened,
    PaymentGateway,
    PayoutGateway,
    PayoutOrder,
    ProviderEvent,
    Reach,
    RedirectIntent,
    RefusedByProvider,
    Report,
    Reported,
    Transfer,
    TransferState,
)
from allonova.domain.kernel.errors import ProviderUnavailable
from allonova.domain.money.payment import Method, Payment
from allonova.domain.money.refund import Refund
from tests.support.factories import HOUR, NOW

NAMES = {Method.WAVE: "wave", Method.ORANGE: "orange", Method.MTN: "mtn", Method.CARD: "stripe"}


class Weather(StrEnum):
    """How the next call goes: well, to nowhere, or well and its answer is lost."""

    FAIR = "fair"
    DOWN = "down"
    LOST = "lost"


@dataclass(slots=True)
class Charge:
    """A payment, as its provider knows it."""

    amount: int
    state: Reported = Reported.OPEN
    back: int = 0
    dispute: Reported | None = None


@dataclass(slots=True)
class Bank:
    """One provider. `slow` makes refunds and payouts pending until they are asked about."""

    method: Method
    reach: Reach
    charges: dict[UUID, Charge] = field(default_factory=dict)
    refunds: dict[UUID, int] = field(default_factory=dict)
    payouts: dict[UUID, tuple[int, TransferState]] = field(default_factory=dict)
    taken: int = 0
    weather: Weather = Weather.FAIR
    slow: bool = False
    refuses: bool = False
    numbers: count[int] = field(default_factory=count)

    @property
    def net(self) -> int:
        """What it holds for us."""
        came = sum(charge.amount for charge in self.charges.values() if charge.state is Reported.PAID)
        left = sum(amount for amount, state in self.payouts.values() if state is not TransferState.FAILED)
        return came - sum(self.refunds.values()) - self.taken - left

    def pay(self, payment_id: UUID) -> None:
        """The payer pays, unless it is over."""
        charge = self.charges[payment_id]
        if charge.state in (Reported.OPEN, Reported.ATTEMPT_FAILED):
            charge.state = Reported.PAID

    def fail(self, payment_id: UUID, *, for_good: bool) -> None:
        """The payer cannot."""
        charge = self.charges[payment_id]
        if charge.state in (Reported.OPEN, Reported.ATTEMPT_FAILED):
            charge.state = Reported.FAILED if for_good else Reported.ATTEMPT_FAILED

    def take_back(self, payment_id: UUID) -> None:
        """Somebody at the provider gives all back that is left of it."""
        charge = self.charges[payment_id]
        if charge.state is Reported.PAID and charge.dispute is None:
            self.taken += charge.amount - charge.back
            charge.back = charge.amount

    def dispute(self, payment_id: UUID) -> None:
        """The card's bank takes all of it, or gives it back when it had."""
        charge = self.charges[payment_id]
        if charge.dispute is Reported.CHARGED_BACK:
            self.taken -= charge.amount
            charge.dispute = Reported.CHARGEBACK_WON
        elif charge.dispute is None and charge.state is Reported.PAID and not charge.back:
            self.taken += charge.amount
            charge.dispute = Reported.CHARGED_BACK

    def report(self, payment_id: UUID) -> Report:
        """What it says of a payment now."""
        charge = self.charges[payment_id]
        reported = Reported.REFUNDED if charge.back else charge.dispute or charge.state
        return Report(
            reported=reported,
            provider_ref=f"{NAMES[self.method]}-{payment_id}",
            amount=charge.amount,
            currency="XOF",
            back=charge.amount if reported is charge.dispute else charge.back,
            failure_code="refused" if reported in (Reported.FAILED, Reported.ATTEMPT_FAILED) else "",
        )

    def event(self, payment_id: UUID, *, is_hint: bool = False) -> ProviderEvent:
        """The same as a webhook says it."""
        return ProviderEvent(
            provider=NAMES[self.method],
            event_id=f"{NAMES[self.method]}-{next(self.numbers)}",
            kind="payment",
            payment_id=payment_id,
            report=None if is_hint else copy.deepcopy(self.report(payment_id)),
        )

    def answer(self) -> None:
        """The weather of a call that is about to be made."""
        require_outside_unit(self.method)
        if self.weather is Weather.DOWN:
            self.weather = Weather.FAIR
            raise ProviderUnavailable(self.method)

    def answered(self) -> None:
        """The weather of one that was worked."""
        if self.weather is Weather.LOST:
            self.weather = Weather.FAIR
            raise ProviderUnavailable(self.method)


@dataclass(frozen=True, slots=True)
class BankPayments:
    """See PaymentGateway."""

    bank: Bank
    base_url: str = "https://bank.test"

    @property
    def gives_back(self) -> Reach:
        """See PaymentGateway."""
        return self.bank.reach

    async def open(self, payment: Payment, *, return_url: str, phone: str | None, is_repeat: bool) -> Opened:
        """See PaymentGateway."""
        self.bank.answer()
        self.bank.charges.setdefault(payment.id, Charge(payment.amount))
        self.bank.answered()
        return Opened(
            provider_ref=f"{NAMES[self.bank.method]}-{payment.id}",
            intent=RedirectIntent(url="https://bank.test/pay", expires_at=NOW + 24 * HOUR),
        )

    async def read(self, payment: Payment) -> Report:
        """See PaymentGateway."""
        self.bank.answer()
        return self.bank.report(payment.id) if payment.id in self.bank.charges else Report(reported=Reported.NOT_FOUND)

    async def capture(self, payment: Payment) -> Report:
        """See PaymentGateway."""
        return await self.read(payment)

    async def end(self, payment: Payment) -> None:
        """See PaymentGateway."""
        self.bank.answer()
        if payment.id in self.bank.charges:
            self.bank.fail(payment.id, for_good=True)

    async def refund(self, payment: Payment, refund: Refund) -> Transfer:
        """See PaymentGateway."""
        self.bank.answer()
        charge = self.bank.charges[payment.id]
        if refund.id not in self.bank.refunds:
            is_possible = self.bank.reach is Reach.PARTS or (
                self.bank.reach is Reach.WHOLE and refund.amount == charge.amount
            )
            if (
                not is_possible
                or self.bank.refuses
                or charge.dispute is Reported.CHARGED_BACK
                or charge.back + refund.amount > charge.amount
            ):
                raise RefusedByProvider("refund-refused", "no")
            self.bank.refunds[refund.id] = refund.amount
            charge.back += refund.amount
        self.bank.answered()
        return Transfer(state=TransferState.PENDING if self.bank.slow else TransferState.DONE)

    async def read_refund(self, payment: Payment, refund: Refund) -> Transfer:
        """See PaymentGateway."""
        self.bank.answer()
        known = refund.id in self.bank.refunds
        return Transfer(state=TransferState.DONE if known else TransferState.NOT_FOUND)

    def read_event(self, headers: Mapping[str, str], body: bytes) -> ProviderEvent:
        """Nobody sends it any."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class BankPayouts:
    """See PayoutGateway."""

    bank: Bank
    base_url: str = "https://bank.test"

    async def send(self, order: PayoutOrder) -> Transfer:
        """See PayoutGateway."""
        self.bank.answer()
        if order.id not in self.bank.payouts:
            state = TransferState.FAILED if self.bank.refuses else TransferState.DONE
            self.bank.payouts[order.id] = (order.amount, state)
        self.bank.answered()
        return Transfer(state=TransferState.PENDING) if self.bank.slow else await self._said(order)

    async def read(self, order: PayoutOrder) -> Transfer:
        """See PayoutGateway."""
        self.bank.answer()
        return await self._said(order)

    async def _said(self, order: PayoutOrder) -> Transfer:
        if order.id not in self.bank.payouts:
            return Transfer(state=TransferState.NOT_FOUND)
        amount, state = self.bank.payouts[order.id]
        return Transfer(state=state, amount=amount, provider_ref=f"p-{order.id}", failure_code="refused")


def _conforms(payments: BankPayments, payouts: BankPayouts) -> tuple[PaymentGateway, PayoutGateway]:
    return payments, payouts
