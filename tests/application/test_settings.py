"""The figures of the business: their bounds, and what a corridor has of its own."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from allonova.application.carpool.settings_document import changes_between, read_settings, written
from allonova.application.carpool.settings_views import SettingsView
from allonova.domain.carpool.rules import ABIDJAN_YAMOUSSOUKRO, CancelWindow, Corridor, Rules, Terms
from allonova.domain.carpool.settings import (
    BOUNDS,
    MAX_CORRIDORS,
    MAX_WINDOWS,
    NAMES,
    ORDERED,
    BusinessSettings,
)
from allonova.domain.kernel.geo import Point
from allonova.domain.money.rules import MoneyRules, PayoutSchedule

ABIDJAN, YAMOUSSOUKRO, BOUAKE = Point(5.35, -4.0), Point(6.82, -5.28), Point(7.69, -5.03)
DEFAULTS = BusinessSettings(rides=Rules(), money=MoneyRules())
DEPARTURE = datetime.fromisoformat("2026-03-29T08:00:00Z")
A_CORRIDOR = {
    "id": "abidjan-bouake",
    "from": {"lat": 5.35, "lon": -4.0, "text": "Abidjan"},
    "to": {"lat": 7.69, "lon": -5.03},
    "radius_km": 30,
    "floor": 4_000,
    "ceiling": 12_000,
}


def faults(**document: Any) -> list[tuple[str, str]]:
    """What is wrong with the defaults once these are set."""
    return [(fault.path, fault.code) for fault in read_settings(document, DEFAULTS).faults()]


def settings_with(name: str, value: int) -> BusinessSettings:
    """The defaults with one number, and whatever must be above it far above."""
    wide = replace(MoneyRules(), withdraw_daily_limit=10**9, topup_limit=10**9, wallet_limit=10**9)
    base = replace(DEFAULTS, money=wide)
    return read_settings({low: 1 for low, high in ORDERED if high == name} | {name: value}, base)


def test_every_setting_is_shown_and_every_number_has_bounds() -> None:
    assert {one.name for one in fields(SettingsView)} == NAMES | {"version", "updated_at"}
    numbers = {name for name in NAMES if type(DEFAULTS.value(name)) is int}
    assert numbers == BOUNDS.keys()


def test_defaults_have_no_fault() -> None:
    assert DEFAULTS.faults() == ()


@pytest.mark.parametrize("name", BOUNDS)
def test_number_is_refused_when_it_is_out_of_its_bounds_and_no_sooner(name: str) -> None:
    bounds = BOUNDS[name]
    for inside in (bounds.low, bounds.high):
        found = settings_with(name, inside).faults()
        assert all(fault.code == "above_limit" for fault in found), inside
    for outside in (bounds.low - 1, bounds.high + 1):
        assert (name, "out_of_range") in [(fault.path, fault.code) for fault in settings_with(name, outside).faults()]


@pytest.mark.parametrize(("low", "high"), ORDERED)
def test_least_is_refused_when_it_is_above_the_most(low: str, high: str) -> None:
    assert (low, "above_limit") in faults(**{low: 10_001, high: 10_000})
    assert (low, "above_limit") not in faults(**{low: 10_000, high: 10_000})


def test_windows_stand_with_the_widest_first_in_whichever_order_they_came() -> None:
    given = [{"hours_before": hours, "fee_percent": fee} for hours, fee in ((2, 60), (48, 10), (24, 40))]
    settings = read_settings({"cancel_windows": given}, DEFAULTS)
    assert settings.rides.cancel_windows == (CancelWindow(48, 10), CancelWindow(24, 40), CancelWindow(2, 60))
    assert settings.faults() == ()


def test_windows_are_refused_when_one_comes_twice_or_is_out_of_bounds() -> None:
    def window(hours_before: int, fee_percent: int) -> dict[str, int]:
        return {"hours_before": hours_before, "fee_percent": fee_percent}

    assert faults(cancel_windows=[window(24, 30), window(24, 40)]) == [("cancel_windows.1.hours_before", "repeated")]
    assert faults(cancel_windows=[window(721, 101), window(0, -1)]) == [
        ("cancel_windows.0.hours_before", "out_of_range"),
        ("cancel_windows.0.fee_percent", "out_of_range"),
        ("cancel_windows.1.hours_before", "out_of_range"),
        ("cancel_windows.1.fee_percent", "out_of_range"),
    ]
    many = [window(hours, 10) for hours in range(1, MAX_WINDOWS + 2)]
    assert faults(cancel_windows=many) == [("cancel_windows", "too_many")]
    assert faults(cancel_windows=many[1:]) == []


def test_corridors_are_refused_when_they_are_no_corridors() -> None:
    assert faults(corridors=[A_CORRIDOR, A_CORRIDOR]) == [("corridors.1.id", "repeated")]
    assert faults(corridors=[A_CORRIDOR | {"floor": 12_001}]) == [("corridors.0.floor", "above_limit")]
    assert faults(corridors=[A_CORRIDOR | {"floor": 12_000}]) == []
    assert faults(corridors=[A_CORRIDOR | {"radius_km": 101, "commission_percent": 101}]) == [
        ("corridors.0.radius_km", "out_of_range"),
        ("corridors.0.commission_percent", "out_of_range"),
    ]
    twice = [{"hours_before": 5, "fee_percent": 5}] * 2
    assert faults(corridors=[A_CORRIDOR | {"cancel_windows": twice}]) == [
        ("corridors.0.cancel_windows.1.hours_before", "repeated")
    ]
    many = [A_CORRIDOR | {"id": f"c-{number}"} for number in range(MAX_CORRIDORS + 1)]
    assert faults(corridors=many) == [("corridors", "too_many")]


def test_document_gives_back_what_was_written() -> None:
    corridor = A_CORRIDOR | {"cancel_windows": [{"hours_before": 5, "fee_percent": 5}], "driver_penalty": 0}
    settings = read_settings({"corridors": [corridor], "payout_schedule": "daily", "enable_wallet": False}, DEFAULTS)
    assert settings.money.payout_schedule is PayoutSchedule.DAILY
    (found,) = settings.rides.corridors
    assert (found.terms.driver_penalty, found.terms.commission_percent, found.radius_m) == (0, None, 30_000)
    document = written(settings, NAMES)
    assert read_settings(document | {"given_up_long_ago": 1}, DEFAULTS) == settings
    assert changes_between(DEFAULTS, settings)["payout_schedule"] == {"before": "weekly", "after": "daily"}
    assert changes_between(settings, settings) == {}


def test_corridor_covers_both_ways_within_its_radius_and_nothing_else() -> None:
    rules = Rules(corridors=(corridor_of(commission_percent=5),))
    assert rules.between(ABIDJAN, YAMOUSSOUKRO).commission_percent == 5
    assert rules.between(YAMOUSSOUKRO, ABIDJAN).commission_percent == 5
    for start, end in ((ABIDJAN, BOUAKE), (BOUAKE, YAMOUSSOUKRO), (ABIDJAN, ABIDJAN)):
        assert rules.between(start, end) == rules


def test_first_corridor_counts_when_two_cover_a_trip() -> None:
    first, second = corridor_of(no_show_percent=70), corridor_of(no_show_percent=60, driver_penalty=1)
    rules = Rules(corridors=(first, second)).between(ABIDJAN, YAMOUSSOUKRO)
    assert (rules.no_show_percent, rules.driver_penalty) == (70, 1_000)


def test_corridor_has_its_own_figures_where_it_says_so_and_else_the_general_ones() -> None:
    general = Rules(commission_percent=10, driver_penalty=1_000, corridors=(corridor_of(),))
    assert general.between(ABIDJAN, YAMOUSSOUKRO) == general
    own = corridor_of(
        commission_percent=0,
        commission_fixed=200,
        cancel_windows=(CancelWindow(6, 80),),
        no_show_percent=40,
        driver_penalty=0,
    )
    rules = replace(general, corridors=(own,)).between(ABIDJAN, YAMOUSSOUKRO)
    assert rules.commission(6_000) == 200
    assert rules.passenger_fee(6_000, DEPARTURE, DEPARTURE - timedelta(hours=7)) == 0
    assert rules.passenger_fee(6_000, DEPARTURE, DEPARTURE - timedelta(hours=5)) == 4_800
    assert rules.no_show_fee(6_000) == 2_400
    assert rules.penalty(DEPARTURE, DEPARTURE - timedelta(hours=1)) == 0
    assert rules.hold_minutes == general.hold_minutes


def corridor_of(**terms: Any) -> Corridor:
    """Abidjan and Yamoussoukro, on these terms."""
    return replace(ABIDJAN_YAMOUSSOUKRO, terms=Terms(**terms))
