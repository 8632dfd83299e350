"""One's photo."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Response
from pydantic import Field, StrictInt

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.fields import Body
from allonova.adapters.http.provide import UserCaller, use
from allonova.adapters.http.routes import api_router
from allonova.application.files.grant_upload import GrantUpload
from allonova.application.files.ports import Upload
from allonova.domain.files.upload import MAX_BYTES, FileType, Purpose

router = api_router("Identity")


class PhotoUploadBody(Body):
    """An image to be sent, with its exact size in bytes."""

    content_type: Literal[FileType.JPEG, FileType.PNG, FileType.WEBP]
    size: Annotated[StrictInt, Field(ge=1, le=MAX_BYTES[Purpose.PHOTO])]


@router.post("/me/photo", **spec(Upload, GrantUpload.errors, status=201))
async def grant_photo_upload(
    body: PhotoUploadBody, caller: UserCaller, grant: Annotated[GrantUpload, use(GrantUpload)]
) -> Response:
    """Where to send a photo: one `PUT` with exactly these headers. Then its key in `PATCH /me`, within the hour."""
    upload = await grant(
        caller_id=caller.user_id, purpose=Purpose.PHOTO, content_type=body.content_type, size=body.size
    )
    return answer(upload, status=201)
