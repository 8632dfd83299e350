"""Say that somebody misbehaved."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.people_views import UserReportView, user_report_view
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.block import ThatIsYou
from allonova.domain.carpool.user_report import AlreadyReported, UserReport
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, FieldError, NotFound, ValidationError
from allonova.domain.kernel.machine import Party


@wired
class ReportUser:
    """Leave a report for the back office; whom it is about does not hear of it."""

    begin: Begin[CarpoolUnit]
    clock: Clock
    ids: Ids

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, ThatIsYou, AlreadyReported, ValidationError)

    async def __call__(self, *, caller_id: UUID, user_id: UUID, reason: str, booking_id: UUID | None) -> UserReportView:
        """Raises AlreadyReported while an earlier one about the same waits, ValidationError for a booking that the two
        do not share.
        """
        if caller_id == user_id:
            raise ThatIsYou
        now = self.clock.now()
        report = UserReport(
            id=self.ids.new(),
            reporter_id=caller_id,
            reported_id=user_id,
            booking_id=booking_id,
            reason=reason,
            created_at=now,
            updated_at=now,
        )
        async with self.begin() as unit:
            await unit.users.get(user_id)
            if booking_id is not None:
                await self._require_shared(unit, booking_id, {caller_id, user_id})
            await unit.reports.add(report)
            actor, meta = Actor(Party.OWNER, caller_id), {"report_id": str(report.id)}
            await unit.audit.put(actor=actor, action="user.reported", entity="user", entity_id=user_id, meta=meta)
        return user_report_view(report)

    async def _require_shared(self, unit: CarpoolUnit, booking_id: UUID, sides: set[UUID]) -> None:
        booking = await unit.bookings.find(id=booking_id)
        if booking is not None:
            trip = await unit.trips.get(booking.trip_id)
            if {booking.passenger_id, trip.driver_id} == sides:
                return
        raise ValidationError((FieldError("booking_id", "unknown", "not a booking that you two share"),))
