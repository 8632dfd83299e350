"""The taxi company: everything of NOVA belongs to one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from allonova.domain.kernel.errors import Conflict

SLA_MINUTES = 120  # nova.txt, "SLA 2h check"
DEMANDE_SECONDES = 180  # nova.md, Companies


@dataclass(eq=False)
class SlugTaken(Conflict):
    """Another company goes by this slug."""


@dataclass(slots=True, kw_only=True)
class Societe:
    """A company. `fuseau` is an IANA zone: its days, weeks and months are those of that zone; `pays` (ISO 3166, two
    letters) is where phones without `+` ring. `sla_minutes` is how long a commande may wait, `demande_secondes` how
    long a chauffeur has to answer.
    """

    id: UUID
    nom: str
    slug: str
    siret: str | None = None
    adresse: str
    telephone: str
    email: str
    pays: str
    fuseau: str
    sla_minutes: int = SLA_MINUTES
    dispatch_auto: bool = False
    demande_secondes: int = DEMANDE_SECONDES
    version_obligatoire: bool = False
    version: int = 1
    created_at: datetime
    updated_at: datetime

    @property
    def answer_time(self) -> timedelta:
        """What a chauffeur has to answer a demande."""
        return timedelta(seconds=self.demande_secondes)

    @property
    def longest_wait(self) -> timedelta:
        """What a commande may wait for a chauffeur."""
        return timedelta(minutes=self.sla_minutes)
