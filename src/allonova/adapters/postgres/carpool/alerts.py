"""Searches that people keep, and who is to be told of a trip."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Double,
    Integer,
    Select,
    Time,
    Uuid,
    any_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import distinct_on, insert

from allonova.adapters.postgres.carpool.alert_tables import ALERT_MATCHES, ALERTS
from allonova.adapters.postgres.carpool.blocked import is_blocked
from allonova.adapters.postgres.carpool.open_trips import is_confirmed_woman, is_open_to
from allonova.adapters.postgres.carpool.search import BOOKABLE, LEG, metres, within
from allonova.adapters.postgres.carpool.selects import DRIVER, TRIP_ROW
from allonova.adapters.postgres.carpool.tables import TRIP_STOPS
from allonova.adapters.postgres.identity.tables import USERS
from allonova.adapters.postgres.lists import Listing
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.adapters.postgres.store import PostgresStore, Shelf
from allonova.application.carpool.alert_ports import AlertMatch
from allonova.application.carpool.alert_queries import AlertNews, AlertQueries
from allonova.application.carpool.alert_views import AlertView, alert_view
from allonova.application.carpool.ports import Contact
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.carpool.alert import Alert
from allonova.domain.carpool.rules import MAX_RADIUS_KM
from allonova.domain.carpool.trip import TripStatus

ALERT_SHELF = Shelf(RowMapper(Alert, ALERTS), {})
ALERT = ALERTS.alias("a")
READER = USERS.alias("reader")
_NOW = bindparam("now", type_=DateTime(timezone=True))
_TRIP = bindparam("trip_id", type_=Uuid)
# Abidjan keeps UTC all year.
_DAY: ColumnElement[int] = literal_column("extract(isodow FROM l.departure_time AT TIME ZONE 'UTC')::int", Integer)
_MINUTE: ColumnElement[Any] = literal_column("date_trunc('minute', l.departure_time AT TIME ZONE 'UTC')::time", Time())


def _matching(*columns: ColumnElement[Any]) -> Select[Any]:
    """Rides of `trip_id`, each with every kept search that finds it `now` and who keeps it."""
    farthest: ColumnElement[float] = literal_column(str(MAX_RADIUS_KM * 1000), Double)
    wanted = [
        # The radius of each alert is no condition that an index knows: first those within the largest.
        within(ALERT.c.origin_point, LEG.c.origin, farthest),
        within(ALERT.c.destination_point, LEG.c.destination, farthest),
        within(ALERT.c.origin_point, LEG.c.origin, ALERT.c.radius_m),
        within(ALERT.c.destination_point, LEG.c.destination, ALERT.c.radius_m),
        ALERT.c.expires_at > _NOW,
        or_(func.cardinality(ALERT.c.days) == 0, any_(ALERT.c.days) == _DAY),
        or_(ALERT.c.time_from.is_(None), ALERT.c.time_from <= _MINUTE),
        or_(ALERT.c.time_to.is_(None), ALERT.c.time_to >= _MINUTE),
        or_(ALERT.c.price_max.is_(None), ALERT.c.price_max >= LEG.c.price),
        ALERT.c.seats <= BOOKABLE,
        ALERT.c.user_id != TRIP_ROW.c.driver_id,
    ]
    return (
        select(*columns)
        .select_from(LEG)
        .join(TRIP_ROW, TRIP_ROW.c.id == LEG.c.trip_id)
        .join(DRIVER, DRIVER.c.id == TRIP_ROW.c.driver_id)
        .join(ALERT, literal_column("true"))
        .join(READER, READER.c.id == ALERT.c.user_id)
        .where(
            LEG.c.trip_id == _TRIP,
            LEG.c.departure_time >= _NOW,
            TRIP_ROW.c.status == TripStatus.PUBLISHED.value,
            *wanted,
            READER.c.is_active,
            is_open_to(TRIP_ROW, DRIVER, is_confirmed_woman(READER)),
            ~is_blocked(ALERT.c.user_id, TRIP_ROW.c.driver_id),
        )
    )


def _match() -> Select[Any]:
    """One alert of each person who was never told of the trip."""
    was_told = exists().where(ALERT_MATCHES.c.trip_id == _TRIP, ALERT_MATCHES.c.user_id == ALERT.c.user_id)
    return (
        _matching(ALERT.c.user_id, ALERT.c.id, LEG.c.trip_id, _NOW)
        .ext(distinct_on(ALERT.c.user_id))
        .where(~was_told)
        # In one order, so that two units which note the same people never wait for each other in a circle.
        .order_by(ALERT.c.user_id, ALERT.c.created_at, ALERT.c.id)
        .limit(bindparam("most", type_=Integer))
    )


MATCH = compile_once(
    insert(ALERT_MATCHES)
    .from_select(["user_id", "alert_id", "trip_id", "created_at"], _match())
    .on_conflict_do_nothing(index_elements=["trip_id", "user_id"])
    .returning(ALERT_MATCHES.c.user_id, ALERT_MATCHES.c.alert_id)
)


def _label(order: ColumnElement[int], otherwise: ColumnElement[str]) -> ColumnElement[str]:
    """What a waypoint is called: a stop, or an end of the trip."""
    stop = TRIP_STOPS.alias()
    found = select(stop.c.label).where(stop.c.trip_id == LEG.c.trip_id, stop.c.order == order)
    return func.coalesce(found.scalar_subquery(), otherwise)


_DISTANCE = metres(ALERT.c.origin_point, LEG.c.origin) + metres(ALERT.c.destination_point, LEG.c.destination)
_READER = (
    *("id", "phone", "email", "language", "is_phone_verified", "is_email_verified"),
    *("notify_push", "notify_sms", "notify_email"),
)
_NEWS = compile_once(
    _matching(
        _label(LEG.c.board, TRIP_ROW.c.origin_text).label("origin"),
        _label(LEG.c.alight, TRIP_ROW.c.destination_text).label("destination"),
        LEG.c.departure_time,
        LEG.c.price,
        *(READER.c[name] for name in _READER),
    )
    .where(ALERT.c.id == bindparam("alert_id", type_=Uuid))
    .order_by(_DISTANCE, LEG.c.price.desc(), LEG.c.board, LEG.c.alight)
    .limit(1)
)
_MINE = ALERT_SHELF.select(ALERTS.c.user_id == bindparam("user_id"), ALERTS.c.expires_at > _NOW)
_LIVE = Listing(_MINE, {"id": ALERTS.c.id, "created_at": ALERTS.c.created_at})
_read = ALERT_SHELF.mapper.reader()

_COUNT_LIVE = "SELECT count(*) FROM carpool.alerts WHERE user_id = $1::uuid AND expires_at > $2::timestamptz"
_REMOVE = "DELETE FROM carpool.alerts WHERE id = $1::uuid"
_FORGET = "DELETE FROM carpool.alerts WHERE user_id = $1::uuid"
_REMOVE_EXPIRED = """
WITH gone AS (
    DELETE FROM carpool.alerts WHERE id IN (
        SELECT id FROM carpool.alerts WHERE expires_at <= $1::timestamptz ORDER BY expires_at, id LIMIT $2::int
    ) RETURNING id
)
SELECT count(*) FROM gone
"""


class PostgresAlerts(PostgresStore[Alert]):
    """Searches that people keep; what one matched goes with it."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, ALERT_SHELF)

    async def count_live(self, user_id: UUID, *, now: datetime) -> int:
        """How many of somebody's still look."""
        return int(await self._runner.fetchval(_COUNT_LIVE, user_id, now))

    async def remove(self, alert: Alert) -> None:
        """Forget it."""
        await self._runner.execute(_REMOVE, alert.id)

    async def forget(self, user_id: UUID) -> None:
        """All of somebody who is erased."""
        await self._runner.execute(_FORGET, user_id)

    async def remove_expired(self, *, now: datetime, limit: int) -> int:
        """Forget those that look no more, the oldest first; how many there were."""
        return int(await self._runner.fetchval(_REMOVE_EXPIRED, now, limit))

    async def match(self, trip_id: UUID, *, now: datetime, limit: int) -> list[AlertMatch]:
        """Note who is to be told of a trip; waits while another unit notes the same people."""
        rows = await self._runner.fetch(MATCH.sql, *MATCH.args(trip_id=trip_id, now=now, most=limit))
        return [AlertMatch(row["user_id"], row["alert_id"]) for row in rows]


class PostgresAlertQueries:
    """Reads of kept searches."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def alerts(self, user_id: UUID, query: ListQuery, *, now: datetime) -> Page[AlertView]:
        """Somebody's that still look; fields: created_at."""
        rows, total = await _LIVE.rows(self._runner, query, user_id=user_id, now=now)
        return Page([alert_view(_read(row)) for row in rows], total)

    async def news(self, alert_id: UUID, trip_id: UUID, *, now: datetime) -> AlertNews | None:
        """What there is to tell whoever keeps a search of a trip; None when it matches no more."""
        row = await self._runner.fetchrow(_NEWS.sql, *_NEWS.args(alert_id=alert_id, trip_id=trip_id, now=now))
        if row is None:
            return None
        return AlertNews(
            reader=Contact(
                user_id=row["id"],
                phone=row["phone"] if row["is_phone_verified"] else None,
                email=row["email"] if row["is_email_verified"] else None,
                language=row["language"],
                wants_push=row["notify_push"],
                wants_sms=row["notify_sms"],
                wants_email=row["notify_email"],
            ),
            origin=row["origin"],
            destination=row["destination"],
            departure_time=row["departure_time"],
            price=int(row["price"]),
        )


def _conforms(queries: PostgresAlertQueries) -> AlertQueries:
    return queries
