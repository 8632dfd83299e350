"""Trips that come back."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import Field, StrictInt

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.carpool.trips import StopBody, TripBody, TripChangeBody
from allonova.adapters.http.fields import Body, Day, Instant, SeatCount, SeatPrice, Text
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import UserCaller, use
from allonova.adapters.http.routes import api_router
from allonova.application.carpool.change_series import CancelSeries, ChangeSeries, PublishSeries
from allonova.application.carpool.create_series import CreateSeries, ReturnDraft, SeriesDraft
from allonova.application.carpool.series_queries import SeriesQueries
from allonova.application.carpool.series_views import NewSeries, SeriesChanged, SeriesView
from allonova.application.kernel.listing import ListQuery
from allonova.domain.carpool.rules import MAX_STOPS
from allonova.domain.kernel.errors import NotFound

router = api_router("Trips", "/trips/series")
SERIES = Listing(filters={"until": Day, "created_at": Instant}, ranges=["until", "created_at"], sortable=["created_at"])

type Weekday = Annotated[StrictInt, Field(ge=1, le=7)]


class ReturnBody(Body):
    """The way home of the first trip. Left out: price and seats as on the way out, the same stops the other way round,
    the times of the road.
    """

    departure_time: Instant
    arrival_eta: Instant | None = None
    price_per_seat: SeatPrice | None = None
    seats_available: SeatCount | None = None
    stops: list[StopBody] | None = Field(default=None, max_length=MAX_STOPS)

    def to_draft(self) -> ReturnDraft:
        """As the use case takes it."""
        return ReturnDraft(
            departure_time=self.departure_time,
            arrival_eta=self.arrival_eta,
            price_per_seat=self.price_per_seat,
            seats=self.seats_available,
            stops=None if self.stops is None else [stop.to_draft() for stop in self.stops],
        )


class SeriesBody(Body):
    """The first trip; it comes back on these days of the week until a day, itself included, but not on the exceptions.
    Days and times are Abidjan's. All trips of it are made, or none.
    """

    trip: TripBody
    weekdays: list[Weekday] = Field(min_length=1, max_length=7, description="From 1 (Monday) to 7 (Sunday).")
    until: Day
    exceptions: list[Day] = Field(default_factory=list, max_length=181)
    home: ReturnBody | None = Field(None, alias="return")

    def to_draft(self) -> SeriesDraft:
        """As the use case takes it."""
        return SeriesDraft(
            trip=self.trip.to_draft(),
            weekdays=self.weekdays,
            until=self.until,
            exceptions=self.exceptions,
            home=None if self.home is None else self.home.to_draft(),
        )


class FollowingChangeBody(TripChangeBody):
    """What is to be otherwise of this trip of the series and of all that follow it the same way. A time is that of this
    trip; the others move by as much.
    """

    from_trip_id: UUID


class FollowingBody(Body):
    """From which trip of the series on; left out, all that are to come."""

    from_trip_id: UUID | None = None


class FollowingReasonBody(FollowingBody):
    """The same, and why, for the passengers to read."""

    reason: Text | None = None


@router.post("", **spec(NewSeries, CreateSeries.errors, status=201))
async def create_series(
    body: SeriesBody, caller: UserCaller, create: Annotated[CreateSeries, use(CreateSeries)]
) -> Response:
    """Offer a trip on some days of the week, with its way home if one likes."""
    return answer(await create(caller_id=caller.user_id, draft=body.to_draft()), status=201)


@router.get("", **spec(SeriesView, listed=True, parameters=SERIES.parameters()))
async def list_series(
    caller: UserCaller,
    query: Annotated[ListQuery, SERIES.depends()],
    queries: Annotated[SeriesQueries, use(SeriesQueries)],
) -> Response:
    """One's own series; their trips are in `GET /trips?series_id=`."""
    return answer_page(await queries.series(caller.user_id, query), query)


@router.get("/{series_id}", **spec(SeriesView, [NotFound]))
async def get_series(
    series_id: UUID, caller: UserCaller, queries: Annotated[SeriesQueries, use(SeriesQueries)]
) -> Response:
    """One of one's own series."""
    found = await queries.one_series(series_id, driver_id=caller.user_id)
    if found is None:
        raise NotFound
    return answer(found)


@router.patch("/{series_id}", **spec(SeriesChanged, ChangeSeries.errors))
async def change_series(
    series_id: UUID, body: FollowingChangeBody, caller: UserCaller, change: Annotated[ChangeSeries, use(ChangeSeries)]
) -> Response:
    """Change a trip of the series and all that follow it; those whose passengers were promised otherwise are `kept`."""
    changed = await change(
        caller_id=caller.user_id, series_id=series_id, from_trip_id=body.from_trip_id, change=body.to_change()
    )
    return answer(changed)


@router.post("/{series_id}/cancel", **spec(SeriesChanged, CancelSeries.errors))
async def cancel_series(
    series_id: UUID,
    caller: UserCaller,
    cancel: Annotated[CancelSeries, use(CancelSeries)],
    body: FollowingReasonBody | None = None,
) -> Response:
    """Call off a trip of the series and all that follow it, out and home: who has paid gets all of it back."""
    body = body or FollowingReasonBody()
    cancelled = await cancel(
        caller_id=caller.user_id, series_id=series_id, from_trip_id=body.from_trip_id, reason=body.reason
    )
    return answer(cancelled)


@router.post("/{series_id}/publish", **spec(SeriesChanged, PublishSeries.errors))
async def publish_series(
    series_id: UUID,
    caller: UserCaller,
    publish: Annotated[PublishSeries, use(PublishSeries)],
    body: FollowingBody | None = None,
) -> Response:
    """Open drafts of the series for search and booking."""
    from_trip_id = body.from_trip_id if body else None
    return answer(await publish(caller_id=caller.user_id, series_id=series_id, from_trip_id=from_trip_id))
