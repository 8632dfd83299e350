"""The back office's reads of people, in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any
from uuid import UUID

from allonova.adapters.memory.carpool.desk import USER_SEGMENTS
from allonova.adapters.memory.carpool.disputes import DISPUTES
from allonova.adapters.memory.carpool.people import USER_REPORTS
from allonova.adapters.memory.carpool.tables import BOOKINGS, TRIPS
from allonova.adapters.memory.carpool.timeline import Happened, timeline_of
from allonova.adapters.memory.identity import (
    ADMIN_USERS,
    CONTACT_CHANGES,
    REFRESH_TOKENS,
    SESSIONS,
    USER_NOTES,
    USERS,
)
from allonova.adapters.memory.kyc import KYC_DOCUMENTS
from allonova.adapters.memory.listing import Conditions, listed
from allonova.adapters.memory.money.tables import WALLETS
from allonova.adapters.memory.store import Rows, stored
from allonova.application.carpool.user_queries import UserQueries
from allonova.application.carpool.user_views import (
    Identity,
    ListedUser,
    SegmentView,
    TimelineView,
    UserCounts,
    UserDetail,
    UserMoney,
    identity_of,
    listed_user,
    segment_view,
)
from allonova.application.identity.account_views import NoteView, account_view, note_view
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.carpool.segment import UserSegment
from allonova.domain.identity.session import Audience, Session
from allonova.domain.identity.user import AccountStatus, User
from allonova.domain.identity.user_note import UserNote
from allonova.domain.kernel.folding import folded, holds_words, sought_words
from allonova.domain.kyc.document import overall
from allonova.domain.money.payout_account import safe_from


def _fields(*names: str) -> Mapping[str, Callable[[Any], Any]]:
    return {name: attrgetter(name) for name in names}


USER_FIELDS = _fields("id", "created_at", "rating_avg")
NOTE_FIELDS: Mapping[str, Callable[[UserNote], Any]] = _fields("id", "created_at")
SEGMENT_FIELDS: Mapping[str, Callable[[UserSegment], Any]] = _fields("id", "name", "created_at")
EVENT_FIELDS: Mapping[str, Callable[[Happened], Any]] = _fields("id", "at", "kind")


class MemoryUserQueries:
    """See UserQueries."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def users(self, query: ListQuery) -> Page[ListedUser]:
        """See UserQueries."""
        rows = self._source.rows(USERS).values()
        return listed(rows, query, fields=USER_FIELDS, show=self._listed, conditions=self._conditions())

    async def user(self, id: UUID, *, now: datetime) -> UserDetail | None:
        """See UserQueries."""
        user = self._source.rows(USERS).get(id)
        if user is None:
            return None
        wallet = next((row for row in self._source.rows(WALLETS).values() if row.user_id == id), None)
        changes = [row.created_at for row in self._source.rows(CONTACT_CHANGES).values() if row.user_id == id]
        money = UserMoney(
            balance=wallet.balance if wallet else 0,
            spend_only=wallet.spend_only if wallet else 0,
            frozen_until=safe_from(max(changes, default=None), now),
        )
        return UserDetail(user=account_view(user), kyc=self._kyc(user), wallet=money, counts=self._counts(id, now))

    async def notes(self, user_id: UUID, query: ListQuery) -> Page[NoteView]:
        """See UserQueries."""
        mine = [note for note in self._source.rows(USER_NOTES).values() if note.user_id == user_id]
        authors = self._source.rows(ADMIN_USERS)
        return listed(mine, query, fields=NOTE_FIELDS, show=lambda note: note_view(note, authors[note.author_id].email))

    async def timeline(self, user_id: UUID, query: ListQuery) -> Page[TimelineView]:
        """See UserQueries."""
        return listed(timeline_of(self._source, user_id), query, fields=EVENT_FIELDS, show=lambda line: line.view)

    async def segments(self, query: ListQuery) -> Page[SegmentView]:
        """See UserQueries."""
        rows = self._source.rows(USER_SEGMENTS).values()
        return listed(rows, query, fields=SEGMENT_FIELDS, show=lambda row: segment_view(stored(row)))

    async def segment(self, id: UUID) -> SegmentView | None:
        """See UserQueries."""
        segment = self._source.rows(USER_SEGMENTS).get(id)
        return None if segment is None else segment_view(stored(segment))

    def _listed(self, user: User) -> ListedUser:
        return listed_user(user, self._kyc(user))

    def _kyc(self, user: User) -> Identity:
        papers = self._source.rows(KYC_DOCUMENTS).values()
        return identity_of(overall(paper for paper in papers if paper.user_id == user.id))

    def _sessions(self, user_id: UUID) -> list[Session]:
        rows = self._source.rows(SESSIONS).values()
        return [row for row in rows if row.user_id == user_id and row.audience is Audience.ALLOCAR]

    def _counts(self, id: UUID, now: datetime) -> UserCounts:
        reports = self._source.rows(USER_REPORTS).values()
        disputes = self._source.rows(DISPUTES).values()
        tokens = self._source.rows(REFRESH_TOKENS).values()
        live = {token.session_id for token in tokens if token.expires_at > now}
        return UserCounts(
            trips=self._trips(id),
            bookings=self._bookings(id),
            disputes=sum(id in (row.opened_by, row.other_id) for row in disputes),
            reports_made=sum(row.reporter_id == id for row in reports),
            reports_received=sum(row.reported_id == id for row in reports),
            notes=sum(row.user_id == id for row in self._source.rows(USER_NOTES).values()),
            sessions=sum(row.id in live and row.revoked_at is None for row in self._sessions(id)),
        )

    def _trips(self, id: UUID) -> int:
        return sum(row.driver_id == id for row in self._source.rows(TRIPS).values())

    def _bookings(self, id: UUID) -> int:
        return sum(row.passenger_id == id for row in self._source.rows(BOOKINGS).values())

    def _was_seen_since(self, user: User, at: datetime) -> bool:
        own = {session.id for session in self._sessions(user.id)}
        tokens = self._source.rows(REFRESH_TOKENS).values()
        return user.created_at >= at or any(t.session_id in own and t.created_at >= at for t in tokens)

    def _conditions(self) -> Conditions[User]:
        found: dict[str, Callable[[User, Any], bool]] = {
            "query": _is_sought,
            "is_driver": lambda user, given: user.is_driver is given,
            "created_from": lambda user, at: user.created_at >= at,
            "created_to": lambda user, at: user.created_at < at,
            "last_seen_before": lambda user, at: not self._was_seen_since(user, at),
            "min_trips": lambda user, given: self._trips(user.id) >= given,
            "min_bookings": lambda user, given: self._bookings(user.id) >= given,
            "rating_lte": lambda user, most: user.rating_count > 0 and user.rating_avg <= Decimal(most),
        }
        for status in AccountStatus:
            found[f"status_{status}"] = lambda user, _, wanted=status: user.status is wanted  # type: ignore[misc]
        for kyc in Identity:
            found[f"kyc_{kyc}"] = lambda user, _, wanted=kyc: self._kyc(user) is wanted  # type: ignore[misc]
        return found


def _is_sought(user: User, q: str) -> bool:
    text = folded(user.phone, user.email, user.first_name, user.last_name)
    return holds_words(text, sought_words(q))


def _conforms(queries: MemoryUserQueries) -> UserQueries:
    return queries
