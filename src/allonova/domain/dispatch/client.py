"""Who orders courses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from allonova.domain.dispatch.efface import EFFACE
from allonova.domain.dispatch.recherche import folded
from allonova.domain.kernel.errors import Conflict


class ClientType(StrEnum):
    """What kind of customer."""

    PARTICULIER = "particulier"
    ENTREPRISE = "entreprise"
    HOTEL = "hotel"
    HOPITAL = "hopital"


@dataclass(eq=False)
class ClientExpected(Conflict):
    """A course of his is waited for or under way: it has to end before he can be erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientChange:
    """What is to be otherwise; what is None stays, and an empty text takes a contact or an address away."""

    type: ClientType | None = None
    nom: str | None = None
    contact_email: str | None = None
    contact_phone: str | None = None
    adresse: str | None = None


@dataclass(slots=True, kw_only=True)
class Client:
    """Somebody in the company's address book. One with history is never deleted, only no longer `active`.
    `recherche` is what a search looks through. After `efface_at` nobody can tell any more who it was.
    """

    id: UUID
    societe_id: UUID
    type: ClientType
    nom: str
    contact_email: str | None = None
    contact_phone: str | None = None
    adresse: str | None = None
    active: bool = True
    efface_at: datetime | None = None
    recherche: str = ""
    version: int = 1
    created_at: datetime
    updated_at: datetime

    def __post_init__(self) -> None:
        if not self.recherche:
            self.index()

    def index(self) -> None:
        """Write down what a search looks through, after a change."""
        self.recherche = folded(self.nom, self.contact_email, self.contact_phone, self.adresse)

    def change(self, change: ClientChange, at: datetime) -> bool:
        """Take over what a dispatcher says; whether anything is otherwise now."""
        before = (self.type, self.nom, self.contact_email, self.contact_phone, self.adresse)
        self.type = change.type or self.type
        self.nom = change.nom or self.nom
        self.contact_email = _after(self.contact_email, change.contact_email)
        self.contact_phone = _after(self.contact_phone, change.contact_phone)
        self.adresse = _after(self.adresse, change.adresse)
        is_changed = before != (self.type, self.nom, self.contact_email, self.contact_phone, self.adresse)
        if is_changed:
            self.index()
            self.updated_at = at
        return is_changed

    def erase(self, at: datetime) -> None:
        """Nobody can tell any more who it was; his orders keep his id, and what kind of customer he was."""
        self.nom = EFFACE
        self.contact_email = self.contact_phone = self.adresse = None
        self.active = False
        self.efface_at = self.updated_at = at
        self.index()


def _after(standing: str | None, given: str | None) -> str | None:
    return standing if given is None else given or None
