"""Reads of identity."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, bindparam, func, literal, select

from allonova.adapters.postgres.identity.social import OF_USER, SOCIAL_SHELF
from allonova.adapters.postgres.identity.stores import ADMIN_SHELF, CHANGE_SHELF, DEVICE_SHELF, USER_SHELF
from allonova.adapters.postgres.identity.tables import (
    ADMIN_USERS,
    CONTACT_CHANGES,
    DEVICES,
    REFRESH_TOKENS,
    SESSIONS,
    USERS,
)
from allonova.adapters.postgres.lists import Listing
from allonova.adapters.postgres.runner import Row, Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.application.identity.admin_views import AdminView, admin_view
from allonova.application.identity.ports import IdentityQueries
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
from allonova.domain.identity.session import Audience

_ADMINS = Listing(
    ADMIN_SHELF.select(),
    {name: ADMIN_USERS.c[name] for name in ("id", "email", "role", "is_active", "last_login", "created_at")},
)
_USER = compile_once(USER_SHELF.select(USERS.c.id == bindparam("user_id")))
_ADMIN = compile_once(ADMIN_SHELF.select(ADMIN_USERS.c.id == bindparam("admin_id")))
_REVOKED = compile_once(
    select(SESSIONS.c.id).where(SESSIONS.c.revoked_at >= bindparam("since")).order_by(SESSIONS.c.revoked_at)
)
_SESSIONS = Listing(
    select(
        SESSIONS.c.id,
        SESSIONS.c.created_at,
        func.max(REFRESH_TOKENS.c.used_at).label("last_used_at"),
        func.max(REFRESH_TOKENS.c.expires_at).label("expires_at"),
    )
    .join(REFRESH_TOKENS, REFRESH_TOKENS.c.session_id == SESSIONS.c.id)
    .where(
        SESSIONS.c.user_id == bindparam("owner"),
        SESSIONS.c.audience == literal(Audience.ALLOCAR.value),
        SESSIONS.c.revoked_at.is_(None),
    )
    .group_by(SESSIONS.c.id)
    .having(func.max(REFRESH_TOKENS.c.expires_at) > bindparam("now", type_=DateTime(timezone=True))),
    {"id": SESSIONS.c.id, "created_at": SESSIONS.c.created_at},
)
_read_user = USER_SHELF.mapper.reader()
_read_admin = ADMIN_SHELF.mapper.reader()


def _session_view(row: Row, current: UUID) -> SessionView:
    return SessionView(
        id=row["id"],
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
        expires_at=row["expires_at"],
        is_current=row["id"] == current,
    )


_DEVICES = compile_once(
    DEVICE_SHELF.select(DEVICES.c.user_id == bindparam("user_id")).order_by(DEVICES.c.created_at, DEVICES.c.id)
)
_CHANGES = compile_once(
    CHANGE_SHELF.select(CONTACT_CHANGES.c.user_id == bindparam("user_id")).order_by(
        CONTACT_CHANGES.c.created_at, CONTACT_CHANGES.c.id
    )
)
_read_change = CHANGE_SHELF.mapper.reader()
_read_device = DEVICE_SHELF.mapper.reader()
_read_social = SOCIAL_SHELF.mapper.reader()


class PostgresIdentityQueries:
    """One round trip each, on a pool or on a unit's connection."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def user(self, id: UUID) -> UserView | None:
        """Somebody's own account."""
        row = await self._runner.fetchrow(_USER.sql, *_USER.args(user_id=id))
        return None if row is None else user_view(_read_user(row))

    async def admin(self, id: UUID) -> AdminView | None:
        """Somebody of the back office."""
        row = await self._runner.fetchrow(_ADMIN.sql, *_ADMIN.args(admin_id=id))
        return None if row is None else admin_view(_read_admin(row))

    async def admins(self, query: ListQuery) -> Page[AdminView]:
        """Everybody of the back office."""
        rows, total = await _ADMINS.rows(self._runner, query)
        return Page([admin_view(_read_admin(row)) for row in rows], total)

    async def sessions(self, user_id: UUID, query: ListQuery, *, current: UUID, now: datetime) -> Page[SessionView]:
        """A user's sessions that still live; `current` is the one that asks."""
        rows, total = await _SESSIONS.rows(self._runner, query, owner=user_id, now=now)
        return Page([_session_view(row, current) for row in rows], total)

    async def revoked_sessions(self, since: datetime) -> list[UUID]:
        """Sessions ended at or after an instant."""
        return [row[0] for row in await self._runner.fetch(_REVOKED.sql, *_REVOKED.args(since=since))]

    async def devices(self, user_id: UUID) -> list[DeviceView]:
        """A user's devices, the oldest first."""
        rows = await self._runner.fetch(_DEVICES.sql, *_DEVICES.args(user_id=user_id))
        return [device_view(_read_device(row)) for row in rows]

    async def contact_changes(self, user_id: UUID) -> list[ContactChangeView]:
        """What changed of how a user is reached and guarded, the oldest first."""
        rows = await self._runner.fetch(_CHANGES.sql, *_CHANGES.args(user_id=user_id))
        return [contact_change_view(_read_change(row)) for row in rows]

    async def social_links(self, user_id: UUID) -> list[SocialLinkView]:
        """The providers that open a user's account, the oldest first."""
        rows = await self._runner.fetch(OF_USER.sql, *OF_USER.args(user_id=user_id))
        return [social_link_view(_read_social(row)) for row in rows]


def _conforms(queries: PostgresIdentityQueries) -> IdentityQueries:
    return queries
