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
