"""What sockets show and ask for: reads of one company each, one round trip, outside a unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from allonova.application.dispatch.desk_views import InterventionView, NotificationView
from allonova.application.dispatch.fleet_views import TaxiView
from allonova.application.dispatch.frames import Par
from allonova.application.dispatch.views import CommandeView, DemandeView
from allonova.domain.dispatch.staff import StaffRole
from allonova.domain.dispatch.taxi import Driving


@dataclass(frozen=True, slots=True, kw_only=True)
class CardNews:
    """A card, as a dispatcher sees it and as a chauffeur does; who changed it; every active admin."""

    card: CommandeView
    course: CommandeView
    par: Par | None
    admins: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxiNews:
    """A taxi, None when it is gone, and who changed it."""

    taxi: TaxiView | None
    par: Par | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InterventionNews:
    """An intervention and every active admin; the commande that waits too long, if it was opened for that."""

    intervention: InterventionView
    waiting: CommandeView | None
    admins: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffFacts:
    """Somebody of staff, as far as doors ask."""

    name: str
    role: StaffRole
    active: bool


class ScreenQueries(Protocol):
    """Each takes the company first, and sees no other. `by` is an account, None for the service."""

    async def card(self, societe_id: UUID, id: UUID, *, by: UUID | None, now: datetime) -> CardNews | None:
        """A card."""

    async def demandes(self, societe_id: UUID, ids: Sequence[UUID], *, now: datetime) -> list[DemandeView]:
        """Offers, whatever became of them, each as far as its chauffeur may know; in no order."""

    async def taxi(self, societe_id: UUID, id: UUID, *, by: UUID | None) -> TaxiNews:
        """A taxi."""

    async def notification(self, societe_id: UUID, id: UUID) -> NotificationView | None:
        """A message, whoever reads it."""

    async def intervention(self, societe_id: UUID, id: UUID, *, now: datetime) -> InterventionNews | None:
        """An intervention, as admins see it. Two round trips when a commande waits."""

    async def staff(self, societe_id: UUID, id: UUID) -> StaffFacts | None:
        """Somebody of staff."""

    async def driving(self, societe_id: UUID) -> Mapping[UUID, Driving]:
        """The company's chauffeurs who drive a taxi, by their ids."""

    async def has_commande(self, societe_id: UUID, id: UUID) -> bool:
        """Whether there is such a card."""
