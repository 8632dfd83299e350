"""Messages to staff in the application."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.dispatch.bodies import staff_router
from allonova.adapters.http.dispatch.staff import AnyStaff
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import use
from allonova.application.dispatch.desk_queries import DeskQueries
from allonova.application.dispatch.desk_views import NotificationView, ReadCount
from allonova.application.dispatch.read_all_notifications import ReadAllNotifications
from allonova.application.dispatch.read_notification import ReadNotification
from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort

router = staff_router("notifications", "/api/notifications")
NOTIFICATIONS = Listing(filters={}, sortable=["dateISO"], extra=["lu"])
NEWEST_FIRST = (Sort("dateISO", descending=True),)
EVER = datetime(2000, 1, 1, tzinfo=UTC)
IS_READ = {True: Filter("luAt", Op.GTE, EVER), False: Filter("luAt", Op.NULL, None)}

type Lu = Annotated[bool | None, Query(description="Read ones, or those that are not.")]


@router.get("", **spec(NotificationView, listed=True, parameters=NOTIFICATIONS.parameters()))
async def list_notifications(
    caller: AnyStaff,
    query: Annotated[ListQuery, NOTIFICATIONS.depends()],
    queries: Annotated[DeskQueries, use(DeskQueries)],
    lu: Lu = None,
) -> Response:
    """One's own messages, the newest first."""
    filters = () if lu is None else (IS_READ[lu],)
    wanted = replace(query, filters=filters, sort=query.sort or NEWEST_FIRST)
    return answer_page(await queries.notifications(caller.societe_id, caller.id, wanted), query)


@router.post("/read-all", **spec(ReadCount, ReadAllNotifications.errors))
async def read_all_notifications(
    caller: AnyStaff, read: Annotated[ReadAllNotifications, use(ReadAllNotifications)]
) -> Response:
    """Mark all of one's own as read; `lues` is how many were not."""
    return answer(await read(by=caller))


@router.post("/{id}/read", **spec(NotificationView, ReadNotification.errors))
async def read_notification(
    id: UUID, caller: AnyStaff, read: Annotated[ReadNotification, use(ReadNotification)]
) -> Response:
    """Mark one of one's own as read; a second time changes nothing."""
    return answer(await read(by=caller, notification_id=id))
