"""The figures of the business, as the back office reads and sets them."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import Response
from pydantic import MISSING, ConfigDict, Field, StrictBool, StrictInt, StringConstraints

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.fields import Body, Instant, Line, PointBody
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import AdminCaller, IfMatch, admin, use
from allonova.adapters.http.routes import api_router
from allonova.application.carpool.change_settings import ChangeSettings
from allonova.application.carpool.settings_ports import SettingsQueries
from allonova.application.carpool.settings_views import SettingsRevisionView, SettingsView
from allonova.application.carpool.show_settings import ShowSettings
from allonova.application.kernel.listing import ListQuery, Sort
from allonova.application.notifications.templates import OF_NOVA, Template
from allonova.domain.carpool.settings import (
    BOUNDS,
    FRANCS,
    HOURS_BEFORE,
    MAX_CORRIDORS,
    MAX_WINDOWS,
    PERCENT,
    RADIUS_KM,
    Bounds,
)
from allonova.domain.identity.roles import Area, Right
from allonova.domain.money.rules import PayoutSchedule
from allonova.domain.notifications.stored_templates import MAX_STORED_ID

router = api_router("Back office", "/admin/settings")
type Version = Annotated[int, Field(ge=1, le=999_999_999)]

HISTORY = Listing(
    filters={"version": Version, "admin_id": UUID, "created_at": Instant},
    ranges=["version", "created_at"],
    sortable=["version", "created_at"],
)
NEWEST_FIRST = (Sort("version", descending=True),)


def _within(bounds: Bounds) -> Any:
    return Field(ge=bounds.low, le=bounds.high)


def _of(name: str) -> Any:
    return _within(BOUNDS[name])


type Percent = Annotated[StrictInt, _within(PERCENT)]
type Francs = Annotated[StrictInt, _within(FRANCS)]
type CorridorId = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64), Field(examples=["abidjan-bouake"])
]


type StoredId = Annotated[StrictInt, Field(ge=1, le=MAX_STORED_ID)]
Storable = StrEnum("Storable", {one.name: one.value for one in Template if one not in OF_NOVA})  # type: ignore[misc]  # made of another


class WindowBody(Body):
    """Who cancels less than `hours_before` departure loses `fee_percent` of what he paid."""

    hours_before: Annotated[StrictInt, _within(HOURS_BEFORE)]
    fee_percent: Percent


type Windows = Annotated[
    list[WindowBody], Field(max_length=MAX_WINDOWS, description="The narrowest window that somebody is in counts.")
]


class CorridorPointBody(PointBody):
    """The middle of an area and what people call it."""

    text: Line | None = Field(default=None, examples=["Bouaké"])


class CorridorBody(Body):
    """Two areas and what a seat between them may cost, both ways. What is left out of the rest is as everywhere."""

    model_config = ConfigDict(extra="forbid", serialize_by_alias=True)

    id: CorridorId
    start: CorridorPointBody = Field(alias="from")
    end: CorridorPointBody = Field(alias="to")
    radius_km: Annotated[StrictInt, _within(RADIUS_KM)] = 25
    floor: Francs
    ceiling: Francs
    commission_percent: Percent | None = None
    commission_fixed: Francs | None = None
    cancel_windows: Windows | None = None
    no_show_percent: Percent | None = None
    driver_penalty: Francs | None = None


type Corridors = Annotated[
    list[CorridorBody],
    Field(max_length=MAX_CORRIDORS, description="The whole list; of several the first that covers a trip counts."),
]


class StoredIdsBody(Body):
    """A mail's template at Brevo, by language. In a language that is left out our own words go out."""

    fr: StoredId | MISSING = MISSING
    en: StoredId | MISSING = MISSING


type Templates = Annotated[
    dict[Storable, StoredIdsBody],
    Field(
        description="The whole table: mails that go out by templates that lie at Brevo, with the mail's facts in them.",
        examples=[{"otp": {"fr": 12, "en": 13}}],
    ),
]


class SettingsBody(Body):
    """What is to be otherwise; what is left out stays. Lists are replaced whole."""

    commission_percent: Percent | MISSING = MISSING
    commission_fixed: Francs | MISSING = MISSING
    hold_minutes: Annotated[StrictInt, _of("hold_minutes")] | MISSING = MISSING
    cancel_windows: Windows | MISSING = MISSING
    no_show_percent: Percent | MISSING = MISSING
    driver_penalty: Francs | MISSING = MISSING
    price_per_km: Annotated[StrictInt, _of("price_per_km")] | MISSING = MISSING
    payout_minimum: Annotated[StrictInt, _of("payout_minimum")] | MISSING = MISSING
    payout_schedule: PayoutSchedule | MISSING = MISSING
    four_eyes_amount: Annotated[StrictInt, _of("four_eyes_amount")] | MISSING = MISSING
    support_refund_limit: Annotated[StrictInt, _of("support_refund_limit")] | MISSING = MISSING
    withdraw_minimum: Annotated[StrictInt, _of("withdraw_minimum")] | MISSING = MISSING
    withdraw_daily_limit: Annotated[StrictInt, _of("withdraw_daily_limit")] | MISSING = MISSING
    withdraw_daily_count: Annotated[StrictInt, _of("withdraw_daily_count")] | MISSING = MISSING
    topup_minimum: Annotated[StrictInt, _of("topup_minimum")] | MISSING = MISSING
    topup_limit: Annotated[StrictInt, _of("topup_limit")] | MISSING = MISSING
    wallet_limit: Annotated[StrictInt, _of("wallet_limit")] | MISSING = MISSING
    referral_bonus_referrer: Annotated[StrictInt, _of("referral_bonus_referrer")] | MISSING = MISSING
    referral_bonus_referee: Annotated[StrictInt, _of("referral_bonus_referee")] | MISSING = MISSING
    legal_retention_days: Annotated[StrictInt, _of("legal_retention_days")] | MISSING = MISSING
    corridors: Corridors | MISSING = MISSING
    allow_auto_accept: StrictBool | MISSING = MISSING
    require_kyc_for_driver: StrictBool | MISSING = MISSING
    enable_wallet: StrictBool | MISSING = MISSING
    templates: Templates | MISSING = MISSING

    def to_change(self) -> dict[str, Any]:
        """As the use case takes it."""
        return self.model_dump(mode="json")


@router.get("", **spec(SettingsView, ShowSettings.errors, row=True))
async def get_settings(
    caller: Annotated[AdminCaller, admin(Area.SETTINGS, Right.READ)],
    show: Annotated[ShowSettings, use(ShowSettings)],
) -> Response:
    """Every setting as it stands."""
    settings = await show()
    return answer(settings, etag=settings.version)


@router.patch("", **spec(SettingsView, ChangeSettings.errors, row=True))
async def change_settings(
    body: SettingsBody,
    caller: Annotated[AdminCaller, admin(Area.SETTINGS, Right.ALL)],
    version: IfMatch,
    change: Annotated[ChangeSettings, use(ChangeSettings)],
) -> Response:
    """Set some of them. `If-Match` is required. Every process follows within about a second; what was agreed before
    stays as it was agreed.
    """
    settings = await change(admin_id=caller.admin_id, change=body.to_change(), expected=version)
    return answer(settings, etag=settings.version)


@router.get("/history", **spec(SettingsRevisionView, listed=True, row=True, parameters=HISTORY.parameters()))
async def list_settings_history(
    caller: Annotated[AdminCaller, admin(Area.SETTINGS, Right.READ)],
    query: Annotated[ListQuery, HISTORY.depends()],
    queries: Annotated[SettingsQueries, use(SettingsQueries)],
) -> Response:
    """Who changed which settings, the newest change first unless sorted otherwise."""
    query = replace(query, sort=query.sort or NEWEST_FIRST)
    return answer_page(await queries.history(query), query)
