"""All that happened about somebody, in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from allonova.adapters.memory.carpool.disputes import DISPUTES
from allonova.adapters.memory.carpool.people import USER_REPORTS
from allonova.adapters.memory.carpool.tables import BOOKINGS, TRIPS
from allonova.adapters.memory.identity import SESSIONS, USER_NOTES, USERS
from allonova.adapters.memory.kyc import KYC_DOCUMENTS
from allonova.adapters.memory.money.tables import PAYMENTS, PAYOUTS, REFUNDS
from allonova.adapters.memory.platform import AUDIT_LOGS
from allonova.adapters.memory.rules import Table
from allonova.adapters.memory.store import Rows
from allonova.application.carpool.user_views import DEEDS, TimelineKind, TimelineView
from allonova.domain.identity.session import Audience


@dataclass(frozen=True, slots=True)
class Happened:
    """A line, with the id that breaks ties."""

    id: UUID
    view: TimelineView

    @property
    def at(self) -> datetime:
        """When."""
        return self.view.at

    @property
    def kind(self) -> TimelineKind:
        """What."""
        return self.view.kind


@dataclass(frozen=True, slots=True)
class _Source:
    kind: TimelineKind
    entity: str
    table: Table[Any]
    whose: str
    facts: tuple[str, ...] = ()
    at: str = "created_at"


_BOOKED = ("status", "seats", "amount_total")
_SOURCES = (
    _Source(TimelineKind.REGISTERED, "user", USERS, "id"),
    _Source(TimelineKind.SESSION, "session", SESSIONS, "user_id"),
    _Source(TimelineKind.SESSION_ENDED, "session", SESSIONS, "user_id", at="revoked_at"),
    _Source(TimelineKind.PAPER, "paper", KYC_DOCUMENTS, "user_id", ("doc_type", "status")),
    _Source(TimelineKind.PAPER_REVIEWED, "paper", KYC_DOCUMENTS, "user_id", ("doc_type", "status"), at="reviewed_at"),
    _Source(TimelineKind.TRIP, "trip", TRIPS, "driver_id", ("status", "origin_text", "destination_text")),
    _Source(TimelineKind.BOOKING, "booking", BOOKINGS, "passenger_id", _BOOKED),
    _Source(TimelineKind.PAYMENT, "payment", PAYMENTS, "user_id", ("status", "method", "amount")),
    _Source(TimelineKind.REFUND, "refund", REFUNDS, "user_id", ("status", "cause", "amount")),
    _Source(TimelineKind.PAYOUT, "payout", PAYOUTS, "driver_id", ("status", "kind", "amount")),
    _Source(TimelineKind.REPORT, "report", USER_REPORTS, "reporter_id", ("status",)),
    _Source(TimelineKind.REPORT_RECEIVED, "report", USER_REPORTS, "reported_id", ("status",)),
    _Source(TimelineKind.DISPUTE, "dispute", DISPUTES, "opened_by", ("status", "category")),
    _Source(TimelineKind.DISPUTE_RECEIVED, "dispute", DISPUTES, "other_id", ("status", "category")),
    _Source(TimelineKind.NOTE, "note", USER_NOTES, "user_id", ("author_id",)),
)
_NAMES = {"kind": "type", "amount_total": "amount", "origin_text": "origin", "destination_text": "destination"}


def timeline_of(source: Rows, user_id: UUID) -> Iterator[Happened]:
    """Every line about somebody, in no order."""
    for each in _SOURCES:
        for row in source.rows(each.table).values():
            if getattr(row, each.whose) == user_id and _is_shown(row) and getattr(row, each.at) is not None:
                yield _line(each, row)
    received = _Source(TimelineKind.BOOKING_RECEIVED, "booking", BOOKINGS, "", _BOOKED)
    for booking in source.rows(BOOKINGS).values():
        if source.rows(TRIPS)[booking.trip_id].driver_id == user_id:
            yield _line(received, booking)
    for row in source.rows(AUDIT_LOGS).values():
        if row.entity_id == user_id and row.action in DEEDS:
            by = None if row.actor_id is None else str(row.actor_id)
            view = TimelineView(
                at=row.created_at, kind=DEEDS[row.action], entity="user", entity_id=user_id, facts={"by": by}
            )
            yield Happened(row.id, view)


def _is_shown(row: object) -> bool:
    audience = getattr(row, "audience", Audience.ALLOCAR)
    return audience is Audience.ALLOCAR


def _line(source: _Source, row: Any) -> Happened:
    facts = {_NAMES.get(name, name): _plain(getattr(row, name)) for name in source.facts}
    view = TimelineView(
        at=getattr(row, source.at), kind=source.kind, entity=source.entity, entity_id=row.id, facts=facts
    )
    return Happened(row.id, view)


def _plain(value: object) -> str | int:
    return value if isinstance(value, int) else str(value)
