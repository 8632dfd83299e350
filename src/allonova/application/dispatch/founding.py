"""What a company is founded with, as it comes and as it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from allonova.application.dispatch.add_client import ClientDraft
from allonova.application.kernel.ports import Ids
from allonova.domain.dispatch.client import Client
from allonova.domain.dispatch.societe import SLA_MINUTES, Societe
from allonova.domain.dispatch.staff import StaffRole, StaffUser
from allonova.domain.dispatch.taxi import Taxi
from allonova.domain.kernel.errors import FieldError


@dataclass(frozen=True, slots=True, kw_only=True)
class SocieteDraft:
    """The company as its founder enters it."""

    nom: str
    slug: str | None
    siret: str | None
    adresse: str
    telephone: str
    email: str
    pays: str
    fuseau: str
    sla_minutes: int = SLA_MINUTES


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminDraft:
    """Its first admin."""

    email: str
    name: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxiRow:
    """One of its taxis."""

    numero: str
    plaque: str
    vignette: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChauffeurRow:
    """One of its chauffeurs, and the number of his taxi among those that come with him."""

    name: str
    email: str
    phone: str
    taxi_numero: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Founding:
    """A company with all that comes with it; numbers, plates and e-mails are each its own."""

    societe: SocieteDraft
    admin: AdminDraft
    taxis: Sequence[TaxiRow]
    chauffeurs: Sequence[ChauffeurRow]
    clients: Sequence[ClientDraft]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """What came, sound or not: all that is wrong with it is told at once.

    Args:
        founding: None when `faults` says why there is none.
        emails: addresses of staff in it, by their paths.
        slug: the one that its founder chose.
        password: the admin's.
    """

    founding: Founding | None
    faults: tuple[FieldError, ...]
    emails: Mapping[str, str]
    slug: str | None
    password: str | None


class FoundingRows:
    """A founding's rows, each with an id of its own."""

    def __init__(self, founding: Founding, slug: str, *, ids: Ids, now: datetime) -> None:
        self._ids, self._now, self._founding = ids, now, founding
        draft = founding.societe
        self.societe = Societe(
            id=self._ids.new(),
            nom=draft.nom,
            slug=slug,
            siret=draft.siret,
            adresse=draft.adresse,
            telephone=draft.telephone,
            email=draft.email,
            pays=draft.pays,
            fuseau=draft.fuseau,
            sla_minutes=draft.sla_minutes,
            created_at=self._now,
            updated_at=self._now,
        )

    def admin(self, password_hash: str) -> StaffUser:
        """He has his password already."""
        draft = self._founding.admin
        return StaffUser(
            id=self._ids.new(),
            societe_id=self.societe.id,
            email=draft.email,
            password_hash=password_hash,
            role=StaffRole.ADMIN,
            name=draft.name,
            created_at=self._now,
            updated_at=self._now,
        )

    def taxis(self) -> list[Taxi]:
        """All free."""
        return [
            Taxi(
                id=self._ids.new(),
                societe_id=self.societe.id,
                numero=row.numero,
                plaque=row.plaque,
                vignette=row.vignette,
                created_at=self._now,
                updated_at=self._now,
            )
            for row in self._founding.taxis
        ]

    def chauffeurs(self, taxis: Mapping[str, Taxi]) -> list[StaffUser]:
        """Each with the taxi of his number."""
        return [
            StaffUser(
                id=self._ids.new(),
                societe_id=self.societe.id,
                email=row.email,
                role=StaffRole.CHAUFFEUR,
                name=row.name,
                phone=row.phone,
                taxi_id=None if row.taxi_numero is None else taxis[row.taxi_numero].id,
                created_at=self._now,
                updated_at=self._now,
            )
            for row in self._founding.chauffeurs
        ]

    def clients(self) -> list[Client]:
        """Its address book."""
        return [
            Client(
                id=self._ids.new(),
                societe_id=self.societe.id,
                type=row.type,
                nom=row.nom,
                contact_email=row.contact_email,
                contact_phone=row.contact_phone,
                adresse=row.adresse,
                created_at=self._now,
                updated_at=self._now,
            )
            for row in self._founding.clients
        ]
