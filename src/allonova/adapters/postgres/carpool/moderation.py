"""Reports about people and flagged messages, as the back office looks at them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Select,
    Subquery,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    null,
    select,
    text,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY

from allonova.adapters.postgres.carpool.desk_stores import REVIEW_SHELF
from allonova.adapters.postgres.carpool.desk_tables import MODERATION_REVIEWS
from allonova.adapters.postgres.carpool.message_tables import MESSAGES
from allonova.adapters.postgres.carpool.messages import MESSAGE_SHELF
from allonova.adapters.postgres.carpool.people_tables import USER_REPORTS
from allonova.adapters.postgres.carpool.tables import BOOKINGS, TRIPS
from allonova.adapters.postgres.identity.stores import USER_SHELF
from allonova.adapters.postgres.identity.tables import USERS
from allonova.adapters.postgres.lists import Listing
from allonova.adapters.postgres.runner import Row, Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.application.carpool.moderation_queries import AROUND, ModerationQueries
from allonova.application.carpool.moderation_views import CaseFacts, CaseView
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.carpool.chat_flags import Flag
from allonova.domain.carpool.message import Message, MessageType
from allonova.domain.carpool.moderation import CaseKind, CaseStatus
from allonova.domain.carpool.user_report import ReportStatus

_EVER = datetime(9999, 1, 1, tzinfo=UTC)
_ABOUT, _BY = USERS.alias("about"), USERS.alias("by")


def _word(kind: CaseKind) -> ColumnElement[str]:
    return literal_column(f"'{kind.value}'", Text)  # allow: sql-text - a word of ours


def _reports() -> Select[Any]:
    review = MODERATION_REVIEWS.alias()
    is_open = USER_REPORTS.c.status == ReportStatus.OPEN.value
    status = case((is_open, CaseStatus.OPEN.value), else_=func.coalesce(review.c.outcome, CaseStatus.REVIEWED.value))
    return select(
        _word(CaseKind.REPORT).label("kind"),
        USER_REPORTS.c.id,
        status.label("status"),
        USER_REPORTS.c.reported_id.label("about"),
        USER_REPORTS.c.reporter_id.label("by"),
        USER_REPORTS.c.booking_id,
        USER_REPORTS.c.reason.label("text"),
        literal_column("'{}'::text[]", ARRAY(Text)).label("flags"),
        literal_column("false").label("is_hidden"),
        USER_REPORTS.c.created_at,
        review.c.id.label("review_id"),
    ).join_from(
        USER_REPORTS,
        review,
        and_(review.c.kind == CaseKind.REPORT.value, review.c.subject_id == USER_REPORTS.c.id),
        isouter=True,
    )


def _messages() -> Select[Any]:
    review = MODERATION_REVIEWS.alias()
    is_passengers = MESSAGES.c.from_user_id == BOOKINGS.c.passenger_id
    return (
        select(
            _word(CaseKind.MESSAGE).label("kind"),
            MESSAGES.c.id,
            func.coalesce(review.c.outcome, CaseStatus.OPEN.value).label("status"),
            MESSAGES.c.from_user_id.label("about"),
            case((is_passengers, TRIPS.c.driver_id), else_=BOOKINGS.c.passenger_id).label("by"),
            MESSAGES.c.booking_id,
            case((MESSAGES.c.type == MessageType.TEXT.value, MESSAGES.c.content), else_=null()).label("text"),
            MESSAGES.c.flags,
            MESSAGES.c.hidden_at.is_not(None).label("is_hidden"),
            MESSAGES.c.created_at,
            review.c.id.label("review_id"),
        )
        .join_from(MESSAGES, BOOKINGS, BOOKINGS.c.id == MESSAGES.c.booking_id)
        .join(TRIPS, TRIPS.c.id == BOOKINGS.c.trip_id)
        .join(
            review,
            and_(review.c.kind == CaseKind.MESSAGE.value, review.c.subject_id == MESSAGES.c.id),
            isouter=True,
        )
        .where(MESSAGES.c.flags != text("'{}'::text[]"))  # as the index spells it
    )


def _cases() -> Subquery:
    return union_all(_reports(), _messages()).subquery("cases")


_ALL = _cases()
_CASES = Listing(select(_ALL), {name: _ALL.c[name] for name in ("id", "kind", "status", "about", "by", "created_at")})


def _one(cases: Subquery) -> Select[Any]:
    return (
        select(
            cases,
            *USER_SHELF.mapper.columns("a_", _ABOUT),
            *USER_SHELF.mapper.columns("b_", _BY),
            *REVIEW_SHELF.mapper.columns("r_"),
        )
        .join_from(cases, _ABOUT, _ABOUT.c.id == cases.c.about)
        .join(_BY, _BY.c.id == cases.c.by)
        .join(MODERATION_REVIEWS, MODERATION_REVIEWS.c.id == cases.c.review_id, isouter=True)
        .where(cases.c.id == bindparam("case_id", type_=Uuid))
    )


_ONE = {
    CaseKind.REPORT: compile_once(_one(_reports().subquery("cases"))),
    CaseKind.MESSAGE: compile_once(_one(_messages().subquery("cases"))),
}


def _near(*, is_after: bool) -> Select[Any]:
    at = bindparam("at", type_=DateTime(timezone=True))
    limit = bindparam("after" if is_after else "before", type_=BigInteger)
    side = MESSAGES.c.created_at > at if is_after else MESSAGES.c.created_at <= at
    order = MESSAGES.c.created_at.asc() if is_after else MESSAGES.c.created_at.desc()
    chat = MESSAGES.c.booking_id == bindparam("booking_id", type_=Uuid)
    near = select(MESSAGES.c.id).where(chat, side).order_by(order).limit(limit).subquery()
    return select(near.c.id)


_AROUND = compile_once(
    MESSAGE_SHELF.select(MESSAGES.c.id.in_(union_all(_near(is_after=False), _near(is_after=True)))).order_by(
        MESSAGES.c.created_at
    )
)
_read_about, _read_by = USER_SHELF.mapper.reader("a_"), USER_SHELF.mapper.reader("b_")
_read_review, _read_message = REVIEW_SHELF.mapper.reader("r_"), MESSAGE_SHELF.mapper.reader()


def _show(row: Row) -> CaseView:
    return CaseView(
        kind=CaseKind(row["kind"]),
        id=row["id"],
        status=CaseStatus(row["status"]),
        about=row["about"],
        by=row["by"],
        booking_id=row["booking_id"],
        text=row["text"],
        flags=tuple(Flag(flag) for flag in row["flags"]),
        is_hidden=row["is_hidden"],
        created_at=row["created_at"],
    )


class PostgresModerationQueries:
    """See ModerationQueries."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def cases(self, query: ListQuery) -> Page[CaseView]:
        """Reports and flagged messages."""
        rows, total = await _CASES.rows(self._runner, query)
        return Page([_show(row) for row in rows], total)

    async def case(self, kind: CaseKind, id: UUID) -> CaseFacts | None:
        """One of them."""
        statement = _ONE[kind]
        row = await self._runner.fetchrow(statement.sql, *statement.args(case_id=id))
        if row is None:
            return None
        found = _show(row)
        return CaseFacts(
            case=found,
            about=_read_about(row),
            by=_read_by(row),
            messages=tuple(await self._around(found)),
            review=None if row["r_id"] is None else _read_review(row),
        )

    async def _around(self, found: CaseView) -> Sequence[Message]:
        if found.booking_id is None:
            return ()
        is_message = found.kind is CaseKind.MESSAGE
        at, after = (found.created_at, AROUND) if is_message else (_EVER, 0)
        before = AROUND + 1 if is_message else 2 * AROUND + 1
        args = _AROUND.args(booking_id=found.booking_id, at=at, before=before, after=after)
        return [_read_message(row) for row in await self._runner.fetch(_AROUND.sql, *args)]


def _conforms(queries: PostgresModerationQueries) -> ModerationQueries:
    return queries
