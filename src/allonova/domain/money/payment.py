"""A payment at a provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
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

OPEN = frozenset({PaymentStatus.INIT, PaymentStatus.AUTHORIZED})
SETTLED = frozenset({PaymentStatus.PAID, PaymentStatus.REFUNDED})

CARD_TRIES = 3  # seeds/allocar.txt, Anti-fraude: 3 failed card payments in 24 h
CARD_WINDOW = timedelta(hours=24)


class Flag(StrEnum):
    """What makes people look at a payment."""

    AMOUNT_MISMATCH = "amount_mismatch"
    UNKNOWN_STATUS = "unknown_status"
    TAKEN_BACK = "taken_back"
    CHARGEBACK = "chargeback"
    REFUND_PENDING_MANUAL = "refund_pending_manual"


@dataclass(eq=False)
class PaymentPending(Conflict):
    """The booking already has a payment under way."""

    payment_id: UUID


@dataclass(eq=False)
class TooManyCardFailures(Conflict):
    """Three failed card payments in 24 hours are the limit."""

    limit: int


@dataclass(eq=False)
class MethodUnavailable(Conflict):
    """This way of paying is switched off."""

    method: str


@dataclass(eq=False)
class ProviderRefused(PaymentFailedCode):
    """The provider refused to start the payment, for good."""

    payment_id: UUID
    reason: str


@dataclass(slots=True, kw_only=True)
class Payment:
    """Francs on their way from a person to us: for a booking, or without one into his wallet.

    `amount` is what the payer pays; `discount` is what a promo adds to it. `provider_ref` is unique per method once the
    provider gave it, and so is `notif_token`, by which Orange names it. `provider_keys` is what else a provider wants
    to hear when it is asked. `provider_url` is where it was made: some providers answer for a payment only there.
    `fees` is what the provider charged us. `refunded_amount` is what went back of `amount`. `attempts` counts tries of
    the payer that failed; `checked_at` is when its provider was last asked.
    """

    id: UUID
    booking_id: UUID | None
    user_id: UUID
    method: Method
    provider_ref: str | None = None
    provider_url: str
    provider_keys: dict[str, str] | None = None
    notif_token: str | None = None
    amount: int
    currency: str = CURRENCY
    fees: int = 0
    refunded_amount: int = 0
    promo_id: UUID | None = None
    promo_code: str | None = None
    discount: int = 0
    status: PaymentStatus = PaymentStatus.INIT
    flags: list[str] = field(default_factory=list)
    failure_code: str | None = None
    failure_message: str | None = None
    attempts: int = 0
    intent: dict[str, Any] | None = None
    raw_payload: dict[str, Any] | None = None
    paid_at: datetime | None = None
    checked_at: datetime | None = None
    version: int = 1
    created_at: datetime
    updated_at: datetime

    @property
    def is_topup(self) -> bool:
        """Whether it goes into the payer's wallet."""
        return self.booking_id is None

    @property
    def is_open(self) -> bool:
        """Whether money may still come of it without anything unusual."""
        return self.status in OPEN

    def take_promo(self, promo_id: UUID, code: str, discount: int) -> None:
        """The promo pays a part of it; before anybody was told what it costs."""
        self.promo_id, self.promo_code, self.discount = promo_id, code, discount
        self.amount -= discount

    def forgo_promo(self) -> None:
        """The promo pays nothing: there is no ride to pay for."""
        self.promo_id = self.promo_code = None
        self.discount = 0

    def started(
        self,
        *,
        provider_ref: str,
        intent: dict[str, Any],
        keys: Mapping[str, str],
        notif_token: str | None,
        at: datetime,
    ) -> None:
        """The provider opened it."""
        self.provider_ref = provider_ref
        self.provider_keys = dict(keys) or None
        self.notif_token = notif_token
        self.intent = intent
        self.updated_at = at

    def authorize(self, *, provider_ref: str, at: datetime) -> bool:
        """The card's bank holds the money for us. False when more than that was known."""
        if self.status is not PaymentStatus.INIT:
            return False
        self.status = PAYMENT.go(self.status, PaymentAction.AUTHORIZE, Party.PROVIDER)
        self.provider_ref = provider_ref
        self.updated_at = at
        return True

    def pay(self, *, provider_ref: str | None, raw: dict[str, Any] | None, at: datetime) -> bool:
        """The money is here, from a provider or out of a wallet. False when that was known."""
        if self.status in SETTLED:
            return False
        self.status = PAYMENT.go(self.status, PaymentAction.PAY, Party.PROVIDER)
        self.provider_ref = provider_ref
        self.raw_payload = raw
        self.paid_at = self.updated_at = at
        return True

    def fail(self, *, code: str, message: str, by: Party, at: datetime) -> None:
        """No money will come of it."""
        self.status = PAYMENT.go(self.status, PaymentAction.FAIL, by)
        self.failure_code, self.failure_message = code, message
        self.updated_at = at

    def note_attempt(self, *, code: str, message: str, at: datetime) -> None:
        """A try of the payer failed; the provider's session may still be open."""
        self.attempts += 1
        self.failure_code, self.failure_message = code, message
        self.updated_at = at

    def gone_back(self, amount: int, *, at: datetime) -> None:
        """A part of it, or the rest of it, went back."""
        if not 0 < amount <= self.amount - self.refunded_amount:
            raise ValueError("more went back than came")
        self.refunded_amount += amount
        if self.refunded_amount == self.amount:
            self.status = PAYMENT.go(self.status, PaymentAction.REFUND, Party.SYSTEM)
        self.updated_at = at

    def charged(self, fees: int, *, at: datetime) -> None:
        """What the provider keeps of it."""
        self.fees = fees
        self.updated_at = at

    def flag(self, flag: Flag, *, at: datetime) -> None:
        """Mark for people to look at."""
        if flag.value not in self.flags:
            self.flags = [*self.flags, flag.value]
            self.updated_at = at

    def unflag(self, flag: Flag, *, at: datetime) -> None:
        """Somebody has seen to it."""
        if flag.value in self.flags:
            self.flags = [one for one in self.flags if one != flag.value]
            self.updated_at = at
