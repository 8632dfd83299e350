"""What identity tells the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from allonova.domain.kernel.events import Event


@dataclass(frozen=True, slots=True)
class OtpRequested(Event):
    """A code is to be sent, if it has somebody to go to."""

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


@dataclass(frozen=True, slots=True)
class LinkRequested(Event):
    """A link is to be sent, if some account has that phone or e-mail."""

    name: ClassVar[str] = "link.requested"
    link_id: UUID


@dataclass(frozen=True, slots=True)
class EmailRegistrationRepeated(Event):
    """Somebody registered an e-mail that has an account already: its owner is told."""

    name: ClassVar[str] = "email_registration.repeated"
    user_id: UUID


@dataclass(frozen=True, slots=True)
class ContactChanged(Event):
    """Phone, e-mail, password or payout account is another one: its owner is told where he was reached before."""

    name: ClassVar[str] = "contact.changed"
    change_id: UUID


@dataclass(frozen=True, slots=True)
class AdminInvited(Event):
    """A link that sets a password of the back office is to be mailed."""

    name: ClassVar[str] = "admin.invited"
    link_id: UUID


@dataclass(frozen=True, slots=True)
class UserSuspended(Event):
    """The back office closed somebody's account: he is logged out and his trips are not shown."""

    name: ClassVar[str] = "user.suspended"
    user_id: UUID


@dataclass(frozen=True, slots=True)
class UserReinstated(Event):
    """The back office opened it again."""

    name: ClassVar[str] = "user.reinstated"
    user_id: UUID
