"""The joined reads of carpooling: one SELECT brings all the entities that a view is made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Label, Select, Text, Uuid, any_, bindparam, exists, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from allonova.adapters.postgres.carpool.blocked import is_blocked
from allonova.adapters.postgres.carpool.open_trips import is_open_to, viewer_is_confirmed_woman
from allonova.adapters.postgres.carpool.rows import (
    BOOKING,
    TRIP,
    VEHICLE,
    changes_of,
    read_changes,
    stops_of,
    trip_reader,
)
from allonova.adapters.postgres.carpool.tables import BOOKINGS, TRIPS, VEHICLES
from allonova.adapters.postgres.identity.stores import USER_SHELF
from allonova.adapters.postgres.identity.tables import USERS
from allonova.adapters.postgres.kyc.tables import KYC_DOCUMENTS
from allonova.adapters.postgres.runner import Row
from allonova.application.carpool.views import BookingView, Person, TripView, booking_view, trip_view
from allonova.domain.carpool.booking import LIVE
from allonova.domain.carpool.trip import TripStatus
from allonova.domain.kyc.document import IDENTITY_PAPERS, KycStatus

BOOKING_ROW = BOOKINGS.alias("b")
TRIP_ROW = TRIPS.alias("t")
VEHICLE_ROW = VEHICLES.alias("v")
DRIVER = USERS.alias("driver")
PASSENGER = USERS.alias("passenger")

_USER = USER_SHELF.mapper
_VERIFIED = "is_verified"


def is_verified(users: FromClause) -> ColumnElement[bool]:
    """Whether an identity paper of each user is approved."""
    papers = KYC_DOCUMENTS.alias()
    kinds = literal(sorted(kind.value for kind in IDENTITY_PAPERS), ARRAY(Text))
    return exists().where(
        papers.c.user_id == users.c.id,
        papers.c.status == KycStatus.APPROVED.value,
        papers.c.doc_type == any_(kinds),
    )


def person_columns(prefix: str, users: FromClause) -> list[Label[Any]]:
    """A user and whether he is verified."""
    return [*_USER.columns(prefix, users), is_verified(users).label(prefix + _VERIFIED)]


def person_reader(prefix: str) -> Callable[[Row], Person]:
    """Reads what `person_columns` brought."""
    read = _USER.reader(prefix)
    return lambda row: Person(read(row), row[prefix + _VERIFIED])


read_booking = BOOKING.reader("b_")
read_trip = trip_reader("t_")
read_vehicle = VEHICLE.reader("v_")
read_driver = person_reader("d_")
read_passenger = person_reader("p_")


def trip_columns() -> list[Label[Any]]:
    """All that a trip's view is made of."""
    return [
        *TRIP.columns("t_", TRIP_ROW),
        stops_of(TRIP_ROW),
        *person_columns("d_", DRIVER),
        *VEHICLE.columns("v_", VEHICLE_ROW),
    ]


def show_trip(row: Row) -> TripView:
    """The view of a row with `trip_columns`."""
    return trip_view(read_trip(row), read_driver(row), read_vehicle(row))


def trips() -> Select[Any]:
    """Trips with driver and vehicle."""
    return (
        select(*trip_columns())
        .select_from(TRIP_ROW)
        .join(DRIVER, DRIVER.c.id == TRIP_ROW.c.driver_id)
        .join(VEHICLE_ROW, VEHICLE_ROW.c.id == TRIP_ROW.c.vehicle_id)
    )


def visible_trip() -> Select[Any]:
    """`trip_id`, unless it is the draft of somebody else than `viewer_id`; or is not open to him, or one of the two
    blocks the other, and they do not ride together.
    """
    viewer, mine = bindparam("viewer_id", type_=Uuid), BOOKINGS.alias("mine")
    is_own = TRIP_ROW.c.driver_id == viewer
    is_shown = (TRIP_ROW.c.status != TripStatus.DRAFT.value) | is_own
    rides_along = exists().where(
        mine.c.trip_id == TRIP_ROW.c.id,
        mine.c.passenger_id == viewer,
        mine.c.status == any_(literal(sorted(LIVE), ARRAY(Text))),
    )
    is_met = ~is_blocked(TRIP_ROW.c.driver_id, viewer)
    is_open = is_own | rides_along | (is_met & is_open_to(TRIP_ROW, DRIVER, viewer_is_confirmed_woman(viewer)))
    return trips().where(TRIP_ROW.c.id == bindparam("trip_id"), is_shown, is_open)


def bookings() -> Select[Any]:
    """Bookings with history, trip and both sides."""
    return (
        select(
            *BOOKING.columns("b_", BOOKING_ROW),
            changes_of(BOOKING_ROW),
            *TRIP.columns("t_", TRIP_ROW),
            stops_of(TRIP_ROW),
            *person_columns("d_", DRIVER),
            *person_columns("p_", PASSENGER),
        )
        .select_from(BOOKING_ROW)
        .join(TRIP_ROW, TRIP_ROW.c.id == BOOKING_ROW.c.trip_id)
        .join(DRIVER, DRIVER.c.id == TRIP_ROW.c.driver_id)
        .join(PASSENGER, PASSENGER.c.id == BOOKING_ROW.c.passenger_id)
    )


def show_booking(row: Row, viewer_id: UUID) -> BookingView:
    """The view of a row of `bookings`, for one of its sides."""
    return booking_view(
        read_booking(row), read_trip(row), read_driver(row), read_passenger(row), read_changes(row), viewer_id
    )
