"""Reports about people and flagged messages, to the back office."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import MISSING, Field, StrictBool

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.fields import Body, Instant, Text, given
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import AdminCaller, admin, use
from allonova.adapters.http.routes import api_router
from allonova.application.carpool.moderation_queries import ModerationQueries
from allonova.application.carpool.moderation_views import CaseDetail, CaseView
from allonova.application.carpool.review_case import ReviewCase, Verdict
from allonova.application.carpool.show_case import ShowCase
from allonova.application.kernel.listing import ListQuery, Sort
from allonova.domain.carpool.moderation import CaseKind, CaseStatus, Outcome
from allonova.domain.identity.roles import Area, Right

router = api_router("Back office", "/admin/moderation")

CASES = Listing(
    filters={"kind": CaseKind, "status": CaseStatus, "about": UUID, "by": UUID, "created_at": Instant},
    ranges=["created_at"],
    sortable=["created_at"],
)
NEWEST_FIRST = (Sort("created_at", descending=True),)


class ReviewBody(Body):
    """What was found. `hidden`, of a message alone, takes it from the sight of both sides, or gives it back."""

    status: Outcome
    hidden: StrictBool | MISSING = MISSING
    note: Text | None = Field(None, examples=["Numéro de téléphone avant paiement, première fois."])


@router.get("", **spec(CaseView, listed=True, row=True, parameters=CASES.parameters()))
async def list_cases(
    caller: Annotated[AdminCaller, admin(Area.MODERATION, Right.READ)],
    query: Annotated[ListQuery, CASES.depends()],
    queries: Annotated[ModerationQueries, use(ModerationQueries)],
) -> Response:
    """Reports about people, and messages that hint at a deal past the platform; the newest first unless sorted
    otherwise.
    """
    query = replace(query, sort=query.sort or NEWEST_FIRST)
    return answer_page(await queries.cases(query), query)


@router.get("/{kind}/{id}", **spec(CaseDetail, ShowCase.errors, row=True))
async def get_case(
    kind: CaseKind,
    id: UUID,
    caller: Annotated[AdminCaller, admin(Area.MODERATION, Right.READ)],
    show: Annotated[ShowCase, use(ShowCase)],
) -> Response:
    """A report or a message with its two people and what was written around it."""
    return answer(await show(kind=kind, id=id))


@router.patch("/{kind}/{id}", **spec(CaseDetail, ReviewCase.errors, row=True))
async def review_case(
    kind: CaseKind,
    id: UUID,
    body: ReviewBody,
    caller: Annotated[AdminCaller, admin(Area.MODERATION, Right.ALL)],
    review: Annotated[ReviewCase, use(ReviewCase)],
) -> Response:
    """Say what was in it; the last word counts. Closing somebody's account is `PATCH /admin/users/{id}`."""
    verdict = Verdict(outcome=body.status, note=body.note, hides=given(body.hidden))
    return answer(await review(admin_id=caller.admin_id, kind=kind, id=id, verdict=verdict))
