"""Accounts, one-time codes, sessions and their tokens."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Text, and_, any_, bindparam, literal, or_

from allonova.adapters.postgres.identity.note_tables import USER_NOTES
from allonova.adapters.postgres.identity.tables import (
    ADMIN_USERS,
    CONTACT_CHANGES,
    DEVICES,
    LINK_TOKENS,
    OTP_CODES,
    REFRESH_TOKENS,
    SESSIONS,
    USERS,
)
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import Statement, compile_once
from allonova.adapters.postgres.store import PostgresStore, Shelf, locked
from allonova.application.identity.ports import REFUSALS
from allonova.domain.identity.admin_user import AdminUser
from allonova.domain.identity.contact import ContactChange
from allonova.domain.identity.device import Device
from allonova.domain.identity.link import LinkPurpose, LinkToken
from allonova.domain.identity.otp import Otp, OtpPurpose
from allonova.domain.identity.roles import Role
from allonova.domain.identity.session import RefreshToken, Session
from allonova.domain.identity.user import User
from allonova.domain.identity.user_note import UserNote

USER_SHELF = Shelf(RowMapper(User, USERS), REFUSALS, folded={"email"})
ADMIN_SHELF = Shelf(RowMapper(AdminUser, ADMIN_USERS), REFUSALS, folded={"email"})
SESSION_SHELF = Shelf(RowMapper(Session, SESSIONS), REFUSALS)
REFRESH_TOKEN_SHELF = Shelf(RowMapper(RefreshToken, REFRESH_TOKENS), REFUSALS)
OTP_SHELF = Shelf(RowMapper(Otp, OTP_CODES), REFUSALS)

LINK_SHELF = Shelf(RowMapper(LinkToken, LINK_TOKENS), REFUSALS)
CHANGE_SHELF = Shelf(RowMapper(ContactChange, CONTACT_CHANGES), REFUSALS)
DEVICE_SHELF = Shelf(RowMapper(Device, DEVICES), REFUSALS)
NOTE_SHELF = Shelf(RowMapper(UserNote, USER_NOTES), REFUSALS)


def _newest(shelf: Shelf[Any], *where: ColumnElement[bool]) -> Statement:
    table = shelf.mapper.table
    rows = shelf.select(*where).order_by(table.c.created_at.desc(), table.c.id.desc())
    return compile_once(locked(rows.limit(1)))


_NEWEST = _newest(
    OTP_SHELF, OTP_CODES.c.target == bindparam("target"), OTP_CODES.c.purpose == literal(OtpPurpose.LOGIN.value)
)
_NEWEST_OF = _newest(
    OTP_SHELF, OTP_CODES.c.user_id == bindparam("user_id"), OTP_CODES.c.purpose == bindparam("purpose")
)
_NEWEST_LINK = _newest(
    LINK_SHELF, LINK_TOKENS.c.target == bindparam("target"), LINK_TOKENS.c.purpose == bindparam("purpose")
)
_LIVE_LINKS = compile_once(
    locked(
        LINK_SHELF.select(
            LINK_TOKENS.c.target == any_(bindparam("targets", type_=ARRAY(Text))),
            LINK_TOKENS.c.purpose == any_(bindparam("purposes", type_=ARRAY(Text))),
            LINK_TOKENS.c.consumed_at.is_(None),
            LINK_TOKENS.c.expires_at > bindparam("now"),
        ).order_by(LINK_TOKENS.c.id)
    )
)
_DEVICES_OF = compile_once(
    DEVICE_SHELF.select(DEVICES.c.user_id == bindparam("user_id")).order_by(DEVICES.c.created_at, DEVICES.c.id)
)
_REMOVE_DEVICE = "DELETE FROM carpool.devices WHERE id = $1::uuid"


_WITH_SUPERS = compile_once(
    locked(
        ADMIN_SHELF.select(
            or_(
                ADMIN_USERS.c.id == bindparam("id"),
                and_(ADMIN_USERS.c.role == literal(Role.SUPER.value), ADMIN_USERS.c.is_active),
            )
        ).order_by(ADMIN_USERS.c.id)
    )
)


class PostgresAdmins(PostgresStore[AdminUser]):
    """Accounts of the back office."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, ADMIN_SHELF)

    async def with_supers(self, id: UUID) -> list[AdminUser]:
        """See AdminStore."""
        rows = await self._runner.fetch(_WITH_SUPERS.sql, *_WITH_SUPERS.args(id=id))
        return [await self._entity(row, is_locked=True) for row in rows]


class PostgresNotes(PostgresStore[UserNote]):
    """What the back office writes about people."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, NOTE_SHELF)

    async def forget(self, user_id: UUID) -> None:
        """All that is about somebody who is erased."""
        await self._runner.execute("DELETE FROM carpool.user_notes WHERE user_id = $1::uuid", user_id)


class PostgresOtps(PostgresStore[Otp]):
    """One-time codes."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, OTP_SHELF)

    async def newest(self, target: str) -> Otp | None:
        """The last login code made for a phone, locked."""
        row = await self._runner.fetchrow(_NEWEST.sql, *_NEWEST.args(target=target))
        return None if row is None else await self._entity(row, is_locked=True)

    async def newest_of(self, user_id: UUID, purpose: OtpPurpose) -> Otp | None:
        """The last code made for a user's change, locked."""
        row = await self._runner.fetchrow(_NEWEST_OF.sql, *_NEWEST_OF.args(user_id=user_id, purpose=purpose))
        return None if row is None else await self._entity(row, is_locked=True)


class PostgresLinks(PostgresStore[LinkToken]):
    """Links."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, LINK_SHELF)

    async def newest(self, target: str, purpose: LinkPurpose) -> LinkToken | None:
        """The last link made for a phone or e-mail, locked."""
        row = await self._runner.fetchrow(_NEWEST_LINK.sql, *_NEWEST_LINK.args(target=target, purpose=purpose))
        return None if row is None else await self._entity(row, is_locked=True)

    async def live(
        self, targets: Collection[str], purposes: Collection[LinkPurpose], *, now: datetime
    ) -> list[LinkToken]:
        """See LinkStore."""
        args = _LIVE_LINKS.args(targets=list(targets), purposes=list(purposes), now=now)
        return [await self._entity(row, is_locked=True) for row in await self._runner.fetch(_LIVE_LINKS.sql, *args)]


class PostgresDevices(PostgresStore[Device]):
    """Devices."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, DEVICE_SHELF)

    async def of_user(self, user_id: UUID) -> list[Device]:
        """A user's, the oldest first."""
        rows = await self._runner.fetch(_DEVICES_OF.sql, *_DEVICES_OF.args(user_id=user_id))
        return [await self._entity(row, is_locked=False) for row in rows]

    async def remove(self, device: Device) -> None:
        """Forget it."""
        await self._runner.execute(_REMOVE_DEVICE, device.id)


_LIVE_OF = compile_once(
    locked(
        SESSION_SHELF.select(SESSIONS.c.user_id == bindparam("account"), SESSIONS.c.revoked_at.is_(None)).order_by(
            SESSIONS.c.created_at, SESSIONS.c.id
        )
    )
)


class PostgresSessions(PostgresStore[Session]):
    """Sessions."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, SESSION_SHELF)

    async def live_of(self, account_id: UUID) -> list[Session]:
        """An account's sessions that have not ended, locked, the oldest first."""
        rows = await self._runner.fetch(_LIVE_OF.sql, *_LIVE_OF.args(account=account_id))
        return [await self._entity(row, is_locked=True) for row in rows]


_LAST_CHANGE = "SELECT max(created_at) FROM carpool.contact_changes WHERE user_id = $1::uuid"


class PostgresChanges(PostgresStore[ContactChange]):
    """Changes of what accounts are reached and guarded by."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, CHANGE_SHELF)

    async def last_of(self, user_id: UUID) -> datetime | None:
        """When anything of somebody's changed last."""
        last: datetime | None = await self._runner.fetchval(_LAST_CHANGE, user_id)
        return last


# One statement; what an account was reached by is blanked, not deleted: that it changed still guards its money.
_FORGET = """
WITH devices AS (
    DELETE FROM carpool.devices WHERE user_id = $1::uuid
), codes AS (
    DELETE FROM platform.otp_codes WHERE user_id = $1::uuid OR target = ANY ($2::text[])
), ways_in AS (
    DELETE FROM carpool.social_identities WHERE user_id = $1::uuid
), notices AS (
    DELETE FROM carpool.notices WHERE user_id = $1::uuid
), links AS (
    DELETE FROM platform.link_tokens WHERE purpose <> 'admin_password' AND target = ANY ($2::text[])
)
UPDATE carpool.contact_changes SET old_value = NULL WHERE user_id = $1::uuid AND old_value IS NOT NULL
"""


class PostgresPersonalRows:
    """Rows that are about one person and nothing else."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def forget(self, user: User) -> None:
        """Delete devices, codes, links and ways in of an account as it is now; blank what it was reached by before."""
        targets = [value.lower() for value in (user.phone, user.email) if value is not None]
        await self._runner.execute(_FORGET, user.id, targets)
