"""Search: the nearest ride of each trip that matches, by one index over departure, origin and destination."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Double,
    Integer,
    Numeric,
    Select,
    Subquery,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import distinct_on

from allonova.adapters.postgres.carpool.selects import (
    DRIVER,
    TRIP_ROW,
    VEHICLE_ROW,
    read_driver,
    read_trip,
    read_vehicle,
    trip_columns,
)
from allonova.adapters.postgres.carpool.tables import TRIP_LEGS
from allonova.adapters.postgres.lists import TOTAL, ordering, paged
from allonova.adapters.postgres.runner import Row, Runner
from allonova.adapters.postgres.schema import GeographyPoint
from allonova.adapters.postgres.statements import Statement, compile_once
from allonova.application.carpool.ports import Search
from allonova.application.carpool.views import Hit, hit_view, leg_of, trip_view
from allonova.application.kernel.listing import Page, Sort
from allonova.domain.carpool.seats import Ride
from allonova.domain.carpool.trip import TripStatus

LEG = TRIP_LEGS.alias("l")
_START = cast(bindparam("start"), GeographyPoint())
_END = cast(bindparam("end"), GeographyPoint())
_RADIUS = bindparam("radius_m", type_=Double)

# PostgreSQL's arrays count from 1: stretch i is element i + 1.
_BOOKABLE: ColumnElement[int] = literal_column(
    "(SELECT min(t.seats_total - s.held - s.sold)"
    " FROM unnest(t.seats_held[l.board + 1 : l.alight], t.seats_sold[l.board + 1 : l.alight]) AS s (held, sold))",
    Integer,
)

# Conditions that a search may leave out, by the field that asks for them.
_OPTIONAL: dict[str, ColumnElement[bool]] = {
    "viewer_id": TRIP_ROW.c.driver_id != bindparam("viewer_id"),
    "price_min": LEG.c.price >= bindparam("price_min", type_=Numeric),
    "price_max": LEG.c.price <= bindparam("price_max", type_=Numeric),
    "comfort": VEHICLE_ROW.c.comfort_level == bindparam("comfort", type_=Text),
    "driver_rating": DRIVER.c.rating_avg >= bindparam("driver_rating", type_=Double),
}

type _Shape = tuple[frozenset[str], tuple[Sort, ...]]


async def find_hits(runner: Runner, search: Search) -> Page[Hit]:
    """The page of hits; the number of all costs a second statement only beyond the last page."""
    wanted = frozenset(name for name in _OPTIONAL if getattr(search, name) is not None)
    shape = wanted, search.sort or (Sort("departure_time"),)
    given: dict[str, object] = {name: getattr(search, name) for name in wanted} | {
        "start": search.start,
        "end": search.end,
        "earliest": search.earliest,
        "latest": search.latest,
        "radius_m": search.radius_m,
        "seats": search.seats,
    }
    offset = (search.page - 1) * search.page_size
    page = page_statement(shape)
    rows = await runner.fetch(page.sql, *page.args(**given, page_limit=search.page_size, page_offset=offset))
    if rows or offset == 0:
        return Page([_hit(row) for row in rows], rows[0][TOTAL] if rows else 0)
    count = _count_statement(shape)
    return Page([], await runner.fetchval(count.sql, *count.args(**given)))


@lru_cache(maxsize=512)
def page_statement(shape: _Shape) -> Statement:
    """The statement of a search that asks for these conditions and this order."""
    wanted, sort = shape
    best = _nearest_of_each(_candidates(wanted))
    page = paged(select(best), _order(best, sort)).cte("page")
    found = (
        select(
            *(page.c[name] for name in ("board", "alight", "bookable", "pickup_m", "dropoff_m", TOTAL)),
            *trip_columns(),
        )
        .select_from(page)
        .join(TRIP_ROW, TRIP_ROW.c.id == page.c.trip_id)
        .join(DRIVER, DRIVER.c.id == TRIP_ROW.c.driver_id)
        .join(VEHICLE_ROW, VEHICLE_ROW.c.id == TRIP_ROW.c.vehicle_id)
    )
    return compile_once(found.order_by(*_order(page, sort)))


@lru_cache(maxsize=512)
def _count_statement(shape: _Shape) -> Statement:
    candidates = _candidates(shape[0])
    return compile_once(select(func.count(candidates.c.trip_id.distinct())))


def _candidates(wanted: frozenset[str]) -> CTE:
    """Every ride that matches."""
    near: Select[Any] = (
        select(
            LEG.c.trip_id,
            LEG.c.board,
            LEG.c.alight,
            LEG.c.departure_time,
            LEG.c.price,
            DRIVER.c.rating_avg.label("rating"),
            _BOOKABLE.label("bookable"),
            _distance(LEG.c.origin, _START).label("pickup_m"),
            _distance(LEG.c.destination, _END).label("dropoff_m"),
        )
        .select_from(LEG)
        .join(TRIP_ROW, TRIP_ROW.c.id == LEG.c.trip_id)
        .join(DRIVER, DRIVER.c.id == TRIP_ROW.c.driver_id)
        .join(VEHICLE_ROW, VEHICLE_ROW.c.id == TRIP_ROW.c.vehicle_id)
        .where(
            LEG.c.departure_time >= bindparam("earliest"),
            LEG.c.departure_time < bindparam("latest"),
            _within(LEG.c.origin, _START),
            _within(LEG.c.destination, _END),
            TRIP_ROW.c.status == TripStatus.PUBLISHED.value,
            bindparam("seats", type_=Integer) <= _BOOKABLE,
            *(_OPTIONAL[name] for name in sorted(wanted)),
        )
    )
    # Kept apart, so that each distance is worked out once.
    return near.cte("near").prefix_with("MATERIALIZED")


def _nearest_of_each(near: CTE) -> Subquery:
    distance = near.c.pickup_m + near.c.dropoff_m
    return (
        select(near, distance.label("distance"))
        .ext(distinct_on(near.c.trip_id))
        .order_by(near.c.trip_id, distance, near.c.board, near.c.alight)
        .subquery("best")
    )


def _order(hits: Subquery | CTE, sort: Sequence[Sort]) -> list[ColumnElement[Any]]:
    columns = hits.c
    return ordering(
        sort,
        {
            "id": columns.trip_id,
            "departure_time": columns.departure_time,
            "price": columns.price,
            "distance": columns.distance,
            "rating": columns.rating,
        },
    )


def _distance(here: ColumnElement[Any], there: ColumnElement[Any]) -> ColumnElement[float]:
    """Metres on the sphere, as the domain measures them."""
    return func.ST_Distance(here, there, literal_column("false"), type_=Double)


def _within(here: ColumnElement[Any], there: ColumnElement[Any]) -> ColumnElement[bool]:
    return func.ST_DWithin(here, there, _RADIUS, literal_column("false"))


def _hit(row: Row) -> Hit:
    trip = read_trip(row)
    return hit_view(
        trip_view(trip, read_driver(row), read_vehicle(row)),
        leg_of(trip, Ride(row["board"], row["alight"])),
        bookable=row["bookable"],
        pickup_m=row["pickup_m"],
        dropoff_m=row["dropoff_m"],
    )
