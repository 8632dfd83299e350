"""What there is of one person among a company's rows."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol
from uuid import UUID

from allonova.application.dispatch.ports import DispatchUnit
from allonova.domain.dispatch.audit import AuditEntry
from allonova.domain.dispatch.commande import Commande
from allonova.domain.dispatch.demande import Demande
from allonova.domain.dispatch.intervention import Intervention
from allonova.domain.dispatch.notification import Notification
from allonova.domain.dispatch.semaine import Semaine
from allonova.domain.dispatch.staff import StaffUser
from allonova.domain.dispatch.taxi import Position


class DossierStore(Protocol):
    """All of one client, or of one of staff. Lists are the oldest first."""

    async def ordered(self, client_id: UUID, *, lock: bool = False) -> list[Commande]:
        """A client's orders; with `lock` locked, in the order of their ids."""

    async def interventions(self, commande_ids: Collection[UUID]) -> list[Intervention]:
        """What was noted about orders."""

    async def forget_orders(self, commande_ids: Collection[UUID], *, mask: str) -> None:
        """What was written about orders beside them: interventions keep their kind, with `mask` for words; why an offer
        was refused and messages about them are gone.
        """

    async def driven(self, user_id: UUID) -> list[Commande]:
        """Courses of a chauffeur."""

    async def offered(self, user_id: UUID) -> list[Demande]:
        """What a chauffeur was asked."""

    async def weeks(self, user_id: UUID) -> list[Semaine]:
        """A chauffeur's weeks."""

    async def places(self, user_id: UUID) -> list[Position]:
        """Where a chauffeur was, as long as that is kept."""

    async def messages(self, user_id: UUID) -> list[Notification]:
        """What somebody of staff was told."""

    async def deeds(self, user_id: UUID) -> list[AuditEntry]:
        """What somebody of staff did."""

    async def forget_staff(self, user: StaffUser) -> None:
        """Devices, messages to him and about his courses, positions, links to his address, why he refused: gone.
        Figures stay.
        """


class DossierUnit(DispatchUnit, Protocol):
    """A transaction over all of one person inside one company."""

    @property
    def dossiers(self) -> DossierStore: ...
