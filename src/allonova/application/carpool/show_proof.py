"""What is known of a ride, for those who argue about it."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.ride_queries import RideQueries
from allonova.application.carpool.ride_views import RideProofView, ride_proof_view
from allonova.application.kernel.ports import Clock
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.ride_proof import prove
from allonova.domain.kernel.errors import DomainError, NotFound


@wired
class ShowProof:
    """Sum up the positions of a ride, or show the summary that was kept of them."""

    queries: RideQueries
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound,)

    async def __call__(self, *, booking_id: UUID, viewer_id: UUID | None) -> RideProofView:
        """To its two sides; to the back office with None. Raises NotFound."""
        facts = await self.queries.facts(booking_id, viewer_id=viewer_id)
        if facts is None:
            raise NotFound
        booking = facts.booking
        if booking.paid_at is None:
            return ride_proof_view(booking, None)
        proof = facts.proof or prove(booking.id, booking, facts.trip, facts.locations, self.clock.now())
        return ride_proof_view(booking, proof)
