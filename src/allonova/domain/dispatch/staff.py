"""Who works for a company: its dispatchers and its chauffeurs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

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


@dataclass(slots=True, kw_only=True)
class StaffUser:
    """An account of staff. The e-mail is unique over all companies, ignoring case; a taxi has at most one active
    chauffeur. Without a password nobody logs in: an invitation sets it. `email_confirmed_at` is when its owner first
    came by a mail of ours.
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
    version: int = 1
    created_at: datetime
    updated_at: datetime
