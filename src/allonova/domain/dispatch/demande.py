"""A course offered to a chauffeur: he has until `expire_at` to answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from allonova.domain.kernel.errors import Conflict
from allonova.domain.kernel.machine import Machine, Party, step


class DemandeStatut(StrEnum):
    """How it stands."""

    PROPOSEE = "proposee"
    ACCEPTEE = "acceptee"
    REFUSEE = "refusee"
    EXPIREE = "expiree"
    ANNULEE = "annulee"


class DemandeAction(StrEnum):
    """What becomes of it."""

    ACCEPT = "accept"
    CONFIRM = "confirm"
    REFUSE = "refuse"
    EXPIRE = "expire"
    WITHDRAW = "withdraw"


class Origine(StrEnum):
    """How the chauffeur came to be asked."""

    PROPOSITION = "proposition"
    DIFFUSION = "diffusion"
    AUTO = "auto"


D, A = DemandeStatut, DemandeAction

# nova.md, The commande's states. `confirm` is a dispatcher's, by phone and in the chauffeur's name; `withdraw` is what
# happens to the others when one accepts, and to all when the commande is moved, taken back or cancelled.
DEMANDE = Machine[DemandeStatut, DemandeAction](
    "demande",
    D.PROPOSEE,
    {
        (D.PROPOSEE, A.ACCEPT): step(D.ACCEPTEE, Party.CHAUFFEUR),
        (D.PROPOSEE, A.CONFIRM): step(D.ACCEPTEE, Party.ADMIN),
        (D.PROPOSEE, A.REFUSE): step(D.REFUSEE, Party.CHAUFFEUR),
        (D.PROPOSEE, A.EXPIRE): step(D.EXPIREE, Party.SYSTEM),
        (D.PROPOSEE, A.WITHDRAW): step(D.ANNULEE, Party.ADMIN, Party.SYSTEM),
        (D.ACCEPTEE, A.WITHDRAW): step(D.ANNULEE, Party.ADMIN, Party.SYSTEM),
    },
)


DIFFUSION_AT_MOST = 200  # docs/decisions/0045: a town's fleet, in one transaction


@dataclass(eq=False)
class NobodyFree(Conflict):
    """No chauffeur could take the course: none is available, or none of those that were meant."""


@dataclass(eq=False)
class DemandeOver(Conflict):
    """The demande has ended otherwise; `statut` is how."""

    statut: str


@dataclass(slots=True, kw_only=True)
class Demande:
    """One offer of one commande to one chauffeur. At most one of a commande is `acceptee`, at most one `proposee` to
    the same chauffeur. It is over at `expire_at` whether or not anybody has written that down yet. `force` was the
    dispatcher's word that an overlap is meant.
    """

    id: UUID
    societe_id: UUID
    commande_id: UUID
    chauffeur_id: UUID
    taxi_id: UUID
    statut: DemandeStatut = DemandeStatut.PROPOSEE
    origine: Origine = Origine.PROPOSITION
    force: bool = False
    expire_at: datetime
    repondue_at: datetime | None = None
    motif: str | None = None
    version: int = 1
    created_at: datetime
    updated_at: datetime

    def is_open(self, at: datetime) -> bool:
        """Whether the chauffeur may still answer."""
        return self.statut is DemandeStatut.PROPOSEE and at < self.expire_at

    def go(self, action: DemandeAction, by: Party, at: datetime, *, motif: str | None = None) -> None:
        """Take a step. Raises InvalidTransition or Forbidden."""
        self.statut = DEMANDE.go(self.statut, action, by)
        if action is not DemandeAction.WITHDRAW:
            self.repondue_at = at
        self.motif = motif or self.motif
        self.updated_at = at
