"""Groups of people that the back office keeps."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import MISSING, Field

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.carpool.user_filters import MembersQuery, UserFilters, members_query
from allonova.adapters.http.fields import Body, Instant, Line, given
from allonova.adapters.http.listing import Listing, parameters_of
from allonova.adapters.http.provide import AdminCaller, IfMatch, admin, use
from allonova.adapters.http.routes import api_router
from allonova.application.carpool.change_segment import ChangeSegment
from allonova.application.carpool.create_segment import CreateSegment
from allonova.application.carpool.remove_segment import RemoveSegment
from allonova.application.carpool.user_queries import UserQueries
from allonova.application.carpool.user_views import ListedUser, SegmentView
from allonova.application.kernel.listing import ListQuery, Sort
from allonova.domain.identity.roles import Area, Right
from allonova.domain.kernel.errors import NotFound

router = api_router("Back office", "/admin/users/segments")

SEGMENTS = Listing(
    filters={"name": Line, "created_at": Instant}, ranges=["created_at"], sortable=["name", "created_at"]
)
BY_NAME = (Sort("name"),)


class NewSegment(Body):
    """A name, and whom it is about."""

    name: Line = Field(examples=["Chauffeurs d'Abidjan sans trajet depuis mars"])
    filters: UserFilters = Field(examples=[{"is_driver": True, "last_seen_before": "2026-03-01"}])


class SegmentChangeBody(Body):
    """What is to be otherwise; given filters take the place of all that there were."""

    name: Line | MISSING = MISSING
    filters: UserFilters | MISSING = MISSING


@router.get("", **spec(SegmentView, listed=True, row=True, parameters=SEGMENTS.parameters()))
async def list_segments(
    caller: Annotated[AdminCaller, admin(Area.USERS, Right.READ)],
    query: Annotated[ListQuery, SEGMENTS.depends()],
    queries: Annotated[UserQueries, use(UserQueries)],
) -> Response:
    """The team's segments, by name unless sorted otherwise."""
    query = replace(query, sort=query.sort or BY_NAME)
    return answer_page(await queries.segments(query), query)


@router.post("", **spec(SegmentView, CreateSegment.errors, status=201, row=True))
async def create_segment(
    body: NewSegment,
    caller: Annotated[AdminCaller, admin(Area.USERS, Right.EDIT)],
    create: Annotated[CreateSegment, use(CreateSegment)],
) -> Response:
    """Keep a list of users by its filters, for the whole team."""
    segment = await create(admin_id=caller.admin_id, name=body.name, filters=body.filters.to_document())
    return answer(segment, status=201, etag=segment.version)


@router.get("/{id}", **spec(SegmentView, [NotFound], row=True))
async def get_segment(
    id: UUID,
    caller: Annotated[AdminCaller, admin(Area.USERS, Right.READ)],
    queries: Annotated[UserQueries, use(UserQueries)],
) -> Response:
    """A segment."""
    segment = await _segment(queries, id)
    return answer(segment, etag=segment.version)


@router.get(
    "/{id}/users", **spec(ListedUser, [NotFound], listed=True, row=True, parameters=parameters_of(MembersQuery))
)
async def list_members(
    id: UUID,
    asked: Annotated[MembersQuery, Depends(members_query)],
    caller: Annotated[AdminCaller, admin(Area.USERS, Right.READ)],
    queries: Annotated[UserQueries, use(UserQueries)],
) -> Response:
    """Who is in a segment now, the newest first unless sorted otherwise; how many, says `pagination.total`."""
    segment = await _segment(queries, id)
    query = asked.to_list(UserFilters.model_validate(segment.filters))
    return answer_page(await queries.users(query), query)


@router.patch("/{id}", **spec(SegmentView, ChangeSegment.errors, row=True))
async def change_segment(
    id: UUID,
    body: SegmentChangeBody,
    caller: Annotated[AdminCaller, admin(Area.USERS, Right.EDIT)],
    if_match: IfMatch,
    change: Annotated[ChangeSegment, use(ChangeSegment)],
) -> Response:
    """Change a segment."""
    filters = given(body.filters)
    segment = await change(
        admin_id=caller.admin_id,
        segment_id=id,
        name=given(body.name),
        filters=None if filters is None else filters.to_document(),
        expected=if_match,
    )
    return answer(segment, etag=segment.version)


@router.delete("/{id}", **spec(None, RemoveSegment.errors, status=204, row=True))
async def remove_segment(
    id: UUID,
    caller: Annotated[AdminCaller, admin(Area.USERS, Right.EDIT)],
    remove: Annotated[RemoveSegment, use(RemoveSegment)],
) -> Response:
    """Forget a segment; nobody of it is touched."""
    await remove(admin_id=caller.admin_id, segment_id=id)
    return Response(status_code=204)


async def _segment(queries: UserQueries, id: UUID) -> SegmentView:
    found = await queries.segment(id)
    if found is None:
        raise NotFound
    return found
