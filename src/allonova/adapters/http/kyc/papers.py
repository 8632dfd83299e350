"""One's identity papers."""

from __future__ import annotations

from typing import Annotated

from fastapi import Response
from pydantic import AfterValidator, Field, StrictInt, StringConstraints

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.fields import Body, ObjectKey
from allonova.adapters.http.provide import UserCaller, use
from allonova.adapters.http.routes import api_router
from allonova.application.files.grant_upload import GrantUpload
from allonova.application.files.ports import Upload
from allonova.application.kyc.show_papers import ShowPapers
from allonova.application.kyc.submit_paper import PaperDraft, SubmitPaper
from allonova.application.kyc.views import KycView, PaperView
from allonova.domain.files.upload import MAX_BYTES, FileType, Purpose
from allonova.domain.kyc.document import DocType

router = api_router("Papers", "/me/kyc")

type DocNumber = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ./\-]{3,38}[A-Za-z0-9]$"),
    AfterValidator(str.upper),
    Field(examples=["CI0123456789"]),
]


class PaperUploadBody(Body):
    """A file to be sent: an image or a PDF, with its exact size in bytes."""

    content_type: FileType
    size: Annotated[StrictInt, Field(ge=1, le=MAX_BYTES[Purpose.PAPER])]


class PaperBody(Body):
    """A paper: its number, and what was sent by the uploads of its sides."""

    doc_type: DocType
    doc_number: DocNumber
    front_key: ObjectKey
    back_key: ObjectKey | None = None


@router.post("/uploads", **spec(Upload, GrantUpload.errors, status=201))
async def grant_paper_upload(
    body: PaperUploadBody, caller: UserCaller, grant: Annotated[GrantUpload, use(GrantUpload)]
) -> Response:
    """Where to send a side of a paper: one `PUT` with exactly these headers. Use it within the hour."""
    upload = await grant(
        caller_id=caller.user_id, purpose=Purpose.PAPER, content_type=body.content_type, size=body.size
    )
    return answer(upload, status=201)


@router.post("", **spec(PaperView, SubmitPaper.errors, status=201))
async def submit_paper(
    body: PaperBody, caller: UserCaller, submit: Annotated[SubmitPaper, use(SubmitPaper)]
) -> Response:
    """Hand in a paper for review. One that was rejected may be handed in again."""
    paper = await submit(caller_id=caller.user_id, draft=PaperDraft(**body.model_dump()))
    return answer(paper, status=201)


@router.get("/status", **spec(KycView, ShowPapers.errors))
async def show_papers(caller: UserCaller, show: Annotated[ShowPapers, use(ShowPapers)]) -> Response:
    """How one's identity stands: approved once an identity card or a passport is. To publish trips, a licence too."""
    return answer(await show(caller_id=caller.user_id))
