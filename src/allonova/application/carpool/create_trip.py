"""Offer a trip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.name_places import name_places
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.publish_trip import publish, require_woman, show_trip
from allonova.application.carpool.views import TripView
from allonova.application.kernel.listing import ListQuery
from allonova.application.kernel.places import Places
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.roads import RoutePlanner
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.rules import RulesNow
from allonova.domain.carpool.trip import (
    StopDraft,
    Trip,
    TripsOverlap,
    new_trip,
    plan_stops,
    require_future,
    require_sound_route,
)
from allonova.domain.carpool.vehicle import Vehicle
from allonova.domain.carpool.women_only import WomenOnlyRefused
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, FieldError, ValidationError
from allonova.domain.kernel.geo import Place
from allonova.domain.kernel.machine import Party
from allonova.domain.kernel.road import Reached
from allonova.domain.kyc.document import PapersMissing


@dataclass(frozen=True, slots=True, kw_only=True)
class TripDraft:
    """What a driver offers. Francs per seat for the whole way; `seats` offered to passengers. An empty text of a place
    or a stop is the map's to find.
    """

    origin: Place
    destination: Place
    departure_time: datetime
    arrival_eta: datetime | None = None
    price_per_seat: int
    seats: int
    stops: Sequence[StopDraft] = ()
    vehicle_id: UUID | None = None
    allow_auto_accept: bool = False
    luggage_policy: str | None = None
    rules: str | None = None
    women_only: bool = False
    publish: bool = False


@wired
class CreateTrip:
    """Offer a trip with its stops, as a draft or published at once.

    Prices and times of stops that the driver leaves out follow the road; so does the arrival.
    """

    begin: Begin[CarpoolUnit]
    clock: Clock
    ids: Ids
    rules: RulesNow
    planner: RoutePlanner
    places: Places

    errors: ClassVar[tuple[type[DomainError], ...]] = (ValidationError, TripsOverlap, PapersMissing, WomenOnlyRefused)

    async def __call__(self, *, caller_id: UUID, draft: TripDraft) -> TripView:
        """Raises ValidationError for routes, prices, times or a vehicle that do not fit together, and for places that
        have no name.
        """
        draft, reached = await self.planned(draft)
        async with self.begin() as unit:
            vehicle = await self.vehicle(unit, caller_id, draft)
            trip = self.trip(caller_id, draft, vehicle, reached)
            if draft.publish:
                await publish(unit, trip, self.rules(), self.clock.now())
            await unit.trips.add(trip)
            actor = Actor(Party.DRIVER, caller_id)
            await unit.audit.put(actor=actor, action="trip.created", entity="trip", entity_id=trip.id)
            return await show_trip(unit, trip.id, caller_id)

    async def planned(self, draft: TripDraft) -> tuple[TripDraft, Sequence[Reached]]:
        """The draft with a name for every place, and its road. Maps may be vendors: outside any unit."""
        require_future(draft.departure_time, self.clock.now())
        ends, stops = await name_places(
            self.places, {"origin": draft.origin, "destination": draft.destination}, draft.stops
        )
        draft = replace(draft, origin=ends["origin"], destination=ends["destination"], stops=stops)
        points = [draft.origin.point, *(stop.point for stop in draft.stops), draft.destination.point]
        return draft, await self.planner.reach(points, departure=draft.departure_time)

    async def vehicle(self, unit: CarpoolUnit, caller_id: UUID, draft: TripDraft) -> Vehicle:
        """The one named, else the driver's only one; locked, so that its seats stay as long as they are promised.

        Raises:
            WomenOnlyRefused: he may not offer such a trip with any.
            ValidationError: it is none of his.
        """
        if draft.women_only:
            await require_woman(unit, caller_id)
        if draft.vehicle_id is None:
            owned = await unit.reads.vehicles(caller_id, ListQuery(page_size=2))
            if owned.total != 1:
                raise ValidationError((FieldError("vehicle_id", "missing", "name one of your vehicles"),))
            return await unit.vehicles.get(owned.items[0].id, lock=True)
        vehicle = await unit.vehicles.find(lock=True, id=draft.vehicle_id, user_id=caller_id)
        if vehicle is None:
            raise ValidationError((FieldError("vehicle_id", "unknown", "not one of your vehicles"),))
        return vehicle

    def trip(self, driver_id: UUID, draft: TripDraft, vehicle: Vehicle, reached: Sequence[Reached]) -> Trip:
        """What was planned, as a draft."""
        vehicle.require_room(draft.seats)
        trip = new_trip(
            id=self.ids.new(),
            driver_id=driver_id,
            vehicle_id=vehicle.id,
            origin=draft.origin,
            destination=draft.destination,
            departure_time=draft.departure_time,
            arrival_eta=draft.arrival_eta or reached[-1].at,
            distance_m=reached[-1].distance_m,
            price_per_seat=draft.price_per_seat,
            seats=draft.seats,
            stops=plan_stops([self.ids.new() for _ in draft.stops], draft.stops, reached, draft.price_per_seat),
            at=self.clock.now(),
        )
        trip.allow_auto_accept = draft.allow_auto_accept
        trip.luggage_policy = draft.luggage_policy
        trip.rules = draft.rules
        trip.women_only = draft.women_only
        require_sound_route(trip)
        return trip
