"""What one was told, in the app."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import AfterValidator, Field

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.fields import Instant
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import UserCaller, use
from allonova.adapters.http.routes import api_router
from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort
from allonova.application.notifications.notice_queries import NoticeQueries
from allonova.application.notifications.notice_views import NoticeView, ReadNotices
from allonova.application.notifications.read_notice import ReadAllNotices, ReadNotice
from allonova.application.notifications.ways import WAYS

router = api_router("Notifications", "/notifications")
TYPES = tuple(template.value for template in WAYS)


def _known(value: str) -> str:
    if value not in TYPES:
        raise ValueError("no type of a notification")
    return value


type NoticeType = Annotated[str, Field(json_schema_extra={"enum": list(TYPES)}), AfterValidator(_known)]
NOTICES = Listing(
    filters={"type": NoticeType, "created_at": Instant}, ranges=["created_at"], sortable=["created_at"], extra=["read"]
)
NEWEST_FIRST = (Sort("created_at", descending=True),)
EVER = datetime(2000, 1, 1, tzinfo=UTC)
IS_READ = {True: Filter("read_at", Op.GTE, EVER), False: Filter("read_at", Op.NULL, None)}

type Read = Annotated[bool | None, Query(description="Read ones, or those that are not.")]


@router.get("", **spec(NoticeView, listed=True, parameters=NOTICES.parameters()))
async def list_notices(
    caller: UserCaller,
    query: Annotated[ListQuery, NOTICES.depends()],
    queries: Annotated[NoticeQueries, use(NoticeQueries)],
    read: Read = None,
) -> Response:
    """What one was told, in one's language of today, the newest first unless sorted otherwise."""
    filters = query.filters if read is None else (*query.filters, IS_READ[read])
    wanted = replace(query, filters=filters, sort=query.sort or NEWEST_FIRST)
    return answer_page(await queries.notices(caller.user_id, wanted), query)


@router.post("/read-all", **spec(ReadNotices, ReadAllNotices.errors))
async def read_all_notices(caller: UserCaller, read: Annotated[ReadAllNotices, use(ReadAllNotices)]) -> Response:
    """Mark all as read; `read` is how many were not."""
    return answer(await read(caller_id=caller.user_id))


@router.post("/{id}/read", **spec(NoticeView, ReadNotice.errors))
async def read_notice(id: UUID, caller: UserCaller, read: Annotated[ReadNotice, use(ReadNotice)]) -> Response:
    """Mark one as read; a second time changes nothing."""
    return answer(await read(caller_id=caller.user_id, notice_id=id))
