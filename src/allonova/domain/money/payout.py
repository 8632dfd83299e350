"""Money that leaves to somebody's mobile money: what a driver has earned, or what somebody withdraws."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.machine import Machine, Party, step
from allonova.domain.kernel.money import CURRENCY
from allonova.domain.money.refund import SameAdmin


class PayoutMethod(StrEnum):
    """The rails."""

    WAVE = "wave"
    MTN = "mtn"


class PayoutKind(StrEnum):
    """Out of which account: `driver_payable`, or a wallet."""

    EARNINGS = "earnings"
    WITHDRAWAL = "withdrawal"


class PayoutStatus(StrEnum):
    """Of one payout. Until it is done or failed its francs are in flight."""

    AWAITING_APPROVAL = "awaiting_approval"
    SCHEDULED = "scheduled"
    PROCESSING = "processing"
    DONE = "done"
    FAILED = "failed"


class PayoutAction(StrEnum):
    """What becomes of a payout."""

    APPROVE = "approve"
    REJECT = "reject"
    SEND = "send"
    FINISH = "finish"
    FAIL = "fail"


S, A = PayoutStatus, PayoutAction

# seeds/allocar.txt, Payouts: "scheduled → processing → done/failed"; money.md: four eyes above an amount.
PAYOUT = Machine[PayoutStatus, PayoutAction](
    "payout",
    (S.AWAITING_APPROVAL, S.SCHEDULED),
    {
        (S.AWAITING_APPROVAL, A.APPROVE): step(S.SCHEDULED, Party.ADMIN),
        (S.AWAITING_APPROVAL, A.REJECT): step(S.FAILED, Party.ADMIN),
        (S.SCHEDULED, A.SEND): step(S.PROCESSING, Party.SYSTEM),
        (S.PROCESSING, A.FINISH): step(S.DONE, Party.PROVIDER),
        (S.PROCESSING, A.FAIL): step(S.FAILED, Party.PROVIDER),
    },
)

IN_FLIGHT = frozenset({PayoutStatus.AWAITING_APPROVAL, PayoutStatus.SCHEDULED, PayoutStatus.PROCESSING})

REJECTED = "rejected"


@dataclass(slots=True, kw_only=True)
class Payout:
    """`amount` francs to a phone; `withheld` is how much more it would be without what the driver owed. `phone` is
    sealed. `provider_url` is where it was sent: some providers answer for it only there.
    """

    id: UUID
    batch_id: UUID | None = None
    driver_id: UUID
    kind: PayoutKind
    amount: int
    withheld: int = 0
    currency: str = CURRENCY
    method: PayoutMethod
    phone: str
    status: PayoutStatus = PayoutStatus.SCHEDULED
    provider_ref: str | None = None
    provider_url: str | None = None
    fees: int = 0
    failure_code: str | None = None
    failure_message: str | None = None
    scheduled_at: datetime
    done_at: datetime | None = None
    checked_at: datetime | None = None
    version: int = 1
    created_at: datetime
    updated_at: datetime

    def approve(self, by: Actor, at: datetime) -> None:
        """A second admin agrees with its batch."""
        self.status = PAYOUT.go(self.status, PayoutAction.APPROVE, by.party)
        self.updated_at = at

    def reject(self, by: Actor, at: datetime) -> None:
        """A second admin does not: the francs go back."""
        self.status = PAYOUT.go(self.status, PayoutAction.REJECT, by.party)
        self.failure_code = REJECTED
        self.updated_at = at

    def send(self, *, provider_url: str, at: datetime) -> None:
        """From now on the provider may have it, whatever we hear of it."""
        self.status = PAYOUT.go(self.status, PayoutAction.SEND, Party.SYSTEM)
        self.provider_url, self.updated_at = provider_url, at

    def finish(self, *, provider_ref: str, fees: int, at: datetime) -> None:
        """The provider has paid; `fees` is what it charged us."""
        self.status = PAYOUT.go(self.status, PayoutAction.FINISH, Party.PROVIDER)
        self.provider_ref, self.fees = provider_ref, fees
        self.done_at = self.updated_at = at

    def fail(self, *, code: str, message: str, at: datetime) -> None:
        """The provider will not pay: the francs go back to the account they came from."""
        self.status = PAYOUT.go(self.status, PayoutAction.FAIL, Party.PROVIDER)
        self.failure_code, self.failure_message, self.updated_at = code, message, at


class BatchStatus(StrEnum):
    """Of a run."""

    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    REJECTED = "rejected"


class BatchAction(StrEnum):
    """What becomes of a run."""

    APPROVE = "approve"
    REJECT = "reject"


PAYOUT_BATCH = Machine[BatchStatus, BatchAction](
    "payout batch",
    (BatchStatus.AWAITING_APPROVAL, BatchStatus.APPROVED),
    {
        (BatchStatus.AWAITING_APPROVAL, BatchAction.APPROVE): step(BatchStatus.APPROVED, Party.ADMIN),
        (BatchStatus.AWAITING_APPROVAL, BatchAction.REJECT): step(BatchStatus.REJECTED, Party.ADMIN),
    },
)


@dataclass(slots=True, kw_only=True)
class PayoutBatch:
    """A run over all drivers: what they earned before `until`. `requested_by` is nobody for the schedule's runs."""

    id: UUID
    until: datetime
    total: int
    count: int
    status: BatchStatus
    requested_by: UUID | None = None
    decided_by: UUID | None = None
    version: int = 1
    created_at: datetime
    updated_at: datetime

    def approve(self, by: Actor, at: datetime) -> None:
        """A second admin agrees."""
        self._decide(BatchAction.APPROVE, by, at)

    def reject(self, by: Actor, at: datetime) -> None:
        """A second admin does not."""
        self._decide(BatchAction.REJECT, by, at)

    def _decide(self, action: BatchAction, by: Actor, at: datetime) -> None:
        status = PAYOUT_BATCH.go(self.status, action, by.party)
        if by.id == self.requested_by:
            raise SameAdmin
        self.status, self.decided_by, self.updated_at = status, by.id, at
