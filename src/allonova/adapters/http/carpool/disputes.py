"""What a side of a booking complains of."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import AfterValidator, Field, StrictInt, StringConstraints

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.fields import Body, Instant, Line, printable
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import UserCaller, use
from allonova.adapters.http.routes import api_router
from allonova.application.carpool.add_evidence import AddEvidence, GrantEvidenceUpload
from allonova.application.carpool.dispute_queries import DisputeQueries
from allonova.application.carpool.dispute_views import (
    DisputeDetail,
    DisputeView,
    EvidenceView,
    dispute_view,
)
from allonova.application.carpool.open_dispute import OpenDispute
from allonova.application.carpool.show_dispute import ShowDispute
from allonova.application.files.ports import Upload
from allonova.application.kernel.listing import ListQuery, Page, Sort
from allonova.domain.carpool.dispute import MAX_DESCRIPTION, MAX_NOTE, DisputeCategory, DisputeStatus
from allonova.domain.files.upload import MAX_BYTES, FileType, Purpose

router = api_router("Disputes", "/disputes")
DISPUTES = Listing(
    filters={"status": DisputeStatus, "category": DisputeCategory, "booking_id": UUID, "created_at": Instant},
    ranges=["created_at"],
    sortable=["created_at", "updated_at"],
)
NEWEST_FIRST = (Sort("created_at", descending=True),)

type Description = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=MAX_DESCRIPTION),
    AfterValidator(printable),
    Field(examples=["Le conducteur m'a fait payer les bagages en plus."]),
]
type Note = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_NOTE), AfterValidator(printable)
]


class DisputeBody(Body):
    """What happened on which booking, in one's own words."""

    booking_id: UUID
    category: DisputeCategory
    description: Description


class EvidenceUploadBody(Body):
    """A picture or a PDF that proves something, with its exact size in bytes."""

    content_type: FileType
    size: Annotated[StrictInt, Field(ge=1, le=MAX_BYTES[Purpose.EVIDENCE])]


class EvidenceBody(Body):
    """Words, the `object_key` of an upload for a dispute, or both."""

    object_key: Line | None = None
    note: Note | None = None


@router.post("", **spec(DisputeDetail, OpenDispute.errors, status=201))
async def open_dispute(
    body: DisputeBody, caller: UserCaller, open_one: Annotated[OpenDispute, use(OpenDispute)]
) -> Response:
    """Complain of a booking of one's own that was accepted, until thirty days after its ride. Its money stays where it
    is until the back office has decided; the other side is told and may answer.
    """
    made = await open_one(
        caller_id=caller.user_id, booking_id=body.booking_id, category=body.category, description=body.description
    )
    return answer(made, status=201, etag=made.version)


@router.get("", **spec(DisputeView, listed=True, parameters=DISPUTES.parameters()))
async def list_disputes(
    caller: UserCaller,
    query: Annotated[ListQuery, DISPUTES.depends()],
    queries: Annotated[DisputeQueries, use(DisputeQueries)],
) -> Response:
    """Those that one opened and those about oneself, the newest first unless sorted otherwise."""
    page = await queries.disputes_of(caller.user_id, replace(query, sort=query.sort or NEWEST_FIRST))
    return answer_page(Page([dispute_view(each, caller.user_id) for each in page.items], page.total), query)


@router.get("/{id}", **spec(DisputeDetail, ShowDispute.errors))
async def show_dispute(id: UUID, caller: UserCaller, show: Annotated[ShowDispute, use(ShowDispute)]) -> Response:
    """A dispute, with the evidence that one gave oneself; its links work for ten minutes."""
    found = await show(caller_id=caller.user_id, dispute_id=id)
    return answer(found, etag=found.version)


@router.post("/{id}/uploads", **spec(Upload, GrantEvidenceUpload.errors, status=201))
async def grant_evidence_upload(
    id: UUID,
    body: EvidenceUploadBody,
    caller: UserCaller,
    grant: Annotated[GrantEvidenceUpload, use(GrantEvidenceUpload)],
) -> Response:
    """Where to send a file: one `PUT` with exactly these headers. Then its key as evidence, within the hour."""
    upload = await grant(caller_id=caller.user_id, dispute_id=id, content_type=body.content_type, size=body.size)
    return answer(upload, status=201)


@router.post("/{id}/evidence", **spec(EvidenceView, AddEvidence.errors, status=201))
async def add_evidence(
    id: UUID, body: EvidenceBody, caller: UserCaller, add: Annotated[AddEvidence, use(AddEvidence)]
) -> Response:
    """Answer, explain or prove something, ten times at most, as long as nothing is decided. The back office reads it,
    the other side does not.
    """
    made = await add(caller_id=caller.user_id, dispute_id=id, object_key=body.object_key, note=body.note)
    return answer(made, status=201)
