"""What identity asks of its stores."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from allonova.application.files.ports import FilesUnit
from allonova.application.identity.admin_views import AdminView
from allonova.application.identity.views import ContactChangeView, DeviceView, SessionView, SocialLinkView, UserView
from allonova.application.kernel.listing import ListQuery, Page
from allonova.application.kernel.ports import Store, Unit
from allonova.application.money.promo_ports import ReferralStore
from allonova.application.notifications.suppression_ports import SuppressionStore
from allonova.domain.identity.admin_user import AdminUser
from allonova.domain.identity.contact import ContactChange
from allonova.domain.identity.device import Device
from allonova.domain.identity.link import LinkPurpose, LinkToken
from allonova.domain.identity.otp import Otp, OtpPurpose
from allonova.domain.identity.session import Audience, RefreshToken, Session
from allonova.domain.identity.user import User
from allonova.domain.identity.user_note import UserNote
from allonova.domain.kernel.errors import AlreadyExists, DomainError

REFUSALS: dict[str, type[DomainError]] = {
    "uq_users_phone": AlreadyExists,
    "uq_users_email": AlreadyExists,
    "uq_users_referral_code": AlreadyExists,
    "uq_admin_users_email": AlreadyExists,
    "uq_social_identities_provider_subject": AlreadyExists,
    "uq_social_identities_user_id_provider": AlreadyExists,
}


class OtpStore(Store[Otp], Protocol):
    """One-time codes."""

    async def newest(self, target: str) -> Otp | None:
        """The last login code made for a phone, locked."""

    async def newest_of(self, user_id: UUID, purpose: OtpPurpose) -> Otp | None:
        """The last code made for a user's change, locked."""


class LinkStore(Store[LinkToken], Protocol):
    """Links."""

    async def newest(self, target: str, purpose: LinkPurpose) -> LinkToken | None:
        """The last link made for a phone or e-mail, locked."""

    async def live(
        self, targets: Collection[str], purposes: Collection[LinkPurpose], *, now: datetime
    ) -> list[LinkToken]:
        """Those made for these phones and e-mails that still work, locked, in the order of their ids."""

    async def add_all(self, entities: Sequence[LinkToken]) -> None:
        """Keep new ones; see `add`."""

    async def save_all(self, entities: Sequence[LinkToken]) -> None:
        """Keep changed ones, which this unit has locked."""


class DeviceStore(Store[Device], Protocol):
    """Devices."""

    async def of_user(self, user_id: UUID) -> list[Device]:
        """A user's, the oldest first."""

    async def remove(self, device: Device) -> None:
        """Forget it."""


class ChangeStore(Store[ContactChange], Protocol):
    """Changes of what accounts are reached and guarded by."""

    async def last_of(self, user_id: UUID) -> datetime | None:
        """When anything of somebody's changed last."""


class SessionStore(Store[Session], Protocol):
    """Sessions."""

    async def live_of(self, account_id: UUID) -> list[Session]:
        """An account's sessions that have not ended, locked, the oldest first."""


class AdminStore(Store[AdminUser], Protocol):
    """Accounts of the back office."""

    async def with_supers(self, id: UUID) -> list[AdminUser]:
        """Him, and those who are active and may do everything, all locked in the order of their ids. In one go: who
        locked him after them would wait for whoever still took him for one of them, and holds him already.
        """


class NoteStore(Store[UserNote], Protocol):
    """What the back office writes about people."""

    async def forget(self, user_id: UUID) -> None:
        """All that is about somebody who is erased."""


class PersonalRows(Protocol):
    """Rows that are about one person and nothing else."""

    async def forget(self, user: User) -> None:
        """Delete devices, codes, links and ways in of an account as it is now; blank what it was reached by before."""


class SessionUnit(Unit, Protocol):
    """A transaction over sessions and links, whosesoever they are."""

    @property
    def sessions(self) -> SessionStore: ...
    @property
    def refresh_tokens(self) -> Store[RefreshToken]: ...
    @property
    def links(self) -> LinkStore: ...


class IdentityUnit(FilesUnit, SessionUnit, Protocol):
    """A transaction over accounts."""

    @property
    def users(self) -> Store[User]: ...
    @property
    def otps(self) -> OtpStore: ...
    @property
    def admins(self) -> AdminStore: ...
    @property
    def user_notes(self) -> NoteStore: ...
    @property
    def contact_changes(self) -> ChangeStore: ...
    @property
    def devices(self) -> DeviceStore: ...
    @property
    def personal(self) -> PersonalRows: ...
    @property
    def referrals(self) -> ReferralStore: ...
    @property
    def suppressions(self) -> SuppressionStore: ...


class IdentityQueries(Protocol):
    """Reads outside a transaction, one round trip each."""

    async def user(self, id: UUID) -> UserView | None:
        """Somebody's own account."""

    async def admin(self, id: UUID) -> AdminView | None:
        """Somebody of the back office."""

    async def admins(self, query: ListQuery) -> Page[AdminView]:
        """Everybody of the back office; fields: email, role, is_active, last_login, created_at."""

    async def revoked_sessions(self, since: datetime) -> list[UUID]:
        """Sessions ended at or after an instant."""

    async def sessions(self, user_id: UUID, query: ListQuery, *, current: UUID, now: datetime) -> Page[SessionView]:
        """A user's sessions that still live; `current` is the one that asks."""

    async def devices(self, user_id: UUID) -> list[DeviceView]:
        """A user's devices, the oldest first."""

    async def contact_changes(self, user_id: UUID) -> list[ContactChangeView]:
        """What changed of how a user is reached and guarded, the oldest first."""

    async def social_links(self, user_id: UUID) -> list[SocialLinkView]:
        """The providers that open a user's account, the oldest first."""


class PasswordHasher(Protocol):
    """Passwords at rest. Hashing is slow on purpose: it runs in a thread, and never inside a unit."""

    async def hash(self, password: str) -> str:
        """What is kept of a password."""

    async def verify(self, password: str, kept: str | None) -> bool:
        """Whether it is the one. Against None it is not, and that costs the same."""

    def is_outdated(self, kept: str) -> bool:
        """Whether it was made with weaker parameters than today's."""

    def is_common(self, password: str) -> bool:
        """Whether it is among those that are tried first."""


class TotpCodes(Protocol):
    """Codes that an authenticator shows: six digits, another every 30 s (RFC 6238)."""

    def new_secret(self) -> str:
        """At least 160 random bits in base32."""

    def url(self, secret: str, *, account: str) -> str:
        """What the authenticator reads from a QR code."""

    def step(self, secret: str, code: str, *, at: datetime) -> int | None:
        """Which 30 s a code belongs to, counted from 1970: those of `at`, the ones before or after; None if to none."""


class TokenSigner(Protocol):
    """Access tokens."""

    def sign(
        self,
        *,
        subject: UUID,
        session: UUID,
        audience: Audience,
        issued_at: datetime,
        expires_at: datetime,
        role: str | None = None,
        tenant: UUID | None = None,
    ) -> str:
        """A signed token; `tenant` is the company whose staff it speaks for."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a request comes from, as its access token says."""

    user_id: UUID
    session_id: UUID
    role: str | None = None
    tenant: UUID | None = None

    @property
    def id(self) -> UUID:
        """Whose keys and limits are his."""
        return self.user_id


class TokenVerifier(Protocol):
    """Access tokens, read back."""

    def verify(self, token: str, *, audience: Audience) -> Caller:
        """Whose token it is. Raises AuthRequired for any token that is not whole, ours, current and for `audience`."""


class Revocations(Protocol):
    """Sessions that no process may serve any more."""

    async def announce(self, session_id: UUID) -> None:
        """Tell every process."""

    def is_revoked(self, session_id: UUID) -> bool:
        """Whether this process has heard of its end; asked on every request, so no I/O."""
