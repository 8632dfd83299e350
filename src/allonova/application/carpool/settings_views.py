"""What the back office sees of its settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from allonova.domain.carpool.rules import CancelWindow, Corridor
from allonova.domain.carpool.settings import NAMES, BusinessSettings, SettingsRecord, SettingsRevision
from allonova.domain.kernel.geo import Point
from allonova.domain.money.rules import PayoutSchedule

_SPELT = {"start": "from", "end": "to"}
NEVER_CHANGED = 1
"""The version of settings that nobody has changed yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelWindowView:
    """Who cancels less than `hours_before` departure loses `fee_percent` of what he paid."""

    hours_before: int
    fee_percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CorridorPoint:
    """The middle of an area, in WGS84 degrees, and what people call it."""

    lat: float
    lon: float
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorridorView:
    """Two areas between which a seat costs from `floor` to `ceiling` francs, both ways. What is null of the rest is as
    everywhere.
    """

    id: str
    start: CorridorPoint
    end: CorridorPoint
    radius_km: int
    floor: int
    ceiling: int
    commission_percent: int | None
    commission_fixed: int | None
    cancel_windows: tuple[CancelWindowView, ...] | None
    no_show_percent: int | None
    driver_penalty: int | None


CorridorView.__pydantic_config__ = {"alias_generator": lambda name: _SPELT.get(name, name)}  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsView:
    """Every setting as it stands. Francs; `updated_at` is null as long as nobody has changed any."""

    commission_percent: int
    commission_fixed: int
    hold_minutes: int
    cancel_windows: tuple[CancelWindowView, ...]
    no_show_percent: int
    driver_penalty: int
    price_per_km: int
    payout_minimum: int
    payout_schedule: PayoutSchedule
    four_eyes_amount: int
    support_refund_limit: int
    withdraw_minimum: int
    withdraw_daily_limit: int
    withdraw_daily_count: int
    topup_minimum: int
    topup_limit: int
    wallet_limit: int
    referral_bonus_referrer: int
    referral_bonus_referee: int
    legal_retention_days: int
    corridors: tuple[CorridorView, ...]
    allow_auto_accept: bool
    require_kyc_for_driver: bool
    enable_wallet: bool
    templates: Mapping[str, Mapping[str, int]]
    version: int
    updated_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changer:
    """Who of the back office changed something."""

    id: UUID
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedSetting:
    """How a setting was, and how it is since."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsRevisionView:
    """One change of the settings; `version` is the one that it made."""

    id: UUID
    version: int
    by: Changer
    changes: tuple[ChangedSetting, ...]
    created_at: datetime


def settings_view(settings: BusinessSettings, record: SettingsRecord | None) -> SettingsView:
    """The settings with the version that a change must name."""
    shown = {name: settings.value(name) for name in NAMES}
    shown["cancel_windows"] = _windows(settings.rides.cancel_windows)
    shown["corridors"] = tuple(_corridor(one) for one in settings.rides.corridors)
    is_new = record is None or record.version == NEVER_CHANGED
    return SettingsView(
        **shown,
        version=NEVER_CHANGED if record is None else record.version,
        updated_at=None if record is None or is_new else record.updated_at,
    )


def revision_view(revision: SettingsRevision, email: str) -> SettingsRevisionView:
    """A change as the history shows it."""
    changes: Mapping[str, Any] = revision.changes
    return SettingsRevisionView(
        id=revision.id,
        version=revision.version,
        by=Changer(id=revision.admin_id, email=email),
        changes=tuple(
            ChangedSetting(name=name, before=change["before"], after=change["after"])
            for name, change in sorted(changes.items())
        ),
        created_at=revision.created_at,
    )


def _windows(windows: tuple[CancelWindow, ...]) -> tuple[CancelWindowView, ...]:
    return tuple(CancelWindowView(hours_before=one.hours_before, fee_percent=one.fee_percent) for one in windows)


def _corridor(corridor: Corridor) -> CorridorView:
    terms = corridor.terms
    return CorridorView(
        id=corridor.id,
        start=_point(corridor.start, corridor.start_text),
        end=_point(corridor.end, corridor.end_text),
        radius_km=corridor.radius_m // 1000,
        floor=corridor.floor,
        ceiling=corridor.ceiling,
        commission_percent=terms.commission_percent,
        commission_fixed=terms.commission_fixed,
        cancel_windows=None if terms.cancel_windows is None else _windows(terms.cancel_windows),
        no_show_percent=terms.no_show_percent,
        driver_penalty=terms.driver_penalty,
    )


def _point(point: Point, text: str) -> CorridorPoint:
    return CorridorPoint(lat=point.lat, lon=point.lon, text=text or None)
