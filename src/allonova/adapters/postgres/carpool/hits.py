"""Trips and hits of a search as JSON, written by the database: twenty as objects cost more than finding them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, ColumnElement, Double, FromClause, Text, cast, func, select

from allonova.adapters.postgres.carpool.selects import DRIVER, TRIP_ROW, VEHICLE_ROW, is_verified
from allonova.adapters.postgres.carpool.tables import TRIP_STOPS
from allonova.adapters.postgres.documents import francs, instant, json_of, kilometres, lat, lon
from allonova.application.carpool.views import EndView, Hit, PlaceView, PublicUser, StopView, TripVehicle, TripView
from allonova.domain.kernel.geo import Point

STOP = TRIP_STOPS.alias("s")
BOARDS, ALIGHTS = TRIP_STOPS.alias("boards"), TRIP_STOPS.alias("alights")


def hit_json(page: CTE) -> ColumnElement[Any]:
    """The hit of each row of a page, as `hit_view` makes it. Needs `with_ends` joined."""
    return cast(
        json_of(
            Hit,
            trip=trip_json(),
            pickup=_end(page.c.origin, BOARDS, TRIP_ROW.c.origin_text, page.c.pickup_m),
            dropoff=_end(page.c.destination, ALIGHTS, TRIP_ROW.c.destination_text, page.c.dropoff_m),
            price_per_seat=francs(page.c.price),
            seats_bookable=page.c.bookable,
            departure_time=instant(page.c.departure_time),
        ),
        Text,
    ).label("hit")


def with_ends(rows: FromClause, page: CTE) -> FromClause:
    """The stops where the ride begins and ends, where it does so at stops."""
    rows = rows.outerjoin(BOARDS, (BOARDS.c.trip_id == page.c.trip_id) & (BOARDS.c.order == page.c.board))
    return rows.outerjoin(ALIGHTS, (ALIGHTS.c.trip_id == page.c.trip_id) & (ALIGHTS.c.order == page.c.alight))


def _end(
    point: ColumnElement[Any], stop: FromClause, otherwise: ColumnElement[str], metres: ColumnElement[Any]
) -> ColumnElement[Any]:
    return json_of(
        EndView,
        point=_point(point),
        label=func.coalesce(stop.c.label, otherwise),
        distance_km=kilometres(metres, 2),
        stop_id=stop.c.id,
    )


def _point(point: ColumnElement[Any]) -> ColumnElement[Any]:
    return json_of(Point, lat=lat(point), lon=lon(point))


def _place(point: ColumnElement[Any], text: ColumnElement[str]) -> ColumnElement[Any]:
    return json_of(PlaceView, lat=lat(point), lon=lon(point), text=text)


def trip_json() -> ColumnElement[Any]:
    """The trip of a row with driver and vehicle, as `trip_view` makes it."""
    trip = TRIP_ROW.c
    return json_of(
        TripView,
        id=trip.id,
        driver=_driver(),
        vehicle=json_of(
            TripVehicle,
            **{
                name: VEHICLE_ROW.c[name]
                for name in ("id", "make", "model", "color", "comfort_level", "year", "verified")
            },
        ),
        origin=_place(trip.origin_point, trip.origin_text),
        destination=_place(trip.destination_point, trip.destination_text),
        stops=_stops(),
        departure_time=instant(trip.departure_time),
        arrival_eta=instant(trip.arrival_eta),
        distance_km=kilometres(trip.distance_m, 1),
        price_per_seat=francs(trip.price_per_seat),
        seats_total=trip.seats_total,
        seats_available=trip.seats_available,
        luggage_policy=trip.luggage_policy,
        rules=trip.rules,
        allow_auto_accept=trip.allow_auto_accept,
        women_only=trip.women_only,
        series_id=trip.series_id,
        status=trip.status,
        version=trip.version,
        created_at=instant(trip.created_at),
        updated_at=instant(trip.updated_at),
    )


def _driver() -> ColumnElement[Any]:
    driver = DRIVER.c
    return json_of(
        PublicUser,
        id=driver.id,
        first_name=driver.first_name,
        last_initial=func.upper(func.left(func.nullif(driver.last_name, ""), 1)),
        photo_url=driver.photo_url,
        rating_avg=cast(driver.rating_avg, Double),
        rating_count=driver.rating_count,
        is_verified=is_verified(DRIVER),
    )


def _stops() -> ColumnElement[Any]:
    stop = STOP.c
    one = json_of(
        StopView,
        id=stop.id,
        order=stop.order,
        point=_point(stop.point),
        label=stop.label,
        pickup_allowed=stop.pickup_allowed,
        dropoff_allowed=stop.dropoff_allowed,
        price_from_origin=francs(stop.price_from_origin),
        eta=instant(stop.eta),
    )
    rows = select(one).where(stop.trip_id == TRIP_ROW.c.id).order_by(stop.order).correlate(TRIP_ROW)
    return func.array_to_json(func.array(rows.scalar_subquery()))
