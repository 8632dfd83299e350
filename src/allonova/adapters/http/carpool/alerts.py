"""Searches that one keeps."""

from __future__ import annotations

from datetime import time
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import Field, StrictInt, StringConstraints

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.fields import Body, Instant, Line, PointBody, SeatCount
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import UserCaller, use
from allonova.adapters.http.routes import api_router
from allonova.application.carpool.alert_queries import AlertQueries
from allonova.application.carpool.alert_views import AlertView
from allonova.application.carpool.remove_alert import RemoveAlert
from allonova.application.carpool.save_alert import AlertDraft, SaveAlert
from allonova.application.kernel.listing import ListQuery
from allonova.application.kernel.ports import Clock
from allonova.domain.carpool.rules import DEFAULT_RADIUS_KM, MAX_RADIUS_KM

router = api_router("Alerts", "/me/alerts")
ALERTS = Listing(filters={"created_at": Instant}, ranges=["created_at"], sortable=["created_at"])

type Weekday = Annotated[StrictInt, Field(ge=1, le=7)]
type ClockTime = Annotated[
    str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$"), Field(examples=["06:30"])
]


class AlertPointBody(PointBody):
    """A point in WGS84 degrees and, if one likes, what one calls it."""

    text: Line | None = Field(None, examples=["Abidjan, Plateau"])


class AlertBody(Body):
    """What one looks for. Days and times are those of the pickup, in Abidjan; `time_to` is included."""

    start: AlertPointBody = Field(alias="from")
    end: AlertPointBody = Field(alias="to")
    radius_km: Annotated[StrictInt, Field(ge=1, le=MAX_RADIUS_KM)] = DEFAULT_RADIUS_KM
    days: list[Weekday] = Field(
        default_factory=list, max_length=7, description="From 1 (Monday) to 7 (Sunday); none stands for all."
    )
    time_from: ClockTime | None = None
    time_to: ClockTime | None = None
    seats: SeatCount = 1
    price_max: Annotated[StrictInt, Field(ge=0, le=1_000_000, description="Francs (XOF) per seat.")] | None = None

    def to_draft(self) -> AlertDraft:
        """As the use case takes it."""
        return AlertDraft(
            start=self.start.to_point(),
            start_text=self.start.text,
            end=self.end.to_point(),
            end_text=self.end.text,
            radius_m=self.radius_km * 1000,
            days=self.days,
            time_from=_read(self.time_from),
            time_to=_read(self.time_to),
            seats=self.seats,
            price_max=self.price_max,
        )


def _read(text: str | None) -> time | None:
    return None if text is None else time.fromisoformat(text)


@router.get("", **spec(AlertView, listed=True, parameters=ALERTS.parameters()))
async def list_alerts(
    caller: UserCaller,
    query: Annotated[ListQuery, ALERTS.depends()],
    queries: Annotated[AlertQueries, use(AlertQueries)],
    clock: Annotated[Clock, use(Clock)],
) -> Response:
    """One's own kept searches that still look."""
    return answer_page(await queries.alerts(caller.user_id, query, now=clock.now()), query)


@router.post("", **spec(AlertView, SaveAlert.errors, status=201))
async def save_alert(body: AlertBody, caller: UserCaller, save: Annotated[SaveAlert, use(SaveAlert)]) -> Response:
    """Keep a search: one is told of each trip that comes to match it, within a minute and once."""
    return answer(await save(caller_id=caller.user_id, draft=body.to_draft()), status=201)


@router.delete("/{id}", **spec(None, RemoveAlert.errors, status=204))
async def remove_alert(id: UUID, caller: UserCaller, remove: Annotated[RemoveAlert, use(RemoveAlert)]) -> Response:
    """Forget one of one's own kept searches."""
    await remove(caller_id=caller.user_id, alert_id=id)
    return Response(status_code=204)
