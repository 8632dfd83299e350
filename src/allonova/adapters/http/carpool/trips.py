"""Trips: offer, publish, look at, search."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Request, Response
from pydantic import AfterValidator, ConfigDict, Field, StrictBool, StrictInt
from pydantic_core import PydanticCustomError

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.fields import Body, Instant, Line, PlaceBody, PointBody, SeatCount, SeatPrice, Text
from allonova.adapters.http.listing import Paging, parameters_of, read_query, sort_of
from allonova.adapters.http.provide import MaybeCaller, UserCaller, use
from allonova.adapters.http.routes import api_router
from allonova.application.carpool.create_trip import CreateTrip, TripDraft
from allonova.application.carpool.ports import CarpoolQueries, Search
from allonova.application.carpool.publish_trip import PublishTrip
from allonova.application.carpool.views import Hit, TripView
from allonova.application.kernel.listing import ListQuery
from allonova.application.kernel.ports import Clock
from allonova.domain.carpool.rules import DEFAULT_RADIUS_KM, MAX_RADIUS_KM, MAX_STOPS
from allonova.domain.carpool.trip import StopDraft
from allonova.domain.carpool.vehicle import Comfort
from allonova.domain.kernel.errors import NotFound
from allonova.domain.kernel.geo import Point

router = api_router("Trips", "/trips")
SEARCH_ORDER = ("departure_time", "price", "distance", "rating")


class StopBody(Body):
    """A halt on the way. Left out: the price follows the distance, the time the road."""

    order: Annotated[StrictInt, Field(ge=1, le=MAX_STOPS)]
    point: PointBody
    label: Line
    pickup_allowed: StrictBool = True
    dropoff_allowed: StrictBool = True
    price_from_origin: SeatPrice | None = None
    eta: Instant | None = None

    def to_draft(self) -> StopDraft:
        """As the use case takes it."""
        return StopDraft(
            order=self.order,
            point=self.point.to_point(),
            label=self.label,
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
            publish=self.status == "published",
        )


def _point(text: str) -> str:
    try:
        lat, lon = (float(part) for part in text.split(","))
        Point(lat, lon)
    except ValueError as error:
        raise PydanticCustomError("point", "must be lat,lon within WGS84 bounds") from error
    return text


type LatLon = Annotated[str, AfterValidator(_point), Field(examples=["5.3575,-4.0083"], max_length=60)]


class SearchQuery(Paging):
    """What a passenger looks for."""

    start: LatLon = Field(alias="from")
    end: LatLon = Field(alias="to")
    date: Annotated[date, Field(ge=date(2000, 1, 1), le=date(2200, 1, 1), description="Local date in Abidjan.")]
    radius_km: Annotated[int, Field(ge=1, le=MAX_RADIUS_KM)] = DEFAULT_RADIUS_KM
    price_min: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    price_max: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    seats: int = Field(1, ge=1, le=50, alias="seats>", description="Write `seats>=2`.")
    comfort: Comfort | None = None
    driver_rating: float | None = Field(
        None, ge=0, le=5, allow_inf_nan=False, alias="driver_rating>", description="Write `driver_rating>=4`."
    )

    def to_search(self, viewer_id: UUID | None, now: datetime) -> Search:
        """Future departures of that day; Abidjan keeps UTC all year."""
        midnight = datetime.combine(self.date, time(), UTC)
        return Search(
            start=_parsed(self.start),
            end=_parsed(self.end),
            earliest=max(midnight, now),
            latest=midnight + timedelta(days=1),
            radius_m=self.radius_km * 1000,
            seats=self.seats,
            price_min=self.price_min,
            price_max=self.price_max,
            comfort=self.comfort,
            driver_rating=self.driver_rating,
            viewer_id=viewer_id,
            sort=sort_of(self.sort, SEARCH_ORDER),
            page=self.page,
            page_size=self.page_size,
        )


def _parsed(text: str) -> Point:
    lat, lon = text.split(",")
    return Point(float(lat), float(lon))


async def search_query(request: Request) -> SearchQuery:
    """The query string, read."""
    return read_query(SearchQuery, request.query_params.multi_items())


@router.get("/search", **spec(Hit, listed=True, private=False, parameters=parameters_of(SearchQuery)))
async def search_trips(
    asked: Annotated[SearchQuery, Depends(search_query)],
    caller: MaybeCaller,
    clock: Annotated[Clock, use(Clock)],
    queries: Annotated[CarpoolQueries, use(CarpoolQueries)],
) -> Response:
    """Published trips from near one place to near another, on a day."""
    found = await queries.search(asked.to_search(caller.user_id if caller else None, clock.now()))
    return answer_page(found, ListQuery(page=asked.page, page_size=asked.page_size))


@router.post("", **spec(TripView, CreateTrip.errors, status=201))
async def create_trip(body: TripBody, caller: UserCaller, create: Annotated[CreateTrip, use(CreateTrip)]) -> Response:
    """Offer a trip, as a draft or published at once."""
    trip = await create(caller_id=caller.user_id, draft=body.to_draft())
    return answer(trip, status=201, etag=trip.version)


@router.get("/{id}", **spec(TripView, [NotFound], private=False))
async def get_trip(id: UUID, caller: MaybeCaller, queries: Annotated[CarpoolQueries, use(CarpoolQueries)]) -> Response:
    """A trip; a draft only to its driver."""
    trip = await queries.trip(id, viewer_id=caller.user_id if caller else None)
    if trip is None:
        raise NotFound
    return answer(trip, etag=trip.version)


@router.post("/{id}/publish", **spec(TripView, PublishTrip.errors))
async def publish_trip(id: UUID, caller: UserCaller, publish: Annotated[PublishTrip, use(PublishTrip)]) -> Response:
    """Open a draft for search and booking."""
    trip = await publish(caller_id=caller.user_id, trip_id=id)
    return answer(trip, etag=trip.version)
