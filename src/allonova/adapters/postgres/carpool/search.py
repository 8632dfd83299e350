"""Search: the nearest ride of each trip that matches, by one index over departure, origin and destination."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    Double,
    Integer,
    Numeric,
    Select,
    Subquery,
    Text,
    Uuid,
    bindparam,
    cast,
    func,
    literal_column,
    null,
    select,
)
from sqlalchemy.dialects.postgresql import distinct_on

from allonova.adapters.postgres.carpool.blocked import is_none_of
from allonova.adapters.postgres.carpool.hits import hit_json, with_ends
from allonova.adapters.postgres.carpool.open_trips import NOBODY, is_open_to, viewer_is_confirmed_woman
from allonova.adapters.postgres.carpool.selects import DRIVER, TRIP_ROW, VEHICLE_ROW
from allonova.adapters.postgres.carpool.tables import TRIP_LEGS
from allonova.adapters.postgres.lists import TOTAL, ordering, paged
from allonova.adapters.postgres.runner import Reader
from allonova.adapters.postgres.schema import GeographyPoint
from allonova.adapters.postgres.statements import Statement, compile_once
from allonova.application.carpool.ports import RIDES_IN_AREA, Found, Search
from allonova.application.carpool.search_order import RANK, ranked
from allonova.application.carpool.views import Hit
from allonova.application.kernel.listing import Sort
from allonova.domain.carpool.trip import TripStatus

LEG = TRIP_LEGS.alias("l")
_START = cast(bindparam("start"), GeographyPoint())
_END = cast(bindparam("end"), GeographyPoint())
_RADIUS = bindparam("radius_m", type_=Double)
# The index leads with the day in UTC, written as it is there.
_DAY: ColumnElement[date] = literal_column("((l.departure_time AT TIME ZONE 'UTC')::date)", Date)
_FIRST_DAY, _LAST_DAY = bindparam("first_day", type_=Date), bindparam("last_day", type_=Date)
# The index knows circles: an area is looked for in the one around it, and then measured itself.
REACH_SLACK = 1e-6  # the circle's radius is rounded
_CENTRE = cast(bindparam("centre"), GeographyPoint())
_REACH = bindparam("reach_m", type_=Double)
_ORIGIN = literal_column("ST_Y(l.origin::geometry)", Double), literal_column("ST_X(l.origin::geometry)", Double)
_DESTINATION = (
    literal_column("ST_Y(l.destination::geometry)", Double),
    literal_column("ST_X(l.destination::geometry)", Double),
)
_UNKNOWN: ColumnElement[float] = cast(null(), Double)

# PostgreSQL's arrays count from 1: stretch i is element i + 1.
BOOKABLE: ColumnElement[int] = literal_column(
    "(SELECT min(t.seats_total - s.held - s.sold)"
    " FROM unnest(t.seats_held[l.board + 1 : l.alight], t.seats_sold[l.board + 1 : l.alight]) AS s (held, sold))",
    Integer,
)

_PRICE: ColumnElement[Any] = literal_column("l.price", Numeric)
_VIEWER = bindparam("viewer_id", type_=Uuid)

# Conditions that a search may leave out, by the field that asks for them.
_OPTIONAL: dict[str, ColumnElement[bool]] = {
    "viewer_id": (TRIP_ROW.c.driver_id != _VIEWER) & is_none_of(TRIP_ROW.c.driver_id, _VIEWER),
    "price_min": bindparam("price_min", type_=Numeric) <= _PRICE,
    "price_max": bindparam("price_max", type_=Numeric) >= _PRICE,
    "comfort": VEHICLE_ROW.c.comfort_level == bindparam("comfort", type_=Text),
    "driver_rating": DRIVER.c.rating_avg >= bindparam("driver_rating", type_=Double),
}
AREA, NO_START, NO_END = "area", "no start", "no end"

type _Shape = tuple[frozenset[str], tuple[Sort, ...]]
"""What a search asks for beside points, time and seats (names of conditions, and which points it leaves out), and in
which order.
"""


async def find_hits(runner: Reader, search: Search) -> Found:
    """The page of hits; the number of all costs a second statement only beyond the last page."""
    optional = [name for name in _OPTIONAL if getattr(search, name) is not None]
    shape = frozenset(optional) | _places(search), ranked(search.sort)
    given: dict[str, object] = {name: getattr(search, name) for name in optional} | _where(search)
    given |= {"earliest": search.earliest, "latest": search.latest, "seats": search.seats}
    given |= {"first_day": search.earliest.date(), "last_day": (search.latest - timedelta.resolution).date()}
    offset = (search.page - 1) * search.page_size
    page = page_statement(shape)
    rows = await runner.fetch(page.sql, *page.args(**given, page_limit=search.page_size, page_offset=offset))
    if rows or offset == 0:
        return Found(tuple(row["hit"].encode() for row in rows), rows[0][TOTAL] if rows else 0)
    count = _count_statement(shape)
    return Found((), await runner.fetchval(count.sql, *count.args(**given)))


@cache
def _hits() -> TypeAdapter[Hit]:
    return TypeAdapter(Hit)


def read_hit(hit: bytes) -> Hit:
    """A hit as an object again."""
    return _hits().validate_json(hit)


def _places(search: Search) -> frozenset[str]:
    is_asked = {AREA: search.area is not None, NO_START: search.start is None, NO_END: search.end is None}
    return frozenset(name for name, asked in is_asked.items() if asked)


def _where(search: Search) -> dict[str, object]:
    """The parameters that say where."""
    ends = {"start": search.start, "end": search.end}
    given: dict[str, object] = {name: point for name, point in ends.items() if point is not None}
    if given:
        given["radius_m"] = search.radius_m
    area = search.area
    if area is not None:
        low, high = area.south_west, area.north_east
        given |= {"south": low.lat, "west": low.lon, "north": high.lat, "east": high.lon}
        if None in ends.values():
            given |= {"centre": area.centre, "reach_m": area.reach_m * (1 + REACH_SLACK)}
    return given


@lru_cache(maxsize=512)
def page_statement(shape: _Shape) -> Statement:
    """The statement of a search that asks for these conditions and this order."""
    wanted, sort = shape
    best = _nearest_of_each(_candidates(wanted), wanted)
    page = paged(select(best), _order(best, sort)).cte("page")
    rows = (
        page.join(TRIP_ROW, TRIP_ROW.c.id == page.c.trip_id)
        .join(DRIVER, DRIVER.c.id == TRIP_ROW.c.driver_id)
        .join(VEHICLE_ROW, VEHICLE_ROW.c.id == TRIP_ROW.c.vehicle_id)
    )
    found = select(hit_json(page), page.c[TOTAL]).select_from(with_ends(rows, page))
    return compile_once(found.order_by(*_order(page, sort)))


@lru_cache(maxsize=512)
def _count_statement(shape: _Shape) -> Statement:
    candidates = _candidates(shape[0])
    return compile_once(select(func.count(candidates.c.trip_id.distinct())))


def _candidates(wanted: frozenset[str]) -> CTE:
    """Every ride that matches."""
    legs = _rides(wanted).subquery("l") if AREA in wanted else LEG
    near: Select[Any] = (
        select(
            legs.c.trip_id,
            legs.c.board,
            legs.c.alight,
            legs.c.departure_time,
            legs.c.origin,
            legs.c.destination,
            legs.c.price,
            DRIVER.c.rating_avg.label("rating"),
            func.coalesce(DRIVER.c.demoted_until > legs.c.departure_time, literal_column("false")).label(RANK),
            BOOKABLE.label("bookable"),
            (_UNKNOWN if NO_START in wanted else metres(legs.c.origin, _START)).label("pickup_m"),
            (_UNKNOWN if NO_END in wanted else metres(legs.c.destination, _END)).label("dropoff_m"),
        )
        .select_from(legs)
        .join(TRIP_ROW, TRIP_ROW.c.id == legs.c.trip_id)
        .join(DRIVER, DRIVER.c.id == TRIP_ROW.c.driver_id)
        .join(VEHICLE_ROW, VEHICLE_ROW.c.id == TRIP_ROW.c.vehicle_id)
        .where(
            *([] if AREA in wanted else _places_and_times(wanted)),
            TRIP_ROW.c.status == TripStatus.PUBLISHED.value,
            is_open_to(TRIP_ROW, DRIVER, viewer_is_confirmed_woman(_VIEWER) if "viewer_id" in wanted else NOBODY),
            bindparam("seats", type_=Integer) <= BOOKABLE,
            *(_OPTIONAL[name] for name in sorted(wanted & _OPTIONAL.keys())),
        )
    )
    # Kept apart, so that each distance is worked out once.
    return near.cte("near").prefix_with("MATERIALIZED")


def _rides(wanted: frozenset[str]) -> Select[Any]:
    """The next rides within an area, which may be a country and hold any number: the index brings them in their order,
    and stops at the limit.
    """
    soonest = _DAY.op("<->")(_FIRST_DAY), LEG.c.departure_time
    inside = [_inside(*_ORIGIN), _inside(*_DESTINATION)]
    return select(LEG).where(*_places_and_times(wanted), *inside).order_by(*soonest).limit(RIDES_IN_AREA)


def _places_and_times(wanted: frozenset[str]) -> list[ColumnElement[bool]]:
    """What the index answers."""
    return [
        _DAY >= _FIRST_DAY,
        _DAY <= _LAST_DAY,
        LEG.c.departure_time >= bindparam("earliest"),
        LEG.c.departure_time < bindparam("latest"),
        within(LEG.c.origin, *((_CENTRE, _REACH) if NO_START in wanted else (_START, _RADIUS))),
        within(LEG.c.destination, *((_CENTRE, _REACH) if NO_END in wanted else (_END, _RADIUS))),
    ]


def _nearest_of_each(near: CTE, wanted: frozenset[str]) -> Subquery:
    """Prices rise along the way: of two rides that are equally near, the dearer one leads through the other."""
    known = [near.c.pickup_m] * (NO_START not in wanted) + [near.c.dropoff_m] * (NO_END not in wanted)
    distance = sum(known[1:], known[0]) if known else _UNKNOWN
    return (
        select(near, distance.label("distance"))
        .ext(distinct_on(near.c.trip_id))
        .order_by(near.c.trip_id, *([distance] * bool(known)), near.c.price.desc(), near.c.board, near.c.alight)
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
            RANK: columns[RANK],
        },
    )


def metres(here: ColumnElement[Any], there: ColumnElement[Any]) -> ColumnElement[float]:
    """Metres on the sphere, as the domain measures them."""
    return func.ST_Distance(here, there, literal_column("false"), type_=Double)


def within(here: ColumnElement[Any], there: ColumnElement[Any], radius_m: ColumnElement[float]) -> ColumnElement[bool]:
    return func.ST_DWithin(here, there, radius_m, literal_column("false"))


def _inside(lat: ColumnElement[float], lon: ColumnElement[float]) -> ColumnElement[bool]:
    return lat.between(_degrees("south"), _degrees("north")) & lon.between(_degrees("west"), _degrees("east"))


def _degrees(name: str) -> ColumnElement[float]:
    return bindparam(name, type_=Double)
