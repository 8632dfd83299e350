"""Money that goes back to whoever paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import Conflict, Forbidden
from allonova.domain.kernel.machine import Machine, Party, step
from allonova.domain.kernel.money import CURRENCY


class RefundTo(StrEnum):
    """Where it goes: by the way it came, or into the payer's wallet."""

    PROVIDER = "provider"
    WALLET = "wallet"


class RefundStatus(StrEnum):
    """Of one refund. While it is pending its francs wait in `refunds_due`."""

    AWAITING_APPROVAL = "awaiting_approval"
    PENDING = "pending"
    PENDING_MANUAL = "pending_manual"
    DONE = "done"
    REJECTED = "rejected"


class RefundAction(StrEnum):
    """What becomes of a refund."""

    APPROVE = "approve"
    REJECT = "reject"
    GIVE_UP = "give-up"
    CONFIRM = "confirm"
    FINISH = "finish"


S, A = RefundStatus, RefundAction

# money.md, Payments and Payouts: four eyes above an amount; what a provider cannot do waits for a person.
REFUND = Machine[RefundStatus, RefundAction](
    "refund",
    (S.AWAITING_APPROVAL, S.PENDING),
    {
        (S.AWAITING_APPROVAL, A.APPROVE): step(S.PENDING, Party.ADMIN),
        (S.AWAITING_APPROVAL, A.REJECT): step(S.REJECTED, Party.ADMIN),
        (S.PENDING, A.GIVE_UP): step(S.PENDING_MANUAL, Party.SYSTEM),
        (S.PENDING, A.FINISH): step(S.DONE, Party.SYSTEM, Party.PROVIDER),
        (S.PENDING_MANUAL, A.CONFIRM): step(S.DONE, Party.ADMIN),
    },
)

CHARGED_BACK = "charged_back"
"""The `failure_code` of a refund that the card's bank made in the provider's place."""

WAITING = frozenset({RefundStatus.PENDING, RefundStatus.PENDING_MANUAL})
"""Their francs are in `refunds_due`."""

UNFINISHED = WAITING | {RefundStatus.AWAITING_APPROVAL}


class RefundCause(StrEnum):
    """Why money goes back."""

    SEATS_GONE = "seats_gone"
    CANCELLED = "cancelled"
    ADMIN = "admin"
    TAKEN_BACK = "taken_back"
    CHARGEBACK = "chargeback"


@dataclass(eq=False)
class SameAdmin(Forbidden):
    """Whoever asked for it does not approve it: four eyes are four."""


@dataclass(eq=False)
class RefundTooMuch(Conflict):
    """More than is left of the payment."""

    left: int


@dataclass(eq=False)
class NotRefundable(Conflict):
    """Nothing was paid."""

    status: str


@dataclass(eq=False)
class RideNotOver(Conflict):
    """Its booking still runs: all of it goes back and the booking is cancelled, or the ride is waited for."""

    stage: str


@dataclass(eq=False)
class MoneyFrozen(Conflict):
    """The sides say otherwise of the ride: its money waits for a decision on that."""


@dataclass(eq=False)
class NoLossToBear(Conflict):
    """No bank has taken this money from us, or it has given it back, or nobody could bear it."""


@dataclass(eq=False)
class LossDecided(Conflict):
    """Somebody has said who bears it."""


class Bearer(StrEnum):
    """Who bears what a card's bank took from us."""

    DRIVER = "driver"
    PLATFORM = "platform"


REJECTED = "rejected"


@dataclass(slots=True, kw_only=True)
class Refund:
    """`amount` francs of a payment. `provider_ref` is the provider's name for it, once there is one; `reference` is
    what somebody noted who paid it back by hand.
    """

    id: UUID
    payment_id: UUID
    user_id: UUID
    amount: int
    currency: str = CURRENCY
    sent_to: RefundTo
    cause: RefundCause
    reason: str | None = None
    status: RefundStatus = RefundStatus.PENDING
    provider_ref: str | None = None
    reference: str | None = None
    failure_code: str | None = None
    failure_message: str | None = None
    requested_by: UUID | None = None
    decided_by: UUID | None = None
    done_at: datetime | None = None
    checked_at: datetime | None = None
    version: int = 1
    created_at: datetime
    updated_at: datetime

    def approve(self, by: Actor, at: datetime) -> None:
        """A second admin agrees."""
        self._decide(RefundAction.APPROVE, by, at)

    def reject(self, by: Actor, at: datetime, *, reason: str = "") -> None:
        """A second admin does not."""
        self._decide(RefundAction.REJECT, by, at)
        self.failure_code, self.failure_message = REJECTED, reason

    def bear(self, by: Actor, reason: str, at: datetime) -> None:
        """Somebody said who bears what a card's bank took. Raises LossDecided."""
        if self.decided_by is not None:
            raise LossDecided
        self.decided_by, self.reason, self.updated_at = by.id, reason, at

    def _decide(self, action: RefundAction, by: Actor, at: datetime) -> None:
        status = REFUND.go(self.status, action, by.party)
        if by.id == self.requested_by:
            raise SameAdmin
        self.status, self.decided_by, self.updated_at = status, by.id, at

    def give_up(self, *, code: str, message: str, at: datetime) -> None:
        """The provider cannot: somebody has to do it by hand."""
        self.status = REFUND.go(self.status, RefundAction.GIVE_UP, Party.SYSTEM)
        self.failure_code, self.failure_message, self.updated_at = code, message, at

    def redirect(self, *, code: str, message: str, at: datetime) -> None:
        """The provider cannot: it goes to the payer's wallet."""
        self.sent_to = RefundTo.WALLET
        self.failure_code, self.failure_message, self.updated_at = code, message, at

    def confirm(self, by: Actor, reference: str, at: datetime) -> None:
        """Somebody paid it back by hand."""
        self.status = REFUND.go(self.status, RefundAction.CONFIRM, by.party)
        self.reference, self.decided_by = reference, by.id
        self.done_at = self.updated_at = at

    def finish(self, *, provider_ref: str | None, at: datetime) -> None:
        """The francs have gone back."""
        self.status = REFUND.go(self.status, RefundAction.FINISH, Party.SYSTEM)
        self.provider_ref = provider_ref or self.provider_ref
        self.done_at = self.updated_at = at
