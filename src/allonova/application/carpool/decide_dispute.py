"""The back office looks at a dispute, and decides it."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.access import lock_booking
from allonova.application.carpool.arbitration import ArbitrationDesk, Judge
from allonova.application.carpool.dispute_views import DeskDisputeView, desk_dispute_view
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.versions import require_version
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.dispute import BookingDisputed, Decision, Dispute, DisputeStatus, RefundBeyondRole
from allonova.domain.carpool.events import DisputeMoved
from allonova.domain.identity.roles import Role
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import (
    DomainError,
    InvalidTransition,
    NotFound,
    PreconditionFailed,
    ValidationError,
)
from allonova.domain.money.refund import RefundTooMuch, RideNotOver


@wired
class DecideDispute:
    """Take a dispute up, resolve it, with a refund or without, or reject it. With its end the booking's money moves
    again as it would have.
    """

    begin: Begin[CarpoolUnit]
    clock: Clock
    desk: ArbitrationDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (
        NotFound,
        InvalidTransition,
        RefundTooMuch,
        RefundBeyondRole,
        RideNotOver,
        BookingDisputed,
        PreconditionFailed,
        ValidationError,
    )

    async def __call__(
        self, *, by: Actor, role: Role, dispute_id: UUID, decision: Decision, expected: int | None
    ) -> DeskDisputeView:
        """Under the lock of the trip, then of the dispute and the payment: of two that decide at once, one does.
        `expected` is the version of `If-Match`.
        """
        async with self.begin() as unit:
            found = await unit.disputes.get(dispute_id)
            trip, booking = await lock_booking(unit, found.booking_id)
            dispute = await unit.disputes.get(dispute_id, lock=True)
            require_version(expected, dispute.version, desk_dispute_view(dispute))
            self._move(dispute, decision, by)
            await unit.disputes.save(dispute)
            if decision.refund_amount:
                judge = Judge(actor=by, role=role, reason=f"dispute {dispute_id}")
                refund = await self.desk.give(unit, trip, booking, decision.refund_amount, by=judge)
                dispute.gave_back(refund.amount, refund.id)
                await unit.disputes.save(dispute)
            await unit.outbox.put(DisputeMoved(dispute_id, dispute.status.value))
            meta: dict[str, str | int] = {
                "booking_id": str(dispute.booking_id),
                "refund": dispute.refund_amount or 0,
            }
            await unit.audit.put(
                actor=by,
                action=f"dispute.{dispute.status.value}",
                entity="dispute",
                entity_id=dispute_id,
                meta=meta,
            )
        return desk_dispute_view(dispute)

    def _move(self, dispute: Dispute, decision: Decision, by: Actor) -> None:
        now, words = self.clock.now(), decision.resolution or ""
        match decision.status:
            case DisputeStatus.RESOLVED:
                dispute.resolve(by, now, words)
            case DisputeStatus.REJECTED:
                dispute.reject(by, now, words)
            case DisputeStatus.IN_REVIEW:
                dispute.review(by, now)
            case DisputeStatus.OPEN:
                raise InvalidTransition(from_=dispute.status, to=decision.status)
