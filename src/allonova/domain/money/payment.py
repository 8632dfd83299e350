"""A payment at a provider."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from allonova.domain.kernel.errors import Conflict
from allonova.domain.kernel.errors import PaymentFailed as PaymentFailedCode
from allonova.domain.kernel.machine import Machine, Party, step
from allonova.domain.kernel.money import CURRENCY


class Method(StrEnum):
    """How somebody pays."""

    WAVE = "wave"
    ORANGE = "orange"
    MTN = "mtn"
    CARD = "card"
    WALLET = "wallet"


class PaymentStatus(StrEnum):
    """Of one payment."""

    INIT = "init"
    AUTHORIZED = "authorized"
    PAID = "paid"
    FAILED = "failed"
    REFUNDED = "refunded"


class PaymentAction(StrEnum):
    """What providers do to a payment."""

    AUTHORIZE = "authorize"
    PAY = "pay"
    FAIL = "fail"
    REFUND = "refund"


S, A = PaymentStatus, PaymentAction

# seeds/allocar.txt: "init → authorized? → paid, failed, refunded". Money that arrives after a failure was reported
# is money all the same (failed → paid): refusing the fact would only lose it. It is then refunded.
PAYMENT = Machine[PaymentStatus, PaymentAction](
    "payment",
    S.INIT,
    {
        (S.INIT, A.AUTHORIZE): step(S.AUTHORIZED, Party.PROVIDER),
        (S.INIT, A.PAY): step(S.PAID, Party.PROVIDER),
        (S.AUTHORIZED, A.PAY): step(S.PAID, Party.PROVIDER),
        (S.FAILED, A.PAY): step(S.PAID, Party.PROVIDER),
        (S.INIT, A.FAIL): step(S.FAILED, Party.PROVIDER, Party.SYSTEM),
        (S.AUTHORIZED, A.FAIL): step(S.FAILED, Party.PROVIDER, Party.SYSTEM),
        (S.PAID, A.REFUND): step(S.REFUNDED, Party.PROVIDER, Party.SYSTEM),
    },
)

AMOUNT_MISMATCH = "amount_mismatch"


@dataclass(eq=False)
class PaymentPending(Conflict):
    """The booking already has a payment under way."""

    payment_id: UUID


@dataclass(eq=False)
class ProviderRefused(PaymentFailedCode):
    """The provider refused to start the payment, for good."""

    payment_id: UUID
    reason: str


@dataclass(slots=True, kw_only=True)
class Payment:
    """Francs on their way from a person to us. `provider_ref` is unique per method once the provider gave it.

    `provider_url` is where it was made: some providers answer for a payment only there.
    """

    id: UUID
    booking_id: UUID | None
    user_id: UUID
    method: Method
    provider_ref: str | None = None
    provider_url: str
    amount: int
    currency: str = CURRENCY
    fees: int = 0
    refunded_amount: int = 0
    status: PaymentStatus = PaymentStatus.INIT
    flags: list[str] = field(default_factory=list)
    failure_code: str | None = None
    failure_message: str | None = None
    intent: dict[str, Any] | None = None
    raw_payload: dict[str, Any] | None = None
    version: int = 1
    created_at: datetime
    updated_at: datetime

    def started(self, *, provider_ref: str, intent: dict[str, Any], at: datetime) -> None:
        """The provider opened it."""
        self.provider_ref = provider_ref
        self.intent = intent
        self.updated_at = at

    def pay(self, *, provider_ref: str, raw: dict[str, Any], at: datetime) -> bool:
        """The provider says that the money is here. False when that was known."""
        if self.status in (PaymentStatus.PAID, PaymentStatus.REFUNDED):
            return False
        self.status = PAYMENT.go(self.status, PaymentAction.PAY, Party.PROVIDER)
        self.provider_ref = provider_ref
        self.raw_payload = raw
        self.updated_at = at
        return True

    def fail(self, *, code: str, message: str, by: Party, at: datetime) -> None:
        """No money will come of it."""
        self.status = PAYMENT.go(self.status, PaymentAction.FAIL, by)
        self.note_attempt(code=code, message=message, at=at)

    def note_attempt(self, *, code: str, message: str, at: datetime) -> None:
        """A try of the payer failed; the provider's session may still be open."""
        self.failure_code = code
        self.failure_message = message
        self.updated_at = at

    def refund(self, *, at: datetime) -> None:
        """The whole amount went back."""
        self.status = PAYMENT.go(self.status, PaymentAction.REFUND, Party.SYSTEM)
        self.refunded_amount = self.amount
        self.updated_at = at

    def refund_part(self, amount: int, *, at: datetime) -> None:
        """A part of it went back, to the wallet of whoever paid; the rest stays ours."""
        self.refunded_amount += amount
        self.updated_at = at

    def flag(self, flag: str, *, at: datetime) -> None:
        """Mark for people to look at."""
        if flag not in self.flags:
            self.flags = [*self.flags, flag]
            self.updated_at = at
