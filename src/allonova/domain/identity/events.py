"""What identity tells the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from allonova.domain.kernel.events import Event


@dataclass(frozen=True, slots=True)
class OtpRequested(Event):
    """A code is to be sent, if an account has that phone."""

    name: ClassVar[str] = "otp.requested"
    otp_id: UUID


@dataclass(frozen=True, slots=True)
class RegistrationRepeated(Event):
    """Somebody registered a phone that has an account already: its owner is told."""

    name: ClassVar[str] = "registration.repeated"
    user_id: UUID


@dataclass(frozen=True, slots=True)
class SessionRevoked(Event):
    """Every process must refuse this session's access tokens now."""

    name: ClassVar[str] = "session.revoked"
    session_id: UUID
