"""Accounts, codes and sessions in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from operator import attrgetter
from typing import Any
from uuid import UUID

from allonova.adapters.memory.listing import listed
from allonova.adapters.memory.notifications import NOTICES
from allonova.adapters.memory.rules import Check, Foreign, Table, Unique
from allonova.adapters.memory.social import SOCIAL_IDENTITIES
from allonova.adapters.memory.store import MemoryStore, Rows, Transaction, stored
from allonova.application.identity.admin_views import AdminView, admin_view
from allonova.application.identity.ports import REFUSALS, IdentityQueries
from allonova.application.identity.views import (
    ContactChangeView,
    DeviceView,
    SessionView,
    SocialLinkView,
    UserView,
    contact_change_view,
    device_view,
    social_link_view,
    user_view,
)
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.identity.admin_user import AdminUser
from allonova.domain.identity.contact import ChangeKind, ContactChange
from allonova.domain.identity.device import Device
from allonova.domain.identity.link import LinkPurpose, LinkToken
from allonova.domain.identity.otp import Otp, OtpPurpose
from allonova.domain.identity.session import Audience, RefreshToken, Session
from allonova.domain.identity.user import User
from allonova.domain.identity.user_note import MAX_LETTERS, UserNote

NUMERIC_3_2 = 10
SESSION_FIELDS: Mapping[str, Callable[[SessionView], Any]] = {
    "id": lambda s: s.id,
    "created_at": lambda s: s.created_at,
}


ADMIN_FIELDS: Mapping[str, Callable[[AdminUser], Any]] = {
    name: attrgetter(name) for name in ("id", "email", "role", "is_active", "last_login", "created_at")
}


def _round_rating(user: User) -> None:
    user.rating_avg = user.rating_avg.quantize(Decimal("0.01"), ROUND_HALF_UP)


USERS = Table(
    name="users",
    row=User,
    uniques=(
        Unique("uq_users_phone", ("phone",)),
        Unique("uq_users_referral_code", ("referral_code",)),
        Unique("uq_users_email", ("email",), key=lambda user: (user.email and user.email.lower(),)),
    ),
    checks=(
        Check("rating_avg", lambda user: abs(user.rating_avg) < NUMERIC_3_2),
        Check("confirmed_is_said", lambda user: user.confirmed_gender in (None, user.gender)),
        Check("confirmed_by", lambda user: (user.confirmed_gender is None) == (user.gender_confirmed_by is None)),
    ),
    folded=("email",),
    refusals=REFUSALS,
    prepare=_round_rating,
)
ADMIN_USERS = Table(
    name="admin_users",
    row=AdminUser,
    uniques=(Unique("uq_admin_users_email", ("email",), key=lambda admin: (admin.email.lower(),)),),
    folded=("email",),
    refusals=REFUSALS,
)
OTP_CODES = Table(
    name="otp_codes",
    row=Otp,
    foreigns=(Foreign("user_id", "users"),),
    checks=(Check("owner", lambda otp: (otp.purpose is OtpPurpose.LOGIN) == (otp.user_id is None)),),
)
LINK_TOKENS = Table(  # of the back office as well: no foreign key to users
    name="link_tokens", row=LinkToken, uniques=(Unique("uq_link_tokens_token_hash", ("token_hash",)),)
)
CONTACT_CHANGES = Table(
    name="contact_changes",
    row=ContactChange,
    foreigns=(Foreign("user_id", "users"),),
    checks=(Check("no_secret", lambda change: change.kind is not ChangeKind.PASSWORD or change.old_value is None),),
)
DEVICES = Table(
    name="devices",
    row=Device,
    uniques=(Unique("uq_devices_token_hash", ("token_hash",)),),
    foreigns=(Foreign("user_id", "users"),),
)
USER_NOTES = Table(
    name="user_notes",
    row=UserNote,
    foreigns=(Foreign("user_id", "users"), Foreign("author_id", "admin_users")),
    checks=(
        Check("text", lambda note: note.text is None or 1 <= len(note.text) <= MAX_LETTERS),
        Check("struck", lambda note: (note.text is None) == (note.struck_at is not None)),
    ),
)
SESSIONS = Table(name="sessions", row=Session)  # of every audience: each has its own accounts
REFRESH_TOKENS = Table(
    name="refresh_tokens",
    row=RefreshToken,
    uniques=(Unique("uq_refresh_tokens_token_hash", ("token_hash",)),),
    foreigns=(Foreign("session_id", "sessions"),),
)


class MemoryAdmins(MemoryStore[AdminUser]):
    """Accounts of the back office."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, ADMIN_USERS)

    async def with_supers(self, id: UUID) -> list[AdminUser]:
        """See AdminStore."""
        found = [admin for admin in self._rows().values() if admin.id == id or admin.is_super]
        return [stored(admin) for admin in sorted(found, key=attrgetter("id"))]


class MemoryNotes(MemoryStore[UserNote]):
    """What the back office writes about people."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, USER_NOTES)

    async def forget(self, user_id: UUID) -> None:
        """See NoteStore."""
        for note in [note for note in self._rows().values() if note.user_id == user_id]:
            self._transaction.remove(USER_NOTES, note.id)


class MemoryOtps(MemoryStore[Otp]):
    """One-time codes."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, OTP_CODES)

    async def newest(self, target: str) -> Otp | None:
        """See OtpStore."""
        rows = self._rows().values()
        return _newest([otp for otp in rows if otp.target == target and otp.purpose is OtpPurpose.LOGIN])

    async def newest_of(self, user_id: UUID, purpose: OtpPurpose) -> Otp | None:
        """See OtpStore."""
        return _newest([otp for otp in self._rows().values() if otp.user_id == user_id and otp.purpose is purpose])


class MemoryLinks(MemoryStore[LinkToken]):
    """Links."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, LINK_TOKENS)

    async def newest(self, target: str, purpose: LinkPurpose) -> LinkToken | None:
        """See LinkStore."""
        return _newest([link for link in self._rows().values() if link.target == target and link.purpose is purpose])

    async def live(
        self, targets: Collection[str], purposes: Collection[LinkPurpose], *, now: datetime
    ) -> list[LinkToken]:
        """See LinkStore."""
        found = [
            link
            for link in self._rows().values()
            if link.target in targets and link.purpose in purposes and link.is_live(now)
        ]
        return [stored(link) for link in sorted(found, key=lambda link: link.id)]


def _newest[T: (Otp, LinkToken)](found: list[T]) -> T | None:
    return stored(max(found, key=lambda one: (one.created_at, one.id))) if found else None


class MemoryChanges(MemoryStore[ContactChange]):
    """Changes of what accounts are reached and guarded by."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, CONTACT_CHANGES)

    async def last_of(self, user_id: UUID) -> datetime | None:
        """See ChangeStore."""
        return max((change.created_at for change in self._rows().values() if change.user_id == user_id), default=None)


class MemoryDevices(MemoryStore[Device]):
    """Devices."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, DEVICES)

    async def of_user(self, user_id: UUID) -> list[Device]:
        """See DeviceStore."""
        mine = [device for device in self._rows().values() if device.user_id == user_id]
        return [stored(device) for device in sorted(mine, key=attrgetter("created_at", "id"))]

    async def remove(self, device: Device) -> None:
        """See DeviceStore."""
        self._transaction.remove(DEVICES, device.id)


class MemorySessions(MemoryStore[Session]):
    """Sessions."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, SESSIONS)

    async def live_of(self, account_id: UUID) -> list[Session]:
        """See SessionStore."""
        live = [s for s in self._rows().values() if s.user_id == account_id and s.revoked_at is None]
        return [stored(session) for session in sorted(live, key=attrgetter("created_at", "id"))]


class MemoryPersonalRows:
    """Rows that are about one person and nothing else."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def forget(self, user: User) -> None:
        """See PersonalRows."""
        rows, remove = self._transaction.rows, self._transaction.remove
        targets = {value.lower() for value in (user.phone, user.email) if value is not None}
        for device in [device for device in rows(DEVICES).values() if device.user_id == user.id]:
            remove(DEVICES, device.id)
        for notice in [notice for notice in rows(NOTICES).values() if notice.user_id == user.id]:
            remove(NOTICES, notice.id)
        for otp in [otp for otp in rows(OTP_CODES).values() if otp.user_id == user.id or otp.target in targets]:
            remove(OTP_CODES, otp.id)
        for link in [link for link in rows(LINK_TOKENS).values() if link.target in targets]:
            if link.purpose is not LinkPurpose.ADMIN_PASSWORD:
                remove(LINK_TOKENS, link.id)
        for way_in in [one for one in rows(SOCIAL_IDENTITIES).values() if one.user_id == user.id]:
            remove(SOCIAL_IDENTITIES, way_in.id)
        for change in [change for change in rows(CONTACT_CHANGES).values() if change.user_id == user.id]:
            self._transaction.put(CONTACT_CHANGES, replace(change, old_value=None))


class MemoryIdentityQueries:
    """Reads of committed accounts."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def user(self, id: UUID) -> UserView | None:
        """See IdentityQueries."""
        user = self._source.rows(USERS).get(id)
        return user_view(user) if user else None

    async def admin(self, id: UUID) -> AdminView | None:
        """See IdentityQueries."""
        admin = self._source.rows(ADMIN_USERS).get(id)
        return admin_view(admin) if admin else None

    async def admins(self, query: ListQuery) -> Page[AdminView]:
        """See IdentityQueries."""
        rows = self._source.rows(ADMIN_USERS).values()
        return listed(rows, query, fields=ADMIN_FIELDS, show=admin_view)

    async def revoked_sessions(self, since: datetime) -> list[UUID]:
        """See IdentityQueries."""
        sessions = self._source.rows(SESSIONS).values()
        return [session.id for session in sessions if session.revoked_at and session.revoked_at >= since]

    async def sessions(self, user_id: UUID, query: ListQuery, *, current: UUID, now: datetime) -> Page[SessionView]:
        """See IdentityQueries."""
        sessions = self._source.rows(SESSIONS).values()
        mine = [s for s in sessions if s.user_id == user_id and s.audience is Audience.ALLOCAR and not s.revoked_at]
        shown = [self._session_view(session, current) for session in mine]
        live = [view for view in shown if view.expires_at > now]
        return listed(live, query, fields=SESSION_FIELDS, show=lambda view: view)

    async def devices(self, user_id: UUID) -> list[DeviceView]:
        """See IdentityQueries."""
        mine = [device for device in self._source.rows(DEVICES).values() if device.user_id == user_id]
        return [device_view(device) for device in sorted(mine, key=attrgetter("created_at", "id"))]

    async def contact_changes(self, user_id: UUID) -> list[ContactChangeView]:
        """See IdentityQueries."""
        mine = [change for change in self._source.rows(CONTACT_CHANGES).values() if change.user_id == user_id]
        return [contact_change_view(change) for change in sorted(mine, key=attrgetter("created_at", "id"))]

    async def social_links(self, user_id: UUID) -> list[SocialLinkView]:
        """See IdentityQueries."""
        mine = [one for one in self._source.rows(SOCIAL_IDENTITIES).values() if one.user_id == user_id]
        return [social_link_view(one) for one in sorted(mine, key=attrgetter("created_at", "id"))]

    def _session_view(self, session: Session, current: UUID) -> SessionView:
        tokens = [token for token in self._source.rows(REFRESH_TOKENS).values() if token.session_id == session.id]
        return SessionView(
            id=session.id,
            created_at=session.created_at,
            last_used_at=max((token.used_at for token in tokens if token.used_at), default=None),
            expires_at=max((token.expires_at for token in tokens), default=session.created_at),
            is_current=session.id == current,
        )


def _conforms(queries: MemoryIdentityQueries) -> IdentityQueries:
    return queries
