"""A side of a booking complains of it."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.access import lock_booking, require_side
from allonova.application.carpool.dispute_views import DisputeDetail, dispute_detail
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.files.ports import FileStore
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.dispute import (
    AlreadyDisputed,
    Dispute,
    DisputeCategory,
    DisputeTooLate,
    NothingToDispute,
    require_disputable,
)
from allonova.domain.carpool.events import DisputeOpened
from allonova.domain.kernel.errors import DomainError, NotFound
from allonova.domain.kernel.machine import Party


@wired
class OpenDispute:
    """Complain of a booking that was accepted at some time, until thirty days after its ride. From here on until the
    back office has decided, its money stays where it is.
    """

    begin: Begin[CarpoolUnit]
    clock: Clock
    ids: Ids
    files: FileStore

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, NothingToDispute, DisputeTooLate, AlreadyDisputed)

    async def __call__(
        self, *, caller_id: UUID, booking_id: UUID, category: DisputeCategory, description: str
    ) -> DisputeDetail:
        """Under the trip's lock: a ride that is being completed is completed before it, or not while it is open."""
        now = self.clock.now()
        async with self.begin() as unit:
            trip, booking = await lock_booking(unit, booking_id)
            by = require_side(caller_id, trip, booking)
            require_disputable(booking, trip, now)
            dispute = Dispute(
                id=self.ids.new(),
                booking_id=booking_id,
                opened_by=caller_id,
                other_id=trip.driver_id if by.party is Party.PASSENGER else booking.passenger_id,
                party=by.party,
                category=category,
                description=description,
                created_at=now,
                updated_at=now,
            )
            await unit.disputes.add(dispute)
            await unit.outbox.put(DisputeOpened(dispute.id))
            meta = {"booking_id": str(booking_id), "category": category.value}
            await unit.audit.put(actor=by, action="dispute.opened", entity="dispute", entity_id=dispute.id, meta=meta)
        return dispute_detail(dispute, caller_id, (), self.files)
