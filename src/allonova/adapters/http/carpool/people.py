"""Other people: to be kept away from, or reported."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import AfterValidator, Field, StringConstraints

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.fields import Body, Instant, printable
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import UserCaller, use
from allonova.adapters.http.routes import api_router
from allonova.application.carpool.block_user import BlockUser
from allonova.application.carpool.people_queries import PeopleQueries
from allonova.application.carpool.people_views import BlockView, UserReportView
from allonova.application.carpool.report_user import ReportUser
from allonova.application.carpool.unblock_user import UnblockUser
from allonova.application.kernel.listing import ListQuery

router = api_router("People", "")
BLOCKS = Listing(filters={"created_at": Instant}, ranges=["created_at"], sortable=["created_at"])

type Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=1000),
    AfterValidator(printable),
    Field(examples=["Conduite dangereuse"]),
]


class ReportBody(Body):
    """What somebody did, in one's own words, and on which booking of the two."""

    reason: Reason
    booking_id: UUID | None = None


@router.get("/me/blocks", **spec(BlockView, listed=True, parameters=BLOCKS.parameters()))
async def list_blocks(
    caller: UserCaller,
    query: Annotated[ListQuery, BLOCKS.depends()],
    queries: Annotated[PeopleQueries, use(PeopleQueries)],
) -> Response:
    """Whom one has blocked."""
    return answer_page(await queries.blocks(caller.user_id, query), query)


@router.post("/users/{id}/block", **spec(BlockView, BlockUser.errors))
async def block_user(id: UUID, caller: UserCaller, block: Annotated[BlockUser, use(BlockUser)]) -> Response:
    """Block somebody: neither sees or books the other's trips any more, nor writes. A booking of the two stands."""
    return answer(await block(caller_id=caller.user_id, user_id=id))


@router.delete("/users/{id}/block", **spec(None, UnblockUser.errors, status=204))
async def unblock_user(id: UUID, caller: UserCaller, unblock: Annotated[UnblockUser, use(UnblockUser)]) -> Response:
    """Take one's block back."""
    await unblock(caller_id=caller.user_id, user_id=id)
    return Response(status_code=204)


@router.post("/users/{id}/report", **spec(UserReportView, ReportUser.errors, status=201))
async def report_user(
    id: UUID, body: ReportBody, caller: UserCaller, report: Annotated[ReportUser, use(ReportUser)]
) -> Response:
    """Report somebody to the back office; once about the same, until it was looked at."""
    made = await report(caller_id=caller.user_id, user_id=id, reason=body.reason, booking_id=body.booking_id)
    return answer(made, status=201)
