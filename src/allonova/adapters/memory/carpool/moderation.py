"""Reports about people and flagged messages, as the back office looks at them, in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter
from typing import Any
from uuid import UUID

from allonova.adapters.memory.carpool.desk import MODERATION_REVIEWS
from allonova.adapters.memory.carpool.messages import MESSAGES
from allonova.adapters.memory.carpool.people import USER_REPORTS
from allonova.adapters.memory.carpool.tables import BOOKINGS, TRIPS
from allonova.adapters.memory.identity import USERS
from allonova.adapters.memory.listing import listed
from allonova.adapters.memory.store import Rows, stored
from allonova.application.carpool.moderation_queries import AROUND, ModerationQueries
from allonova.application.carpool.moderation_views import CaseFacts, CaseView
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.carpool.chat_flags import Flag
from allonova.domain.carpool.message import Message, MessageType
from allonova.domain.carpool.moderation import CaseKind, CaseStatus, ModerationReview
from allonova.domain.carpool.user_report import ReportStatus, UserReport

FIELDS: Mapping[str, Callable[[CaseView], Any]] = {
    name: attrgetter(name) for name in ("id", "kind", "status", "about", "by", "created_at")
}


class MemoryModerationQueries:
    """See ModerationQueries."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def cases(self, query: ListQuery) -> Page[CaseView]:
        """See ModerationQueries."""
        return listed(self._all(), query, fields=FIELDS, show=lambda found: found)

    async def case(self, kind: CaseKind, id: UUID) -> CaseFacts | None:
        """See ModerationQueries."""
        found = next((case for case in self._all() if (case.kind, case.id) == (kind, id)), None)
        if found is None:
            return None
        users, review = self._source.rows(USERS), self._review(kind, id)
        return CaseFacts(
            case=found,
            about=stored(users[found.about]),
            by=stored(users[found.by]),
            messages=tuple(stored(message) for message in self._around(found)),
            review=None if review is None else stored(review),
        )

    def _all(self) -> Iterator[CaseView]:
        yield from (self._report(report) for report in self._source.rows(USER_REPORTS).values())
        yield from (self._message(message) for message in self._source.rows(MESSAGES).values() if message.flags)

    def _report(self, report: UserReport) -> CaseView:
        review = self._review(CaseKind.REPORT, report.id)
        closed = CaseStatus.REVIEWED if review is None else CaseStatus(review.outcome.value)
        return CaseView(
            kind=CaseKind.REPORT,
            id=report.id,
            status=CaseStatus.OPEN if report.status is ReportStatus.OPEN else closed,
            about=report.reported_id,
            by=report.reporter_id,
            booking_id=report.booking_id,
            text=report.reason,
            flags=(),
            is_hidden=False,
            created_at=report.created_at,
        )

    def _message(self, message: Message) -> CaseView:
        review = self._review(CaseKind.MESSAGE, message.id)
        booking = self._source.rows(BOOKINGS)[message.booking_id]
        driver_id = self._source.rows(TRIPS)[booking.trip_id].driver_id
        return CaseView(
            kind=CaseKind.MESSAGE,
            id=message.id,
            status=CaseStatus.OPEN if review is None else CaseStatus(review.outcome.value),
            about=message.from_user_id,
            by=driver_id if message.from_user_id == booking.passenger_id else booking.passenger_id,
            booking_id=message.booking_id,
            text=message.content if message.type is MessageType.TEXT else None,
            flags=tuple(Flag(flag) for flag in message.flags),
            is_hidden=message.hidden_at is not None,
            created_at=message.created_at,
        )

    def _review(self, kind: CaseKind, id: UUID) -> ModerationReview | None:
        rows = self._source.rows(MODERATION_REVIEWS).values()
        return next((row for row in rows if (row.kind, row.subject_id) == (kind, id)), None)

    def _around(self, found: CaseView) -> list[Message]:
        rows = self._source.rows(MESSAGES).values()
        chat = sorted((row for row in rows if row.booking_id == found.booking_id), key=attrgetter("created_at"))
        if found.kind is CaseKind.REPORT:
            return chat[-(2 * AROUND + 1) :]
        here = next(index for index, message in enumerate(chat) if message.id == found.id)
        return chat[max(0, here - AROUND) : here + AROUND + 1]


def _conforms(queries: MemoryModerationQueries) -> ModerationQueries:
    return queries
