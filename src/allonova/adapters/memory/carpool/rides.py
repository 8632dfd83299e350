"""Where drivers were, what that says of rides, and links by which rides are followed, in memory."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from allonova.adapters.memory.carpool.tables import BOOKINGS, TRIPS, VEHICLES
from allonova.adapters.memory.identity import USERS
from allonova.adapters.memory.rules import Check, Foreign, Table, Unique
from allonova.adapters.memory.store import MemoryStore, Rows, Transaction, stored
from allonova.application.carpool.ride_ports import LocationStore, ProofStore, RideLinkStore
from allonova.application.carpool.ride_queries import (
    Approach,
    Followed,
    LinkedRide,
    RideFacts,
    RideNews,
    RideQueries,
    Rider,
)
from allonova.application.carpool.ride_views import (
    OwnLink,
    OwnLocation,
    OwnProof,
    followed_ride,
    own_link,
    own_location,
    own_proof,
)
from allonova.domain.carpool.booking import Booking, BookingStatus
from allonova.domain.carpool.location import DriverLocation, Fix, Window
from allonova.domain.carpool.ride_link import RideLink
from allonova.domain.carpool.ride_proof import RideProof
from allonova.domain.carpool.trip import Trip, TripStatus
from allonova.domain.kernel.geo import Point

DRIVER_LOCATIONS = Table(
    name="driver_locations",
    row=DriverLocation,
    uniques=(Unique("uq_driver_locations_trip_id_created_at", ("trip_id", "created_at")),),
    foreigns=(Foreign("trip_id", "trips"), Foreign("driver_id", "users")),
    checks=(
        Check("heading", lambda seen: seen.heading is None or 0 <= seen.heading <= 360),
        Check("speed", lambda seen: seen.speed is None or seen.speed >= 0),
    ),
)
RIDE_PROOFS = Table(
    name="ride_proofs",
    row=RideProof,
    uniques=(Unique("uq_ride_proofs_booking_id", ("booking_id",)),),
    foreigns=(Foreign("booking_id", "bookings"),),
    checks=(Check("fixes", lambda proof: proof.fixes > 0),),
)
RIDE_LINKS = Table(
    name="ride_links",
    row=RideLink,
    uniques=(
        Unique("uq_ride_links_token_hash", ("token_hash",)),
        Unique("uq_ride_links_live", ("booking_id",), where=lambda link: link.revoked_at is None),
    ),
    foreigns=(Foreign("booking_id", "bookings"),),
)


def forget_way(transaction: Transaction, trip_id: UUID) -> None:
    """Positions go with their trip."""
    for location in _of_trip(transaction, trip_id):
        transaction.remove(DRIVER_LOCATIONS, location.id)


def _of_trip(source: Rows, trip_id: UUID) -> list[DriverLocation]:
    """The oldest first."""
    found = [row for row in source.rows(DRIVER_LOCATIONS).values() if row.trip_id == trip_id]
    return sorted(found, key=attrgetter("created_at"))


class MemoryLocations:
    """Where drivers were."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def keep(self, locations: Sequence[DriverLocation]) -> None:
        """See LocationStore."""
        known = {(row.trip_id, row.created_at) for row in self._rows()}
        for location in locations:
            key = (location.trip_id, location.created_at)
            if location.trip_id in self._transaction.rows(TRIPS) and key not in known:
                known.add(key)
                self._transaction.insert(DRIVER_LOCATIONS, location)

    async def of_trip(self, trip_id: UUID) -> list[DriverLocation]:
        """See LocationStore."""
        return _of_trip(self._transaction, trip_id)

    async def was_near(self, trip_id: UUID, point: Point, *, radius_m: int, window: Window) -> bool:
        """See LocationStore."""
        return any(
            window.since <= row.created_at <= window.until and row.point.distance_m(point) <= radius_m
            for row in _of_trip(self._transaction, trip_id)
        )

    async def forget(self, trip_id: UUID, *, before: datetime) -> int:
        """See LocationStore."""
        old = [row for row in _of_trip(self._transaction, trip_id) if row.created_at < before]
        for row in old:
            self._transaction.remove(DRIVER_LOCATIONS, row.id)
        return len(old)

    async def trips_of(self, driver_id: UUID) -> list[UUID]:
        """See LocationStore."""
        return sorted({row.trip_id for row in self._rows() if row.driver_id == driver_id})

    async def forget_driver(self, driver_id: UUID) -> None:
        """See LocationStore."""
        for row in self._rows():
            if row.driver_id == driver_id:
                self._transaction.remove(DRIVER_LOCATIONS, row.id)

    def _rows(self) -> list[DriverLocation]:
        return list(self._transaction.rows(DRIVER_LOCATIONS).values())


class MemoryProofs:
    """What positions said."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def put(self, proof: RideProof) -> None:
        """See ProofStore."""
        if _proof_of(self._transaction, proof.booking_id) is None:
            self._transaction.insert(RIDE_PROOFS, proof)


def _proof_of(source: Rows, booking_id: UUID) -> RideProof | None:
    return next((row for row in source.rows(RIDE_PROOFS).values() if row.booking_id == booking_id), None)


class MemoryRideLinks(MemoryStore[RideLink]):
    """Links by which rides are followed."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, RIDE_LINKS)

    async def has_any(self, booking_id: UUID) -> bool:
        """See RideLinkStore."""
        return any(link.booking_id == booking_id for link in self._rows().values())

    async def forget(self, *, before: datetime) -> int:
        """See RideLinkStore."""
        old = [link.id for link in self._rows().values() if link.expires_at < before]
        for id in old:
            self._transaction.remove(RIDE_LINKS, id)
        return len(old)


class MemoryRideQueries:
    """Reads of rides that are followed."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def approach(self, trip_id: UUID, *, viewer_id: UUID) -> Approach | None:
        """See RideQueries."""
        trip = self._source.rows(TRIPS).get(trip_id)
        if trip is None or trip.status is TripStatus.DRAFT:
            return None
        paid = [b.id for b in self._paid(trip_id) if b.passenger_id == viewer_id]
        return Approach(
            trip_id=trip.id,
            driver_id=trip.driver_id,
            status=trip.status,
            departure_time=trip.departure_time,
            arrival_eta=trip.arrival_eta,
            booking_id=next(iter(paid), None),
            seen=self._seen(trip_id),
        )

    async def followed(self, trip_ids: Sequence[UUID], *, now: datetime) -> list[Followed]:
        """See RideQueries."""
        trips = self._source.rows(TRIPS)
        return [
            Followed(
                trip_id=trip_id,
                status=trips[trip_id].status,
                riders=tuple(self._rider(trips[trip_id], booking, now) for booking in self._paid(trip_id)),
            )
            for trip_id in sorted(set(trip_ids))
            if trip_id in trips
        ]

    async def linked(self, token_hash: str, *, now: datetime) -> LinkedRide | None:
        """See RideQueries."""
        links = self._source.rows(RIDE_LINKS).values()
        link = next((row for row in links if hmac.compare_digest(row.token_hash, token_hash)), None)
        if link is None or link.revoked_at is not None or now >= link.expires_at:
            return None
        booking = self._source.rows(BOOKINGS)[link.booking_id]
        if booking.status is not BookingStatus.PAID:
            return None
        trip, users = self._source.rows(TRIPS)[booking.trip_id], self._source.rows(USERS)
        vehicle = self._source.rows(VEHICLES)[trip.vehicle_id]
        return LinkedRide(
            link_id=link.id,
            trip_id=trip.id,
            booking_id=booking.id,
            ride=followed_ride(
                link, booking, trip, vehicle, driver=users[trip.driver_id], passenger=users[booking.passenger_id]
            ),
            seen=self._seen(trip.id),
        )

    async def news(self, booking_id: UUID, *, now: datetime) -> RideNews | None:
        """See RideQueries."""
        booking = self._source.rows(BOOKINGS).get(booking_id)
        if booking is None:
            return None
        trip = self._source.rows(TRIPS)[booking.trip_id]
        return RideNews(booking=stored(booking), trip=stored(trip), link_id=self._link_id(booking_id, now))

    async def facts(self, booking_id: UUID, *, viewer_id: UUID | None) -> RideFacts | None:
        """See RideQueries."""
        booking = self._source.rows(BOOKINGS).get(booking_id)
        if booking is None:
            return None
        trip = self._source.rows(TRIPS)[booking.trip_id]
        if viewer_id not in (None, booking.passenger_id, trip.driver_id):
            return None
        proof = _proof_of(self._source, booking_id)
        locations = () if proof is not None else tuple(_of_trip(self._source, trip.id))
        return RideFacts(booking=stored(booking), trip=stored(trip), proof=proof, locations=locations)

    async def forgettable(self, *, before: datetime, limit: int) -> list[UUID]:
        """See RideQueries."""
        rows = self._source.rows(DRIVER_LOCATIONS).values()
        return sorted({row.trip_id for row in rows if row.created_at < before})[:limit]

    async def locations(self, driver_id: UUID) -> list[OwnLocation]:
        """See RideQueries."""
        mine = [row for row in self._source.rows(DRIVER_LOCATIONS).values() if row.driver_id == driver_id]
        return [own_location(row) for row in sorted(mine, key=attrgetter("created_at", "id"))]

    async def links(self, passenger_id: UUID) -> list[OwnLink]:
        """See RideQueries."""
        bookings, links = self._source.rows(BOOKINGS), self._source.rows(RIDE_LINKS).values()
        mine = [link for link in links if bookings[link.booking_id].passenger_id == passenger_id]
        return [own_link(link) for link in sorted(mine, key=attrgetter("created_at", "id"))]

    async def proofs(self, user_id: UUID) -> list[OwnProof]:
        """See RideQueries."""
        bookings, trips = self._source.rows(BOOKINGS), self._source.rows(TRIPS)

        def is_his(proof: RideProof) -> bool:
            booking = bookings[proof.booking_id]
            return user_id in (booking.passenger_id, trips[booking.trip_id].driver_id)

        mine = filter(is_his, self._source.rows(RIDE_PROOFS).values())
        return [own_proof(proof) for proof in sorted(mine, key=attrgetter("created_at", "id"))]

    def _paid(self, trip_id: UUID) -> list[Booking]:
        rows = self._source.rows(BOOKINGS).values()
        paid = [b for b in rows if b.trip_id == trip_id and b.status is BookingStatus.PAID]
        return sorted(paid, key=attrgetter("created_at", "id"))

    def _rider(self, trip: Trip, booking: Booking, now: datetime) -> Rider:
        waypoints = trip.waypoints()
        return Rider(
            booking_id=booking.id,
            is_aboard=booking.started_at is not None,
            pickup=waypoints[booking.board].point,
            dropoff=waypoints[booking.alight].point,
            link_id=self._link_id(booking.id, now),
        )

    def _link_id(self, booking_id: UUID, now: datetime) -> UUID | None:
        links = self._source.rows(RIDE_LINKS).values()
        works = (ln for ln in links if ln.booking_id == booking_id and ln.revoked_at is None and now < ln.expires_at)
        return next((link.id for link in works), None)

    def _seen(self, trip_id: UUID) -> Fix | None:
        way = _of_trip(self._source, trip_id)
        return way[-1].fix if way else None


def _conforms(
    locations: MemoryLocations, proofs: MemoryProofs, links: MemoryRideLinks, queries: MemoryRideQueries
) -> tuple[LocationStore, ProofStore, RideLinkStore, RideQueries]:
    return locations, proofs, links, queries
