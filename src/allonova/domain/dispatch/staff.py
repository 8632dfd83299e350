"""Who works for a company: its dispatchers and its chauffeurs."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from allonova.domain.dispatch.efface import EFFACE, address_of_nobody
from allonova.domain.dispatch.recherche import folded
from allonova.domain.kernel.errors import Conflict
from allonova.domain.kernel.machine import Party


class StaffRole(StrEnum):
    """What somebody does there."""

    ADMIN = "admin"
    CHAUFFEUR = "chauffeur"

    @property
    def party(self) -> Party:
        """As the machines know him."""
        return Party.ADMIN if self is StaffRole.ADMIN else Party.CHAUFFEUR


@dataclass(frozen=True, slots=True)
class Membre:
    """Who of which company sends a request, as the access token says."""

    id: UUID
    societe_id: UUID
    role: StaffRole
    session_id: UUID | None = None


@dataclass(eq=False)
class LastAdmin(Conflict):
    """Somebody must stay who can run the company."""


@dataclass(eq=False)
class EmailTaken(Conflict):
    """Somebody has this address already, here or in another company."""


@dataclass(eq=False)
class TaxiTaken(Conflict):
    """At the same moment somebody else was given this taxi."""


@dataclass(eq=False)
class ChauffeurDriving(Conflict):
    """He has a client aboard: he keeps his taxi, and his account, until he has arrived."""


@dataclass(eq=False)
class AlreadyIn(Conflict):
    """He has set his password and needs no invitation, or may not log in at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffChange:
    """What is to be otherwise of an account; what is None stays. An empty `phone` takes it away, as `without_taxi`
    does with the taxi.
    """

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    role: StaffRole | None = None
    taxi_id: UUID | None = None
    without_taxi: bool = False
    active: bool | None = None


@dataclass(slots=True, kw_only=True)
class StaffUser:
    """An account of staff. The e-mail is unique over all companies, ignoring case; a taxi has at most one active
    chauffeur. Without a password nobody logs in: an invitation sets it. `email_confirmed_at` is when its owner first
    came by a mail of ours. Only an active chauffeur has a taxi. `recherche` is what a search looks through.
    After `efface_at` nobody can tell any more who it was, and nobody else takes the account over.
    """

    id: UUID
    societe_id: UUID
    email: str
    password_hash: str | None = None
    role: StaffRole
    name: str
    phone: str | None = None
    taxi_id: UUID | None = None
    active: bool = True
    email_confirmed_at: datetime | None = None
    last_login: datetime | None = None
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
        self.recherche = folded(self.name, self.email, self.phone)

    @property
    def is_admin(self) -> bool:
        """Whether he can run the company now."""
        return self.active and self.role is StaffRole.ADMIN

    @property
    def may_drive(self) -> bool:
        """Whether he can have a taxi now."""
        return self.active and self.role is StaffRole.CHAUFFEUR

    def change(self, change: StaffChange, at: datetime) -> frozenset[str]:
        """Take over what an admin says of it; what is otherwise now, by its field. Whoever is no active chauffeur any
        more has no taxi, and another address is one that nobody has confirmed.
        """
        before = dataclasses.replace(self)
        self.name = before.name if change.name is None else change.name
        self.email = before.email if change.email is None else change.email
        self.phone = before.phone if change.phone is None else change.phone or None
        self.role = before.role if change.role is None else change.role
        self.active = before.active if change.active is None else change.active
        self.taxi_id = self._taxi_after(change)
        if self.email.lower() != before.email.lower():
            self.email_confirmed_at = None
        names = ("name", "email", "phone", "role", "active", "taxi_id")
        changed = frozenset(name for name in names if getattr(self, name) != getattr(before, name))
        if changed:
            self.index()
            self.updated_at = at
        return changed

    def _taxi_after(self, change: StaffChange) -> UUID | None:
        if change.without_taxi or not self.may_drive:
            return None
        return self.taxi_id if change.taxi_id is None else change.taxi_id

    def set_password(self, password_hash: str, at: datetime) -> None:
        """The hash of the password that counts from now on."""
        self.password_hash = password_hash
        self.updated_at = at

    def confirm(self, at: datetime) -> None:
        """He came by a mail of ours. A second time keeps the first instant."""
        self.email_confirmed_at = self.email_confirmed_at or at

    def erase(self, at: datetime) -> None:
        """Nobody can tell any more who this was; what he drove and did keeps his id."""
        self.name, self.email = EFFACE, address_of_nobody(self.id)
        self.phone = self.password_hash = self.taxi_id = None
        self.email_confirmed_at = self.last_login = None
        self.active = False
        self.efface_at = self.updated_at = at
        self.index()
