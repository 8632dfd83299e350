"""Trips: offer, publish, look at, change, call off."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Response
from pydantic import MISSING, ConfigDict, Field, StrictBool, StrictInt

from allonova.adapters.http.answers import answer, answer_document, answer_page, spec
from allonova.adapters.http.fields import (
    Body,
    Instant,
    Line,
    PlaceBody,
    PointBody,
    SeatCount,
    SeatPrice,
    Text,
    given,
)
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import IfMatch, MaybeCaller, UserCaller, use
from allonova.adapters.http.routes import api_router
from allonova.application.carpool.cancel_trip import CancelTrip
from allonova.application.carpool.change_trip import ChangeTrip
from allonova.application.carpool.create_trip import CreateTrip, TripDraft
from allonova.application.carpool.delete_trip import DeleteTrip
from allonova.application.carpool.ports import CarpoolQueries
from allonova.application.carpool.publish_trip import PublishTrip
from allonova.application.carpool.replace_stops import ReplaceStops
from allonova.application.carpool.views import StopView, TripView
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.carpool.rules import MAX_STOPS
from allonova.domain.carpool.trip import StopDraft, TripStatus
from allonova.domain.carpool.trip_change import TripChange
from allonova.domain.kernel.errors import NotFound

router = api_router("Trips", "/trips")
TRIPS = Listing(
    filters={"status": TripStatus, "series_id": UUID, "departure_time": Instant, "created_at": Instant},
    ranges=["departure_time", "created_at"],
    sortable=["departure_time", "created_at"],
)
STOPS = Listing(filters={}, sortable=[])


class StopBody(Body):
    """A halt on the way. Left out: the price follows the distance, the time the road, the label the map."""

    order: Annotated[StrictInt, Field(ge=1, le=MAX_STOPS)]
    point: PointBody
    label: Line | MISSING = MISSING
    pickup_allowed: StrictBool = True
    dropoff_allowed: StrictBool = True
    price_from_origin: SeatPrice | None = None
    eta: Instant | None = None

    def to_draft(self) -> StopDraft:
        """As the use case takes it."""
        return StopDraft(
            order=self.order,
            point=self.point.to_point(),
            label=given(self.label) or "",
            pickup_allowed=self.pickup_allowed,
            dropoff_allowed=self.dropoff_allowed,
            price_from_origin=self.price_from_origin,
            eta=self.eta,
        )


class TripBody(Body):
    """A trip; `seats_available` is the number of seats offered."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "origin": {"lat": 5.3575, "lon": -4.0083, "text": "Abidjan, Plateau"},
                    "destination": {"lat": 6.8190, "lon": -5.2760, "text": "Yamoussoukro"},
                    "departure_time": "2027-01-15T08:30:00Z",
                    "price_per_seat": 6000,
                    "seats_available": 3,
                    "allow_auto_accept": True,
                    "luggage_policy": "1 valise cabine",
                    "rules": "Non-fumeur",
                }
            ]
        }
    )

    origin: PlaceBody
    destination: PlaceBody
    departure_time: Instant
    arrival_eta: Instant | None = None
    price_per_seat: SeatPrice
    seats_available: SeatCount
    stops: list[StopBody] = Field(default_factory=list, max_length=MAX_STOPS)
    vehicle_id: UUID | None = None
    allow_auto_accept: StrictBool = False
    women_only: StrictBool = Field(
        False, description="Among women whose papers say so; `kyc_required` for any other driver."
    )
    luggage_policy: Text | None = None
    rules: Text | None = None
    status: Literal["draft", "published"] = "draft"

    def to_draft(self) -> TripDraft:
        """As the use case takes it."""
        return TripDraft(
            origin=self.origin.to_place(),
            destination=self.destination.to_place(),
            departure_time=self.departure_time,
            arrival_eta=self.arrival_eta,
            price_per_seat=self.price_per_seat,
            seats=self.seats_available,
            stops=[stop.to_draft() for stop in self.stops],
            vehicle_id=self.vehicle_id,
            allow_auto_accept=self.allow_auto_accept,
            luggage_policy=self.luggage_policy,
            rules=self.rules,
            women_only=self.women_only,
            publish=self.status == "published",
        )


class TripChangeBody(Body):
    """What is to be otherwise; what is left out stays. `seats_available` is the number of seats offered."""

    origin: PlaceBody | MISSING = MISSING
    destination: PlaceBody | MISSING = MISSING
    departure_time: Instant | MISSING = MISSING
    arrival_eta: Instant | MISSING = MISSING
    price_per_seat: SeatPrice | MISSING = MISSING
    seats_available: SeatCount | MISSING = MISSING
    vehicle_id: UUID | MISSING = MISSING
    allow_auto_accept: StrictBool | MISSING = MISSING
    women_only: StrictBool | MISSING = MISSING
    luggage_policy: Text | MISSING | None = MISSING
    rules: Text | MISSING | None = MISSING

    def to_change(self) -> TripChange:
        """As the use case takes it."""
        origin, destination = given(self.origin), given(self.destination)
        return TripChange(
            origin=None if origin is None else origin.to_place(),
            destination=None if destination is None else destination.to_place(),
            departure_time=given(self.departure_time),
            arrival_eta=given(self.arrival_eta),
            price_per_seat=given(self.price_per_seat),
            seats=given(self.seats_available),
            vehicle_id=given(self.vehicle_id),
            allow_auto_accept=given(self.allow_auto_accept),
            women_only=given(self.women_only),
            luggage_policy="" if self.luggage_policy is None else given(self.luggage_policy),
            rules="" if self.rules is None else given(self.rules),
        )


class StopsBody(Body):
    """The whole list; an empty one takes all stops away."""

    stops: list[StopBody] = Field(max_length=MAX_STOPS)


class ReasonBody(Body):
    """Why, for the passengers to read."""

    reason: Text | None = None


@router.post("", **spec(TripView, CreateTrip.errors, status=201))
async def create_trip(body: TripBody, caller: UserCaller, create: Annotated[CreateTrip, use(CreateTrip)]) -> Response:
    """Offer a trip, as a draft or published at once."""
    trip = await create(caller_id=caller.user_id, draft=body.to_draft())
    return answer(trip, status=201, etag=trip.version)


@router.get("", **spec(TripView, listed=True, parameters=TRIPS.parameters()))
async def list_trips(
    caller: UserCaller,
    query: Annotated[ListQuery, TRIPS.depends()],
    queries: Annotated[CarpoolQueries, use(CarpoolQueries)],
) -> Response:
    """One's own trips, as driver."""
    return answer_page(await queries.trips(caller.user_id, query), query)


@router.get("/{id}", **spec(TripView, [NotFound], private=False))
async def get_trip(id: UUID, caller: MaybeCaller, queries: Annotated[CarpoolQueries, use(CarpoolQueries)]) -> Response:
    """A trip; a draft only to its driver."""
    trip = await queries.written_trip(id, viewer_id=caller.user_id if caller else None)
    if trip is None:
        raise NotFound
    return answer_document(trip.document, etag=trip.version)


@router.patch("/{id}", **spec(TripView, ChangeTrip.errors))
async def change_trip(
    id: UUID, body: TripChangeBody, caller: UserCaller, version: IfMatch, change: Annotated[ChangeTrip, use(ChangeTrip)]
) -> Response:
    """Change a draft or a published trip; what passengers were promised stays."""
    trip = await change(caller_id=caller.user_id, trip_id=id, change=body.to_change(), version=version)
    return answer(trip, etag=trip.version)


@router.delete("/{id}", **spec(None, DeleteTrip.errors, status=204))
async def delete_trip(
    id: UUID, caller: UserCaller, version: IfMatch, delete: Annotated[DeleteTrip, use(DeleteTrip)]
) -> Response:
    """Take a trip back for which nobody has paid; where somebody asked for a seat, it is cancelled."""
    await delete(caller_id=caller.user_id, trip_id=id, version=version)
    return Response(status_code=204)


@router.post("/{id}/publish", **spec(TripView, PublishTrip.errors))
async def publish_trip(id: UUID, caller: UserCaller, publish: Annotated[PublishTrip, use(PublishTrip)]) -> Response:
    """Open a draft for search and booking."""
    trip = await publish(caller_id=caller.user_id, trip_id=id)
    return answer(trip, etag=trip.version)


@router.post("/{id}/cancel", **spec(TripView, CancelTrip.errors))
async def cancel_trip(
    id: UUID,
    caller: UserCaller,
    version: IfMatch,
    cancel: Annotated[CancelTrip, use(CancelTrip)],
    body: ReasonBody | None = None,
) -> Response:
    """Call a trip off: who has paid gets all of it back."""
    reason = body.reason if body else None
    trip = await cancel(caller_id=caller.user_id, trip_id=id, reason=reason, version=version)
    return answer(trip, etag=trip.version)


@router.post("/{id}/stops", **spec(TripView, ReplaceStops.errors))
async def replace_stops(
    id: UUID, body: StopsBody, caller: UserCaller, version: IfMatch, replace: Annotated[ReplaceStops, use(ReplaceStops)]
) -> Response:
    """Replace the whole list of stops."""
    drafts = [stop.to_draft() for stop in body.stops]
    trip = await replace(caller_id=caller.user_id, trip_id=id, drafts=drafts, version=version)
    return answer(trip, etag=trip.version)


@router.get("/{id}/stops", **spec(StopView, [NotFound], listed=True, private=False, parameters=STOPS.parameters()))
async def list_stops(
    id: UUID,
    caller: MaybeCaller,
    query: Annotated[ListQuery, STOPS.depends()],
    queries: Annotated[CarpoolQueries, use(CarpoolQueries)],
) -> Response:
    """A trip's stops in their order; those of a draft only to its driver."""
    trip = await queries.trip(id, viewer_id=caller.user_id if caller else None)
    if trip is None:
        raise NotFound
    return answer_page(Page(trip.stops[query.offset :][: query.page_size], len(trip.stops)), query)
