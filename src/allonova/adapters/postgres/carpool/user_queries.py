"""The back office's reads of people."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, FromClause, Select, bindparam, func, or_, select
from sqlalchemy.sql.selectable import ScalarSelect

from allonova.adapters.postgres.carpool.desk_stores import SEGMENT_SHELF
from allonova.adapters.postgres.carpool.desk_tables import USER_SEGMENTS
from allonova.adapters.postgres.carpool.dispute_tables import DISPUTES
from allonova.adapters.postgres.carpool.people_tables import USER_REPORTS
from allonova.adapters.postgres.carpool.tables import BOOKINGS, TRIPS
from allonova.adapters.postgres.carpool.timeline import TIMELINE, read_event
from allonova.adapters.postgres.carpool.user_lists import KYC, LISTED
from allonova.adapters.postgres.identity.note_tables import USER_NOTES
from allonova.adapters.postgres.identity.stores import NOTE_SHELF, USER_SHELF
from allonova.adapters.postgres.identity.tables import ADMIN_USERS, CONTACT_CHANGES, REFRESH_TOKENS, SESSIONS, USERS
from allonova.adapters.postgres.lists import Listing
from allonova.adapters.postgres.money.tables import WALLETS
from allonova.adapters.postgres.runner import Row, Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.application.carpool.user_queries import UserQueries
from allonova.application.carpool.user_views import (
    Identity,
    ListedUser,
    SegmentView,
    TimelineView,
    UserCounts,
    UserDetail,
    UserMoney,
    listed_user,
    segment_view,
)
from allonova.application.identity.account_views import NoteView, account_view, note_view
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.identity.session import Audience
from allonova.domain.money.payout_account import safe_from

_NOW = bindparam("now", type_=DateTime(timezone=True))


def _count(table: FromClause, *columns: str) -> ScalarSelect[int]:
    is_his = or_(*(table.c[column] == USERS.c.id for column in columns))
    return select(func.count()).select_from(table).where(is_his).scalar_subquery()


def _live_sessions() -> ScalarSelect[int]:
    live = REFRESH_TOKENS.c.session_id == SESSIONS.c.id
    return (
        select(func.count(SESSIONS.c.id.distinct()))
        .join_from(SESSIONS, REFRESH_TOKENS, live)
        .where(
            SESSIONS.c.user_id == USERS.c.id,
            SESSIONS.c.audience == Audience.ALLOCAR.value,
            SESSIONS.c.revoked_at.is_(None),
            REFRESH_TOKENS.c.expires_at > _NOW,
        )
        .scalar_subquery()
    )


def _detail() -> Select[tuple[object, ...]]:
    """Somebody and how much there is of him, in one row."""
    changed = select(func.max(CONTACT_CHANGES.c.created_at)).where(CONTACT_CHANGES.c.user_id == USERS.c.id)
    counted = {
        "trips": _count(TRIPS, "driver_id"),
        "bookings": _count(BOOKINGS, "passenger_id"),
        "disputes": _count(DISPUTES, "opened_by", "other_id"),
        "reports_made": _count(USER_REPORTS, "reporter_id"),
        "reports_received": _count(USER_REPORTS, "reported_id"),
        "notes": _count(USER_NOTES, "user_id"),
        "sessions": _live_sessions(),
    }
    return (
        select(
            *USER_SHELF.mapper.columns("u_"),
            KYC.label("kyc"),
            func.coalesce(WALLETS.c.balance, 0).label("balance"),
            func.coalesce(WALLETS.c.spend_only, 0).label("spend_only"),
            changed.scalar_subquery().label("changed_at"),
            *(query.label(f"n_{name}") for name, query in counted.items()),
        )
        .join_from(USERS, WALLETS, WALLETS.c.user_id == USERS.c.id, isouter=True)
        .where(USERS.c.id == bindparam("user_id"))
    )


_USER = compile_once(_detail())
_COUNTED = tuple(UserCounts.__dataclass_fields__)
_NOTES = Listing(
    select(*NOTE_SHELF.mapper.columns("n_"), ADMIN_USERS.c.email.label("author"))
    .join_from(USER_NOTES, ADMIN_USERS, ADMIN_USERS.c.id == USER_NOTES.c.author_id)
    .where(USER_NOTES.c.user_id == bindparam("user_id")),
    {"id": USER_NOTES.c.id, "created_at": USER_NOTES.c.created_at},
)
_SEGMENTS = Listing(SEGMENT_SHELF.select(), {name: USER_SEGMENTS.c[name] for name in ("id", "name", "created_at")})
_SEGMENT = compile_once(SEGMENT_SHELF.select(USER_SEGMENTS.c.id == bindparam("segment_id")))
_read_listed = USER_SHELF.mapper.reader()
_read_user = USER_SHELF.mapper.reader("u_")
_read_note = NOTE_SHELF.mapper.reader("n_")
_read_segment = SEGMENT_SHELF.mapper.reader()


def _show(row: Row, now: datetime) -> UserDetail:
    money = UserMoney(
        balance=int(row["balance"]),
        spend_only=int(row["spend_only"]),
        frozen_until=safe_from(row["changed_at"], now),
    )
    counts = UserCounts(**{name: row[f"n_{name}"] for name in _COUNTED})
    return UserDetail(user=account_view(_read_user(row)), kyc=Identity(row["kyc"]), wallet=money, counts=counts)


class PostgresUserQueries:
    """See UserQueries."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def users(self, query: ListQuery) -> Page[ListedUser]:
        """Everybody."""
        rows, total = await LISTED.rows(self._runner, query)
        return Page([listed_user(_read_listed(row), Identity(row["kyc"])) for row in rows], total)

    async def user(self, id: UUID, *, now: datetime) -> UserDetail | None:
        """Somebody, with what there is of him."""
        row = await self._runner.fetchrow(_USER.sql, *_USER.args(user_id=id, now=now))
        return None if row is None else _show(row, now)

    async def notes(self, user_id: UUID, query: ListQuery) -> Page[NoteView]:
        """What the team wrote about somebody."""
        rows, total = await _NOTES.rows(self._runner, query, user_id=user_id)
        return Page([note_view(_read_note(row), row["author"]) for row in rows], total)

    async def timeline(self, user_id: UUID, query: ListQuery) -> Page[TimelineView]:
        """What happened about somebody."""
        rows, total = await TIMELINE.rows(self._runner, query, user_id=user_id)
        return Page([read_event(row) for row in rows], total)

    async def segments(self, query: ListQuery) -> Page[SegmentView]:
        """The team's segments."""
        rows, total = await _SEGMENTS.rows(self._runner, query)
        return Page([segment_view(_read_segment(row)) for row in rows], total)

    async def segment(self, id: UUID) -> SegmentView | None:
        """A segment."""
        row = await self._runner.fetchrow(_SEGMENT.sql, *_SEGMENT.args(segment_id=id))
        return None if row is None else segment_view(_read_segment(row))


def _conforms(queries: PostgresUserQueries) -> UserQueries:
    return queries
