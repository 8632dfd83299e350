"""The review of papers in the back office."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Response
from pydantic import StringConstraints

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.fields import Body, Instant, Text
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import AdminCaller, admin, use
from allonova.adapters.http.routes import api_router
from allonova.application.kernel.listing import ListQuery
from allonova.application.kyc.confirm_gender import ConfirmGender
from allonova.application.kyc.list_waiting_papers import ListWaitingPapers
from allonova.application.kyc.review_paper import ReviewPaper
from allonova.application.kyc.views import ReviewedPaperView, WaitingPaperView
from allonova.domain.identity.roles import Area, Right
from allonova.domain.identity.user import Gender
from allonova.domain.kyc.document import DocType, KycAction

router = api_router("Back office: papers", "/admin/kyc")
WAITING = Listing(
    filters={"doc_type": DocType, "created_at": Instant}, ranges=["created_at"], sortable=["created_at", "doc_type"]
)
type Notes = Annotated[Text, StringConstraints(max_length=500)]
type PaperGender = Literal["female", "male"]
type Reviewer = Annotated[AdminCaller, admin(Area.KYC, Right.ALL)]


class ApprovalBody(Body):
    """A yes; `notes` are for the owner. `gender` is what an identity paper says: a woman whose paper says so may offer
    and take trips for women alone.
    """

    notes: Notes | None = None
    gender: PaperGender | None = None


class GenderBody(Body):
    """What the paper says."""

    gender: PaperGender


class RejectionBody(Body):
    """A no, and what the owner should do about it."""

    notes: Notes


@router.get(
    "/pending",
    **spec(WaitingPaperView, ListWaitingPapers.errors, listed=True, row=True, parameters=WAITING.parameters()),
)
async def list_waiting_papers(
    caller: Reviewer,
    query: Annotated[ListQuery, WAITING.depends()],
    waiting: Annotated[ListWaitingPapers, use(ListWaitingPapers)],
) -> Response:
    """Papers that wait, the oldest first, with short links to their files. That you saw them is written down."""
    return answer_page(await waiting(admin_id=caller.admin_id, query=query), query)


@router.post("/{id}/approve", **spec(ReviewedPaperView, ReviewPaper.errors, row=True))
async def approve_paper(
    id: UUID, body: ApprovalBody, caller: Reviewer, review: Annotated[ReviewPaper, use(ReviewPaper)]
) -> Response:
    """The paper is good; its owner is told. `conflict` when it says another gender than he does of himself."""
    gender = None if body.gender is None else Gender(body.gender)
    paper = await review(
        admin_id=caller.admin_id, document_id=id, action=KycAction.APPROVE, notes=body.notes, gender=gender
    )
    return answer(paper)


@router.post("/{id}/gender", **spec(ReviewedPaperView, ConfirmGender.errors, row=True))
async def confirm_gender(
    id: UUID, body: GenderBody, caller: Reviewer, confirm: Annotated[ConfirmGender, use(ConfirmGender)]
) -> Response:
    """What an approved identity paper says of its owner's gender. Nobody but he is shown that it was confirmed."""
    return answer(await confirm(admin_id=caller.admin_id, document_id=id, gender=Gender(body.gender)))


@router.post("/{id}/reject", **spec(ReviewedPaperView, ReviewPaper.errors, row=True))
async def reject_paper(
    id: UUID, body: RejectionBody, caller: Reviewer, review: Annotated[ReviewPaper, use(ReviewPaper)]
) -> Response:
    """The paper is not good; its owner is told why."""
    paper = await review(admin_id=caller.admin_id, document_id=id, action=KycAction.REJECT, notes=body.notes)
    return answer(paper)
