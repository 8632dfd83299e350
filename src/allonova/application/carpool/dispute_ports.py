"""What is asked of the stores of disputes."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from allonova.application.kernel.ports import Store
from allonova.domain.carpool.dispute import AlreadyDisputed, Dispute, Evidence
from allonova.domain.kernel.errors import DomainError

REFUSALS: dict[str, type[DomainError]] = {"uq_disputes_open": AlreadyDisputed}


class DisputeStore(Store[Dispute], Protocol):
    """Disputes; `add` raises AlreadyDisputed while the same side's last one about the booking waits."""

    async def is_disputed(self, booking_id: UUID, *, but: UUID | None = None) -> bool:
        """Whether a dispute about a booking, `but` for this one, waits for a decision. Ask under the trip's lock."""

    async def erase(self, user_id: UUID) -> None:
        """Forget the words of somebody who is erased."""


class EvidenceStore(Store[Evidence], Protocol):
    """What the sides of disputes give to prove what they say."""

    async def count_of(self, dispute_id: UUID, user_id: UUID) -> int:
        """How much one side has given."""

    async def erase(self, user_id: UUID) -> list[str]:
        """Forget the words and files of somebody who is erased; the files' keys, which nothing names any more."""
