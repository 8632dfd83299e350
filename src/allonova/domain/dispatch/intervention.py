"""Something on a course or a taxi that somebody has to look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from allonova.domain.kernel.machine import Machine, Party, step


class InterventionType(StrEnum):
    """What it is about."""

    PRISE_EN_CHARGE = "prise-en-charge"
    PANNE = "panne"
    RETARD = "retard"
    RECLAMATION = "reclamation"
    AUTRE = "autre"


class InterventionStatut(StrEnum):
    """How it stands."""

    OUVERTE = "ouverte"
    EN_COURS = "en-cours"
    RESOLUE = "resolue"


class Priorite(StrEnum):
    """How urgent it is."""

    BASSE = "basse"
    NORMALE = "normale"
    HAUTE = "haute"
    CRITIQUE = "critique"


class InterventionAction(StrEnum):
    """What a dispatcher does with it."""

    START = "start"
    RESOLVE = "resolve"
    REOPEN = "reopen"


N, A = InterventionStatut, InterventionAction

INTERVENTION = Machine[InterventionStatut, InterventionAction](
    "intervention",
    N.OUVERTE,
    {
        (N.OUVERTE, A.START): step(N.EN_COURS, Party.ADMIN),
        (N.OUVERTE, A.RESOLVE): step(N.RESOLUE, Party.ADMIN),
        (N.EN_COURS, A.RESOLVE): step(N.RESOLUE, Party.ADMIN),
        (N.EN_COURS, A.REOPEN): step(N.OUVERTE, Party.ADMIN),
        (N.RESOLUE, A.REOPEN): step(N.OUVERTE, Party.ADMIN),
    },
)


LEADS_TO = {N.EN_COURS: A.START, N.RESOLUE: A.RESOLVE, N.OUVERTE: A.REOPEN}
"""The action that somebody means who names a state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InterventionChange:
    """What is to be otherwise; None stays as it is."""

    statut: InterventionStatut | None = None
    priorite: Priorite | None = None
    titre: str | None = None
    description: str | None = None


@dataclass(slots=True, kw_only=True)
class Intervention:
    """About one commande or one taxi, never both. `attente_depuis` is the wait that the SLA job opened it for: of one
    wait of a commande there is at most one.
    """

    id: UUID
    societe_id: UUID
    commande_id: UUID | None = None
    taxi_id: UUID | None = None
    type: InterventionType
    titre: str
    description: str
    statut: InterventionStatut = InterventionStatut.OUVERTE
    priorite: Priorite = Priorite.NORMALE
    attente_depuis: datetime | None = None
    cree_par: UUID | None = None
    resolu_at: datetime | None = None
    version: int = 1
    created_at: datetime
    updated_at: datetime

    def actions(self, by: Party) -> tuple[InterventionAction, ...]:
        """What this party may do now."""
        return INTERVENTION.actions(self.statut, by)

    def change(self, change: InterventionChange, by: Party, at: datetime) -> bool:
        """Whether anything is otherwise than before. Raises InvalidTransition or Forbidden."""
        before = (self.statut, self.priorite, self.titre, self.description)
        if change.statut is not None and change.statut is not self.statut:
            self.statut = INTERVENTION.go(self.statut, LEADS_TO[change.statut], by)
            self.resolu_at = at if self.statut is InterventionStatut.RESOLUE else None
        self.priorite = change.priorite or self.priorite
        self.titre = self.titre if change.titre is None else change.titre
        self.description = self.description if change.description is None else change.description
        is_changed = before != (self.statut, self.priorite, self.titre, self.description)
        if is_changed:
            self.updated_at = at
        return is_changed
