"""Disputes, in the back office."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Response
from pydantic import AfterValidator, Field, StrictInt, StringConstraints

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.fields import Body, Instant, printable
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import AdminCaller, IfMatch, admin, use
from allonova.adapters.http.routes import api_router
from allonova.application.carpool.decide_dispute import DecideDispute
from allonova.application.carpool.dispute_queries import DisputeQueries
from allonova.application.carpool.dispute_views import DeskDisputeView, DisputeFile, desk_dispute_view
from allonova.application.carpool.show_dispute import ShowDisputeFile
from allonova.application.kernel.listing import ListQuery, Page, Sort
from allonova.domain.carpool.dispute import MAX_RESOLUTION, Decision, DisputeCategory, DisputeStatus
from allonova.domain.identity.roles import Area, Right
from allonova.domain.kernel.money import MAX_AMOUNT_XOF

router = api_router("Back office: disputes", "/admin/disputes")
beside = api_router("Back office: disputes", "/disputes")  # the source document's path; tokens are the back office's
DISPUTES = Listing(
    filters={
        "status": DisputeStatus,
        "category": DisputeCategory,
        "booking_id": UUID,
        "opened_by": UUID,
        "created_at": Instant,
    },
    ranges=["created_at"],
    sortable=["created_at", "updated_at"],
)
NEWEST_FIRST = (Sort("created_at", descending=True),)

type Reader = Annotated[AdminCaller, admin(Area.DISPUTES, Right.READ)]
type Decider = Annotated[AdminCaller, admin(Area.DISPUTES, Right.ALL)]
type Resolution = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=3, max_length=MAX_RESOLUTION), AfterValidator(printable)
]


class DecisionBody(Body):
    """`in_review`; then `resolved`, with a refund or without, or `rejected`. Both sides read the resolution."""

    status: Literal[DisputeStatus.IN_REVIEW, DisputeStatus.RESOLVED, DisputeStatus.REJECTED]
    resolution: Resolution | None = None
    refund_amount: Annotated[StrictInt, Field(ge=0, le=MAX_AMOUNT_XOF)] | None = None


@router.get("", **spec(DeskDisputeView, listed=True, row=True, parameters=DISPUTES.parameters()))
async def list_all_disputes(
    caller: Reader,
    query: Annotated[ListQuery, DISPUTES.depends()],
    queries: Annotated[DisputeQueries, use(DisputeQueries)],
) -> Response:
    """All disputes, the newest first unless sorted otherwise."""
    page = await queries.disputes(replace(query, sort=query.sort or NEWEST_FIRST))
    return answer_page(Page([desk_dispute_view(each) for each in page.items], page.total), query)


@router.get("/{id}", **spec(DisputeFile, ShowDisputeFile.errors, row=True))
async def show_dispute_file(
    id: UUID, caller: Reader, show: Annotated[ShowDisputeFile, use(ShowDisputeFile)]
) -> Response:
    """All that is known for a decision: both sides, their evidence, booking, proof of ride, chat, payments."""
    found = await show(id)
    return answer(found, etag=found.dispute.version)


@router.patch("/{id}", **spec(DeskDisputeView, DecideDispute.errors, row=True))
async def decide_dispute_as_admin(
    id: UUID,
    body: DecisionBody,
    caller: Decider,
    if_match: IfMatch,
    decide: Annotated[DecideDispute, use(DecideDispute)],
) -> Response:
    """Take it up, or decide it. Who has no right over payments gives back `support_refund_limit` francs of a booking at
    most; a large refund waits for another admin. With the end of it the booking's money moves again.
    """
    return await decided(id, body, caller, if_match, decide)


@beside.patch("/{id}", **spec(DeskDisputeView, DecideDispute.errors, row=True))
async def decide_dispute(
    id: UUID,
    body: DecisionBody,
    caller: Decider,
    if_match: IfMatch,
    decide: Annotated[DecideDispute, use(DecideDispute)],
) -> Response:
    """The same as `PATCH /admin/disputes/{id}`, for the back office."""
    return await decided(id, body, caller, if_match, decide)


async def decided(
    id: UUID, body: DecisionBody, caller: AdminCaller, expected: int | None, decide: DecideDispute
) -> Response:
    """The dispute as it stands then."""
    decision = Decision(status=body.status, resolution=body.resolution, refund_amount=body.refund_amount)
    dispute = await decide(by=caller.actor, role=caller.role, dispute_id=id, decision=decision, expected=expected)
    return answer(dispute, etag=dispute.version)
