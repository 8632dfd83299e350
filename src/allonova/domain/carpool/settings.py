"""What the back office sets: the figures of the business, and within which bounds they stay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from allonova.domain.carpool.rules import MAX_RADIUS_KM, CancelWindow, Corridor, Rules, Terms
from allonova.domain.kernel.errors import FieldError
from allonova.domain.kernel.money import MAX_AMOUNT_XOF
from allonova.domain.money.rules import MoneyRules
from allonova.domain.notifications.stored_templates import MessageRules


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the most that a number may be."""

    low: int
    high: int


PERCENT = Bounds(0, 100)
FRANCS = Bounds(0, MAX_AMOUNT_XOF)
SOME_FRANCS = Bounds(1, MAX_AMOUNT_XOF)
HOURS_BEFORE = Bounds(1, 30 * 24)
RADIUS_KM = Bounds(1, MAX_RADIUS_KM)
MAX_WINDOWS = 10
MAX_CORRIDORS = 200

TERM_BOUNDS: Mapping[str, Bounds] = {
    "commission_percent": PERCENT,
    "commission_fixed": FRANCS,
    "no_show_percent": PERCENT,
    "driver_penalty": FRANCS,
}
"""Of the numbers that a corridor may have otherwise."""

BOUNDS: Mapping[str, Bounds] = {
    **TERM_BOUNDS,
    "hold_minutes": Bounds(1, 24 * 60),
    "price_per_km": Bounds(1, 1_000),
    "payout_minimum": SOME_FRANCS,
    "four_eyes_amount": FRANCS,
    "support_refund_limit": FRANCS,
    "withdraw_minimum": SOME_FRANCS,
    "withdraw_daily_limit": SOME_FRANCS,
    "withdraw_daily_count": Bounds(1, 100),
    "topup_minimum": SOME_FRANCS,
    "topup_limit": SOME_FRANCS,
    "wallet_limit": SOME_FRANCS,
    "referral_bonus_referrer": FRANCS,
    "referral_bonus_referee": FRANCS,
    "legal_retention_days": Bounds(5 * 365, 30 * 365),
}
"""Of every number among the settings."""

ORDERED = (
    ("withdraw_minimum", "withdraw_daily_limit"),
    ("topup_minimum", "topup_limit"),
    ("topup_minimum", "wallet_limit"),
)
"""The first is never more than the second: else nobody could do either."""

OF_RIDES = frozenset(one.name for one in fields(Rules))
OF_MONEY = frozenset(one.name for one in fields(MoneyRules))
OF_MESSAGES = frozenset(one.name for one in fields(MessageRules))
NAMES = OF_RIDES | OF_MONEY | OF_MESSAGES


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessSettings:
    """All that the back office sets."""

    rides: Rules
    money: MoneyRules
    messages: MessageRules = field(default_factory=MessageRules)

    def value(self, name: str) -> Any:
        """A setting by its name."""
        return getattr(self._holder(name), name)

    def _holder(self, name: str) -> Rules | MoneyRules | MessageRules:
        if name in OF_RIDES:
            return self.rides
        return self.messages if name in OF_MESSAGES else self.money

    def faults(self) -> tuple[FieldError, ...]:
        """What must not stay so: numbers out of their bounds, floors above ceilings, what is there twice."""
        return tuple(self._faults())

    def _faults(self) -> Iterator[FieldError]:
        for name, bounds in BOUNDS.items():
            yield from _outside(name, self.value(name), bounds)
        for low, high in ORDERED:
            if self.value(low) > self.value(high):
                yield FieldError(low, "above_limit", f"at most {high} ({self.value(high)})")
        yield from _windows("cancel_windows", self.rides.cancel_windows)
        yield from _corridors(self.rides.corridors)
        yield from self.messages.faults()


def _outside(path: str, value: int, bounds: Bounds) -> Iterator[FieldError]:
    if not bounds.low <= value <= bounds.high:
        yield FieldError(path, "out_of_range", f"between {bounds.low} and {bounds.high}")


def _repeated(path: str, values: Iterable[object]) -> Iterator[FieldError]:
    seen: set[object] = set()
    for index, value in enumerate(values):
        if value in seen:
            yield FieldError(path.format(index), "repeated", "already given")
        seen.add(value)


def _windows(path: str, windows: Sequence[CancelWindow]) -> Iterator[FieldError]:
    if len(windows) > MAX_WINDOWS:
        yield FieldError(path, "too_many", f"at most {MAX_WINDOWS}")
    yield from _repeated(f"{path}.{{}}.hours_before", (window.hours_before for window in windows))
    for index, window in enumerate(windows):
        yield from _outside(f"{path}.{index}.hours_before", window.hours_before, HOURS_BEFORE)
        yield from _outside(f"{path}.{index}.fee_percent", window.fee_percent, PERCENT)


def _corridors(corridors: Sequence[Corridor]) -> Iterator[FieldError]:
    if len(corridors) > MAX_CORRIDORS:
        yield FieldError("corridors", "too_many", f"at most {MAX_CORRIDORS}")
    yield from _repeated("corridors.{}.id", (corridor.id for corridor in corridors))
    for index, corridor in enumerate(corridors):
        path = f"corridors.{index}"
        yield from _outside(f"{path}.radius_km", corridor.radius_m // 1000, RADIUS_KM)
        yield from _outside(f"{path}.floor", corridor.floor, FRANCS)
        yield from _outside(f"{path}.ceiling", corridor.ceiling, FRANCS)
        if corridor.floor > corridor.ceiling:
            yield FieldError(f"{path}.floor", "above_limit", f"at most ceiling ({corridor.ceiling})")
        yield from _terms(path, corridor.terms)


def _terms(path: str, terms: Terms) -> Iterator[FieldError]:
    for name, bounds in TERM_BOUNDS.items():
        value = getattr(terms, name)
        if value is not None:
            yield from _outside(f"{path}.{name}", value, bounds)
    if terms.cancel_windows is not None:
        yield from _windows(f"{path}.cancel_windows", terms.cancel_windows)


@dataclass(slots=True, kw_only=True)
class SettingsRecord:
    """What the back office has set, by name, as JSON has it; whatever is not there is as the service has it by itself.
    There is one record.
    """

    id: UUID
    document: dict[str, Any] = field(default_factory=dict)
    version: int = 1
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsRevision:
    """One change of the settings: which version it made, and what was before and after, by name."""

    id: UUID
    version: int
    admin_id: UUID
    changes: dict[str, Any]
    created_at: datetime
