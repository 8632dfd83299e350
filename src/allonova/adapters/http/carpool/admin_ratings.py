"""Ratings, as the back office looks after them."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import Field, StrictBool

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.carpool.ratings import NEWEST_FIRST, StarsAsked
from allonova.adapters.http.fields import Body, Instant, Line
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import AdminCaller, IfMatch, admin, use
from allonova.adapters.http.routes import api_router
from allonova.application.carpool.moderate_rating import ModerateRating
from allonova.application.carpool.rating_queries import RatingQueries
from allonova.application.carpool.rating_views import DeskRating
from allonova.application.kernel.listing import ListQuery
from allonova.domain.identity.roles import Area, Right

router = api_router("Back office", "/admin/ratings")
RATINGS = Listing(
    filters={
        "booking_id": UUID,
        "from_user_id": UUID,
        "to_user_id": UUID,
        "stars": StarsAsked,
        "comment_hidden": bool,
        "created_at": Instant,
    },
    ranges=["stars", "created_at"],
    sortable=["created_at"],
)


class RatingModeration(Body):
    """Whether its words can be read, and why not (or why again)."""

    comment_hidden: StrictBool
    reason: Line = Field(description="Kept with the rating, for staff alone: name no person here.")


@router.get("", **spec(DeskRating, listed=True, parameters=RATINGS.parameters(), row=True))
async def list_all_ratings(
    _: Annotated[AdminCaller, admin(Area.MODERATION, Right.READ)],
    query: Annotated[ListQuery, RATINGS.depends()],
    queries: Annotated[RatingQueries, use(RatingQueries)],
) -> Response:
    """Every rating, those that are not shown yet too; the newest first."""
    query = query if query.sort else replace(query, sort=NEWEST_FIRST)
    return answer_page(await queries.desk(query), query)


@router.patch("/{id}", **spec(DeskRating, ModerateRating.errors, row=True))
async def moderate_rating(
    id: UUID,
    body: RatingModeration,
    caller: Annotated[AdminCaller, admin(Area.MODERATION, Right.ALL)],
    if_match: IfMatch,
    moderate: Annotated[ModerateRating, use(ModerateRating)],
) -> Response:
    """Hide the words of a rating, or let them be read again. Its stars stay."""
    rating = await moderate(by=caller.actor, rating_id=id, expected=if_match, **body.model_dump())
    return answer(rating, etag=rating.version)
