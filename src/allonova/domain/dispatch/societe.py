"""The taxi company: everything of NOVA belongs to one."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from allonova.domain.dispatch.recherche import folded
from allonova.domain.kernel.errors import Conflict

SLA_MINUTES = 120  # nova.txt, "SLA 2h check"
DEMANDE_SECONDES = 180  # nova.md, Companies


@dataclass(eq=False)
class SlugTaken(Conflict):
    """Another company goes by this slug."""


SLUG_LETTERS = 60  # room for a number behind it stays within 64


def slugs_of(nom: str) -> Iterator[str]:
    """What a company of this name may go by, the nicest first: `Taxis Étoile` is `taxis-etoile`, `taxis-etoile-2`, …"""
    slug = "-".join(re.findall(r"[a-z0-9]+", folded(nom)))[:SLUG_LETTERS].rstrip("-") or "societe"
    yield slug
    for number in itertools.count(2):
        yield f"{slug}-{number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SocieteChange:
    """What is to be otherwise of a company; what is None stays. An empty `siret` takes it away."""

    nom: str | None = None
    slug: str | None = None
    siret: str | None = None
    adresse: str | None = None
    telephone: str | None = None
    email: str | None = None
    pays: str | None = None
    fuseau: str | None = None
    sla_minutes: int | None = None
    dispatch_auto: bool | None = None
    demande_secondes: int | None = None
    version_obligatoire: bool | None = None


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

    def change(self, change: SocieteChange, at: datetime) -> bool:
        """Take over what an admin says; whether anything is otherwise now."""
        given = {field.name: getattr(change, field.name) for field in dataclasses.fields(change)}
        wanted = {
            name: value or None if name == "siret" else value for name, value in given.items() if value is not None
        }
        changed = {name: value for name, value in wanted.items() if value != getattr(self, name)}
        for name, value in changed.items():
            setattr(self, name, value)
        if changed:
            self.updated_at = at
        return bool(changed)

    @property
    def answer_time(self) -> timedelta:
        """What a chauffeur has to answer a demande."""
        return timedelta(seconds=self.demande_secondes)

    @property
    def longest_wait(self) -> timedelta:
        """What a commande may wait for a chauffeur."""
        return timedelta(minutes=self.sla_minutes)
