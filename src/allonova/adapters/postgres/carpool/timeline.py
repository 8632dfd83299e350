"""All that happened about somebody, from wherever it is kept: each source by an index that begins with whose it is."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY

from allonova.adapters.postgres.carpool.dispute_tables import DISPUTES
from allonova.adapters.postgres.carpool.people_tables import USER_REPORTS
from allonova.adapters.postgres.carpool.tables import BOOKINGS, TRIPS
from allonova.adapters.postgres.identity.note_tables import USER_NOTES
from allonova.adapters.postgres.identity.tables import SESSIONS, USERS
from allonova.adapters.postgres.kernel.tables import AUDIT_LOGS
from allonova.adapters.postgres.kyc.tables import KYC_DOCUMENTS
from allonova.adapters.postgres.lists import Listing
from allonova.adapters.postgres.money.tables import PAYMENTS, PAYOUTS, REFUNDS
from allonova.adapters.postgres.runner import Row
from allonova.application.carpool.user_views import DEEDS, TimelineKind, TimelineView
from allonova.domain.identity.session import Audience

_USER = bindparam("user_id", type_=Uuid)


def _word(text: str) -> ColumnElement[str]:
    return literal_column(f"'{text}'", Text)  # allow: sql-text - a word of ours


def _francs(column: ColumnElement[Any]) -> ColumnElement[int]:
    return cast(column, BigInteger)


def _happened(
    kind: TimelineKind | ColumnElement[str],
    entity: str,
    table: FromClause,
    *where: ColumnElement[bool],
    at: ColumnElement[Any] | None = None,
    entity_id: ColumnElement[Any] | None = None,
    **facts: ColumnElement[Any],
) -> Select[tuple[object, ...]]:
    pairs = (part for name, value in facts.items() for part in (_word(name), value))
    return select(
        table.c.id.label("id"),
        (table.c.created_at if at is None else at).label("at"),
        (_word(kind.value) if isinstance(kind, TimelineKind) else kind).label("kind"),
        _word(entity).label("entity"),
        (table.c.id if entity_id is None else entity_id).label("entity_id"),
        func.jsonb_build_object(*pairs).label("facts"),
    ).where(*where)


_BOOKED = {"status": BOOKINGS.c.status, "seats": BOOKINGS.c.seats, "amount": _francs(BOOKINGS.c.amount_total)}
_PAPER = {"doc_type": KYC_DOCUMENTS.c.doc_type, "status": KYC_DOCUMENTS.c.status}
_DISPUTED = {"status": DISPUTES.c.status, "category": DISPUTES.c.category}
_AUDIT_KIND = case({action: kind.value for action, kind in DEEDS.items()}, value=AUDIT_LOGS.c.action)
_OWN_SESSION = (SESSIONS.c.user_id == _USER, SESSIONS.c.audience == Audience.ALLOCAR.value)

SOURCES = (
    _happened(TimelineKind.REGISTERED, "user", USERS, USERS.c.id == _USER),
    _happened(TimelineKind.SESSION, "session", SESSIONS, *_OWN_SESSION),
    _happened(
        TimelineKind.SESSION_ENDED,
        "session",
        SESSIONS,
        *_OWN_SESSION,
        SESSIONS.c.revoked_at.is_not(None),
        at=SESSIONS.c.revoked_at,
    ),
    _happened(TimelineKind.PAPER, "paper", KYC_DOCUMENTS, KYC_DOCUMENTS.c.user_id == _USER, **_PAPER),
    _happened(
        TimelineKind.PAPER_REVIEWED,
        "paper",
        KYC_DOCUMENTS,
        KYC_DOCUMENTS.c.user_id == _USER,
        KYC_DOCUMENTS.c.reviewed_at.is_not(None),
        at=KYC_DOCUMENTS.c.reviewed_at,
        **_PAPER,
    ),
    _happened(
        TimelineKind.TRIP,
        "trip",
        TRIPS,
        TRIPS.c.driver_id == _USER,
        status=TRIPS.c.status,
        origin=TRIPS.c.origin_text,
        destination=TRIPS.c.destination_text,
    ),
    _happened(TimelineKind.BOOKING, "booking", BOOKINGS, BOOKINGS.c.passenger_id == _USER, **_BOOKED),
    _happened(
        TimelineKind.BOOKING_RECEIVED,
        "booking",
        BOOKINGS,
        BOOKINGS.c.trip_id == TRIPS.c.id,
        TRIPS.c.driver_id == _USER,
        **_BOOKED,
    ),
    _happened(
        TimelineKind.PAYMENT,
        "payment",
        PAYMENTS,
        PAYMENTS.c.user_id == _USER,
        status=PAYMENTS.c.status,
        method=PAYMENTS.c.method,
        amount=_francs(PAYMENTS.c.amount),
    ),
    _happened(
        TimelineKind.REFUND,
        "refund",
        REFUNDS,
        REFUNDS.c.user_id == _USER,
        status=REFUNDS.c.status,
        cause=REFUNDS.c.cause,
        amount=_francs(REFUNDS.c.amount),
    ),
    _happened(
        TimelineKind.PAYOUT,
        "payout",
        PAYOUTS,
        PAYOUTS.c.driver_id == _USER,
        status=PAYOUTS.c.status,
        type=PAYOUTS.c.kind,
        amount=_francs(PAYOUTS.c.amount),
    ),
    _happened(
        TimelineKind.REPORT, "report", USER_REPORTS, USER_REPORTS.c.reporter_id == _USER, status=USER_REPORTS.c.status
    ),
    _happened(
        TimelineKind.REPORT_RECEIVED,
        "report",
        USER_REPORTS,
        USER_REPORTS.c.reported_id == _USER,
        status=USER_REPORTS.c.status,
    ),
    _happened(TimelineKind.DISPUTE, "dispute", DISPUTES, DISPUTES.c.opened_by == _USER, **_DISPUTED),
    _happened(TimelineKind.DISPUTE_RECEIVED, "dispute", DISPUTES, DISPUTES.c.other_id == _USER, **_DISPUTED),
    _happened(TimelineKind.NOTE, "note", USER_NOTES, USER_NOTES.c.user_id == _USER, author_id=USER_NOTES.c.author_id),
    _happened(
        _AUDIT_KIND,
        "user",
        AUDIT_LOGS,
        AUDIT_LOGS.c.entity_id == _USER,
        AUDIT_LOGS.c.action == any_(literal(sorted(DEEDS), ARRAY(Text))),
        entity_id=AUDIT_LOGS.c.entity_id,
        by=AUDIT_LOGS.c.actor_id,
    ),
)
"""One for each place where something about people is kept."""

_EVENTS = union_all(*SOURCES).subquery("events")
TIMELINE = Listing(select(_EVENTS), {"id": _EVENTS.c.id, "at": _EVENTS.c.at, "kind": _EVENTS.c.kind})


def read_event(row: Row) -> TimelineView:
    """A line."""
    return TimelineView(
        at=row["at"],
        kind=TimelineKind(row["kind"]),
        entity=row["entity"],
        entity_id=row["entity_id"],
        facts=row["facts"],
    )
