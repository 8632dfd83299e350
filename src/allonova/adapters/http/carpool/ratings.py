"""Who people are to those who may ride with them: their public face, and what was said of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import AfterValidator, Field, StrictInt, StringConstraints

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.fields import Body, Instant, printable
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import UserCaller, use
from allonova.adapters.http.routes import api_router
from allonova.application.carpool.rate_side import RateSide
from allonova.application.carpool.rating_queries import RatingQueries
from allonova.application.carpool.rating_views import OwnRating, PublicProfile, RatingView
from allonova.application.carpool.show_profile import ListRatings, ShowProfile
from allonova.application.kernel.listing import ListQuery, Sort
from allonova.domain.carpool.rating import MAX_COMMENT, MAX_STARS, MIN_STARS, RatedAs

router = api_router("Ratings", "")

type Stars = Annotated[StrictInt, Field(ge=MIN_STARS, le=MAX_STARS, examples=[5])]
type StarsAsked = Annotated[int, Field(ge=MIN_STARS, le=MAX_STARS)]
type Comment = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_COMMENT),
    AfterValidator(printable),
    Field(examples=["À l’heure, voiture propre, conduite prudente."]),
]
RATINGS = Listing(
    filters={"stars": StarsAsked, "role": RatedAs, "created_at": Instant},
    ranges=["stars", "created_at"],
    sortable=["stars", "created_at"],
)
WRITTEN = Listing(filters={"booking_id": UUID, "created_at": Instant}, ranges=["created_at"], sortable=["created_at"])
NEWEST_FIRST = (Sort("created_at", descending=True),)


class RatingBody(Body):
    """How it was with the other side of a completed booking."""

    booking_id: UUID
    to_user_id: UUID = Field(description="The other side of the booking: its driver or its passenger.")
    stars: Stars
    comment: Comment | None = None


@router.post("/ratings", **spec(OwnRating, RateSide.errors, status=201))
async def rate_side(body: RatingBody, caller: UserCaller, rate: Annotated[RateSide, use(RateSide)]) -> Response:
    """Rate the other side, once, up to 14 days after the ride. It is shown when both have rated, or when nobody can any
    more; until then nobody learns of it.
    """
    return answer(await rate(caller_id=caller.user_id, **body.model_dump()), status=201)


@router.get("/me/ratings", **spec(OwnRating, listed=True, parameters=WRITTEN.parameters()))
async def list_own_ratings(
    caller: UserCaller,
    query: Annotated[ListQuery, WRITTEN.depends()],
    queries: Annotated[RatingQueries, use(RatingQueries)],
) -> Response:
    """What one has said of others, shown or not yet; the newest first."""
    query = _newest_first(query)
    return answer_page(await queries.written(caller.user_id, query), query)


@router.get("/users/{id}", **spec(PublicProfile, ShowProfile.errors))
async def show_profile(id: UUID, caller: UserCaller, show: Annotated[ShowProfile, use(ShowProfile)]) -> Response:
    """Somebody's public face. Whose account is closed has none, nor has who is parted from one by a block."""
    return answer(await show(caller_id=caller.user_id, user_id=id))


@router.get("/users/{id}/ratings", **spec(RatingView, ListRatings.errors, listed=True, parameters=RATINGS.parameters()))
async def list_ratings(
    id: UUID,
    caller: UserCaller,
    query: Annotated[ListQuery, RATINGS.depends()],
    listed: Annotated[ListRatings, use(ListRatings)],
) -> Response:
    """What was said of somebody, the newest first."""
    query = _newest_first(query)
    return answer_page(await listed(caller_id=caller.user_id, user_id=id, query=query), query)


def _newest_first(query: ListQuery) -> ListQuery:
    return query if query.sort else replace(query, sort=NEWEST_FIRST)
