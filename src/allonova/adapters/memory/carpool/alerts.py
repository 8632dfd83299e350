"""Searches that people keep, in memory: the definition that PostgreSQL's statement must agree with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from allonova.adapters.memory.carpool.people import is_blocked
from allonova.adapters.memory.carpool.tables import TRIPS
from allonova.adapters.memory.identity import USERS
from allonova.adapters.memory.listing import listed
from allonova.adapters.memory.rules import Check, Foreign, Table, Unique
from allonova.adapters.memory.store import MemoryStore, Rows, Transaction
from allonova.application.carpool.alert_ports import AlertMatch
from allonova.application.carpool.alert_queries import AlertNews, AlertQueries
from allonova.application.carpool.alert_views import AlertView, alert_view
from allonova.application.carpool.ports import Contact
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.carpool.alert import Alert
from allonova.domain.carpool.rules import MAX_RADIUS_KM
from allonova.domain.carpool.trip import Leg, Trip, TripStatus
from allonova.domain.carpool.women_only import is_open_to

WEEK = frozenset(range(1, 8))


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchRow:
    """Somebody was told of a trip. Its key is what is unique: nobody names its id."""

    user_id: UUID
    alert_id: UUID
    trip_id: UUID
    created_at: datetime


ALERTS = Table(
    name="alerts",
    row=Alert,
    foreigns=(Foreign("user_id", "users"),),
    money=("price_max",),
    checks=(
        Check("radius", lambda alert: 1 <= alert.radius_m <= MAX_RADIUS_KM * 1000),
        Check("days", lambda alert: WEEK.issuperset(alert.days)),
        Check("times", lambda alert: not (alert.time_from and alert.time_to and alert.time_to < alert.time_from)),
        Check("seats", lambda alert: alert.seats > 0),
    ),
)
ALERT_MATCHES = Table(
    name="alert_matches",
    row=MatchRow,
    key=attrgetter("trip_id", "user_id"),
    uniques=(Unique("uq_alert_matches_trip_id_user_id", ("trip_id", "user_id")),),
    foreigns=(Foreign("user_id", "users"), Foreign("alert_id", "alerts"), Foreign("trip_id", "trips")),
)
FIELDS: Mapping[str, Callable[[Alert], Any]] = {name: attrgetter(name) for name in ("id", "created_at")}


def _rides(source: Rows, alert: Alert, trip: Trip, now: datetime) -> list[Leg]:
    """The rides of a trip that an alert wants, the one that stands for the trip first."""
    users = source.rows(USERS)
    reader = users[alert.user_id]
    is_asked = (
        trip.status is TripStatus.PUBLISHED
        and trip.driver_id != alert.user_id
        and reader.is_active
        and is_open_to(trip, users[trip.driver_id], reader)
        and not is_blocked(source, alert.user_id, trip.driver_id)
    )
    legs = trip.legs() if is_asked else ()
    return sorted(
        (leg for leg in legs if alert.wants(leg, bookable=trip.bookable(leg.ride), at=now)), key=alert.nearness
    )


class MemoryAlerts(MemoryStore[Alert]):
    """Searches that people keep."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, ALERTS)

    async def count_live(self, user_id: UUID, *, now: datetime) -> int:
        """See AlertStore."""
        return sum(alert.user_id == user_id and alert.is_live(now) for alert in self._rows().values())

    async def remove(self, alert: Alert) -> None:
        """See AlertStore."""
        self._remove([alert])

    async def forget(self, user_id: UUID) -> None:
        """See AlertStore."""
        self._remove([alert for alert in self._rows().values() if alert.user_id == user_id])

    async def remove_expired(self, *, now: datetime, limit: int) -> int:
        """See AlertStore."""
        over = sorted((alert for alert in self._rows().values() if not alert.is_live(now)), key=_by_end)[:limit]
        self._remove(over)
        return len(over)

    async def match(self, trip_id: UUID, *, now: datetime, limit: int) -> list[AlertMatch]:
        """See AlertStore."""
        transaction = self._transaction
        trip = transaction.rows(TRIPS).get(trip_id)
        told = {row.user_id for row in transaction.rows(ALERT_MATCHES).values() if row.trip_id == trip_id}
        fresh: dict[UUID, Alert] = {}
        for alert in sorted(self._rows().values(), key=attrgetter("user_id", "created_at", "id")):
            if trip is not None and alert.user_id not in told and _rides(transaction, alert, trip, now):
                fresh.setdefault(alert.user_id, alert)
        found = list(fresh.values())[:limit]
        for alert in found:
            row = MatchRow(user_id=alert.user_id, alert_id=alert.id, trip_id=trip_id, created_at=now)
            transaction.insert(ALERT_MATCHES, row)
        return [AlertMatch(alert.user_id, alert.id) for alert in found]

    def _remove(self, alerts: Iterable[Alert]) -> None:
        """With what they matched, as the foreign key says."""
        gone = {alert.id for alert in alerts}
        for key, row in list(self._transaction.rows(ALERT_MATCHES).items()):
            if row.alert_id in gone:
                self._transaction.remove(ALERT_MATCHES, key)
        for id in gone:
            self._transaction.remove(ALERTS, id)


def _by_end(alert: Alert) -> tuple[datetime, UUID]:
    return alert.expires_at, alert.id


def forget_trip(transaction: Transaction, trip_id: UUID) -> None:
    """Nobody was told of a trip that never was, as the foreign key says."""
    for key, row in list(transaction.rows(ALERT_MATCHES).items()):
        if row.trip_id == trip_id:
            transaction.remove(ALERT_MATCHES, key)


class MemoryAlertQueries:
    """Reads of kept searches."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def alerts(self, user_id: UUID, query: ListQuery, *, now: datetime) -> Page[AlertView]:
        """See AlertQueries."""
        live = [a for a in self._source.rows(ALERTS).values() if a.user_id == user_id and a.is_live(now)]
        return listed(live, query, fields=FIELDS, show=alert_view)

    async def news(self, alert_id: UUID, trip_id: UUID, *, now: datetime) -> AlertNews | None:
        """See AlertQueries."""
        alert, trip = self._source.rows(ALERTS).get(alert_id), self._source.rows(TRIPS).get(trip_id)
        rides = _rides(self._source, alert, trip, now) if alert and trip else []
        if alert is None or not rides:
            return None
        return AlertNews(
            reader=Contact.of(self._source.rows(USERS)[alert.user_id]),
            origin=rides[0].pickup.label,
            destination=rides[0].dropoff.label,
            departure_time=rides[0].pickup.at,
            price=rides[0].price,
        )


def _conforms(queries: MemoryAlertQueries) -> AlertQueries:
    return queries
