"""A dispatcher's move of a card, so that it can be taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from allonova.domain.dispatch.commande import CommandeStatut
from allonova.domain.kernel.errors import Conflict

UNDO_WITHIN = timedelta(minutes=10)  # nova.md, undo


@dataclass(eq=False)
class NothingToUndo(Conflict):
    """The caller moved this card too long ago, or not at all, or it has changed since."""


@dataclass(slots=True, kw_only=True)
class Deplacement:
    """How a card stood before somebody moved it; `version_after` is its version since. Each is taken back once."""

    id: UUID
    societe_id: UUID
    commande_id: UUID
    user_id: UUID
    statut: CommandeStatut
    date_iso: datetime
    duree_minutes: int
    taxi_id: UUID | None
    chauffeur_id: UUID | None
    chevauchement_force: bool
    version_after: int
    undone_at: datetime | None = None
    version: int = 1
    created_at: datetime

    def is_undoable(self, version: int, at: datetime) -> bool:
        """Whether the card still stands as this move left it."""
        return self.undone_at is None and self.version_after == version and at < self.created_at + UNDO_WITHIN
