"""Files as browsers and apps fetch and send them: by URLs that they were given, so none of it is in the OpenAPI."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse

from allonova.adapters.http.guard import FILES
from allonova.adapters.http.provide import use
from allonova.application.files.ports import FileStore, SignedFiles
from allonova.domain.kernel.errors import NotFound

PHOTO_LINK = timedelta(minutes=15)
PHOTO_CACHE_S = 600  # shorter than the link that a cache would hold on to
OTHERS_MAY_SHOW = {"Cross-Origin-Resource-Policy": "cross-origin"}

router = APIRouter(include_in_schema=False)


@router.get("/files/photos/{id}.jpg")
async def get_photo(id: UUID, files: Annotated[FileStore, use(FileStore)]) -> Response:
    """Somebody's photo, wherever it lies. Anybody may look; whether it exists, the store will say."""
    link = files.link(f"photos/{id}.jpg", expires=PHOTO_LINK)
    cached = {"Cache-Control": f"public, max-age={PHOTO_CACHE_S}"}
    return RedirectResponse(link, 302, headers={**cached, **OTHERS_MAY_SHOW})


@router.put(FILES + "{key:path}")
async def put_object(key: str, request: Request, files: Annotated[SignedFiles | None, use("signed_files")]) -> Response:
    """An upload that was granted, where files lie in a folder of ours."""
    if files is None:
        raise NotFound
    kind, length = request.headers.get("content-type", ""), request.headers.get("content-length", "")
    size = int(length) if length.isascii() and length.isdigit() else None
    files.require_upload(key, request.query_params, content_type=kind, size=size)
    body = await request.body()
    files.require_upload(key, request.query_params, content_type=kind, size=len(body))
    await files.write(key, body, content_type=kind)
    return Response(status_code=200)


@router.get(FILES + "{key:path}")
async def get_object(key: str, request: Request, files: Annotated[SignedFiles | None, use("signed_files")]) -> Response:
    """A file by its link, where files lie in a folder of ours. Never taken for anything but what it is."""
    if files is None:
        raise NotFound
    given = await files.give(key, request.query_params)
    headers = {"Cache-Control": "private, max-age=60", "Content-Length": str(given.size), **OTHERS_MAY_SHOW}
    if given.name is not None:
        headers["Content-Disposition"] = f'attachment; filename="{given.name}"'
    return StreamingResponse(given.pieces, media_type=given.content_type, headers=headers)
