"""Search for a trip."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Annotated, Self
from uuid import UUID

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, Field, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError
from starlette.background import BackgroundTask

from allonova.adapters.http.answers import answer_written, spec
from allonova.adapters.http.fields import YEARS
from allonova.adapters.http.limits import count_call
from allonova.adapters.http.listing import Paging, parameters_of, read_query, sort_of
from allonova.adapters.http.provide import Credentials, edge_of, optional_caller, use
from allonova.adapters.http.routes import api_router
from allonova.application.carpool.find_trips import FindTrips
from allonova.application.carpool.ports import Search
from allonova.application.carpool.views import Hit
from allonova.application.kernel.listing import ListQuery
from allonova.domain.carpool.rules import DEFAULT_RADIUS_KM, MAX_RADIUS_KM
from allonova.domain.carpool.vehicle import Comfort
from allonova.domain.kernel.errors import AuthRequired
from allonova.domain.kernel.geo import Box, Point

router = api_router("Trips", "/trips")
SEARCH_ORDER = ("departure_time", "price", "distance", "rating")
EVER = datetime(YEARS[1] + 1, 1, 1, tzinfo=UTC)


def _numbers(text: str) -> list[float]:
    return [float(part) for part in text.split(",")]


def _point(text: str) -> str:
    try:
        to_point(text)
    except ValueError as error:
        raise PydanticCustomError("point", "must be lat,lon within WGS84 bounds") from error
    return text


def _box(text: str) -> str:
    try:
        _to_box(text)
    except ValueError as error:
        raise PydanticCustomError("box", "must be minLon,minLat,maxLon,maxLat within WGS84 bounds") from error
    return text


def to_point(text: str) -> Point:
    """`lat,lon` as a point. Raises ValueError."""
    lat, lon = _numbers(text)
    return Point(lat, lon)


def _to_box(text: str) -> Box:
    west, south, east, north = _numbers(text)
    return Box(Point(south, west), Point(north, east))


type LatLon = Annotated[str, AfterValidator(_point), Field(examples=["5.3575,-4.0083"], max_length=60)]
type Area = Annotated[str, AfterValidator(_box), Field(examples=["-5.6,5.2,-3.8,7.0"], max_length=120)]
type Day = Annotated[date, Field(ge=date(YEARS[0], 1, 1), le=date(YEARS[1], 1, 1))]
NEEDED = "Required, unless `bbox` is given."


class SearchQuery(Paging):
    """What a passenger looks for."""

    start: LatLon | None = Field(None, alias="from", description=NEEDED)
    end: LatLon | None = Field(None, alias="to", description=NEEDED)
    date: Day | None = Field(None, description=f"Local date in Abidjan. {NEEDED} Without it: every future departure.")
    bbox: Area | None = Field(None, description="The area in which both ends lie: `minLon,minLat,maxLon,maxLat`.")
    radius_km: Annotated[int, Field(ge=1, le=MAX_RADIUS_KM)] = DEFAULT_RADIUS_KM
    price_min: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    price_max: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    seats: int = Field(1, ge=1, le=50, alias="seats>", description="Write `seats>=2`.")
    comfort: Comfort | None = None
    driver_rating: float | None = Field(
        None, ge=0, le=5, allow_inf_nan=False, alias="driver_rating>", description="Write `driver_rating>=4`."
    )

    @model_validator(mode="after")
    def _says_where_and_when(self) -> Self:
        if self.bbox is None:
            wanted = {"from": self.start, "to": self.end, "date": self.date}
            missing = [InitErrorDetails(type="missing", loc=(n,), input=None) for n, v in wanted.items() if v is None]
            if missing:
                raise ValidationError.from_exception_data("SearchQuery", missing)
        return self

    def to_search(self, viewer_id: UUID | None, now: datetime) -> Search:
        """Future departures, of that day if one is named; Abidjan keeps UTC all year."""
        midnight = datetime.combine(self.date, time(), UTC) if self.date else now
        return Search(
            start=to_point(self.start) if self.start else None,
            end=to_point(self.end) if self.end else None,
            area=_to_box(self.bbox) if self.bbox else None,
            earliest=max(midnight, now),
            latest=midnight + timedelta(days=1) if self.date else EVER,
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


async def search_of(request: Request) -> Search:
    """What is asked, and by whom. A call that is refused here counts as well."""
    try:
        caller = await optional_caller(request)
        asked = read_query(SearchQuery, request.query_params.multi_items())
        return asked.to_search(caller.user_id if caller else None, edge_of(request).clock.now())
    except (AuthRequired, RequestValidationError):
        await count_call(request)
        raise


@router.get("/search", **spec(Hit, listed=True, private=False, parameters=parameters_of(SearchQuery)))
async def search_trips(request: Request, _told: Credentials, find: Annotated[FindTrips, use(FindTrips)]) -> Response:
    """Published trips from near one place to near another on a day, or within an area."""
    search = await search_of(request)
    answered = await find(search=search, admit=partial(count_call, request))
    found = answered.found
    response = answer_written(found.hits, found.total, ListQuery(page=search.page, page_size=search.page_size))
    response.background = BackgroundTask(answered.afterwards) if answered.afterwards else None
    return response
