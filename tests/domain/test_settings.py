"""What the back office may set, within which bounds, and what a corridor does otherwise than the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from allonova.domain.carpool.rules import ABIDJAN_YAMOUSSOUKRO, CancelWindow, Corridor, Rules, Terms
from allonova.domain.carpool.settings import BOUNDS, MAX_CORRIDORS, MAX_WINDOWS, BusinessSettings
from allonova.domain.kernel.geo import Point
from allonova.domain.money.rules import MoneyRules
from tests.support.factories import ABIDJAN, BOUAKE, NDOUCI, YAMOUSSOUKRO

DEFAULTS = BusinessSettings(rides=Rules(), money=MoneyRules())
RIDES = {"commission_percent", "commission_fixed", "no_show_percent", "driver_penalty", "hold_minutes", "price_per_km"}
MOST_FRANCS = 9_999_999_999


def with_value(name: str, value: Any) -> BusinessSettings:
    if name in RIDES or name in {"cancel_windows", "corridors"}:
        return replace(DEFAULTS, rides=replace(DEFAULTS.rides, **{name: value}))
    return replace(DEFAULTS, money=replace(DEFAULTS.money, **{name: value}))


def faults(settings: BusinessSettings) -> list[tuple[str, str, str]]:
    return [(fault.path, fault.code, fault.message) for fault in settings.faults()]


def test_sound_when_nothing_was_set() -> None:
    assert DEFAULTS.faults() == ()
    assert (DEFAULTS.value("hold_minutes"), DEFAULTS.value("payout_minimum")) == (30, 5_000)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("commission_percent", 0, 100),
        ("commission_fixed", 0, MOST_FRANCS),
        ("no_show_percent", 0, 100),
        ("driver_penalty", 0, MOST_FRANCS),
        ("hold_minutes", 1, 1_440),
        ("price_per_km", 1, 1_000),
        ("payout_minimum", 1, MOST_FRANCS),
        ("four_eyes_amount", 0, MOST_FRANCS),
        ("support_refund_limit", 0, MOST_FRANCS),
        ("withdraw_minimum", 1, MOST_FRANCS),
        ("withdraw_daily_limit", 1, MOST_FRANCS),
        ("withdraw_daily_count", 1, 100),
        ("topup_minimum", 1, MOST_FRANCS),
        ("topup_limit", 1, MOST_FRANCS),
        ("wallet_limit", 1, MOST_FRANCS),
        ("referral_bonus_referrer", 0, MOST_FRANCS),
        ("referral_bonus_referee", 0, MOST_FRANCS),
        ("legal_retention_days", 1_825, 10_950),
    ],
)
def test_refused_when_a_number_is_out_of_its_bounds(name: str, low: int, high: int) -> None:
    told = (name, "out_of_range", f"between {low} and {high}")
    for value in (low, high):
        assert told not in faults(with_value(name, value))
    for value in (low - 1, high + 1):
        assert told in faults(with_value(name, value))
    assert name in BOUNDS


@pytest.mark.parametrize(
    ("low", "high"),
    [("withdraw_minimum", "withdraw_daily_limit"), ("topup_minimum", "topup_limit"), ("topup_minimum", "wallet_limit")],
)
def test_refused_when_the_least_is_more_than_the_most(low: str, high: str) -> None:
    most = DEFAULTS.value(high)
    assert (low, "above_limit", f"at most {high} ({most})") not in faults(with_value(low, most))
    assert (low, "above_limit", f"at most {high} ({most})") in faults(with_value(low, most + 1))


def windows(*pairs: tuple[int, int]) -> tuple[CancelWindow, ...]:
    return tuple(CancelWindow(hours, percent) for hours, percent in pairs)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (windows((1, 0), (720, 100)), []),
        (windows(*((hours, 10) for hours in range(1, MAX_WINDOWS + 1))), []),
        (windows(*((hours, 10) for hours in range(1, MAX_WINDOWS + 2))), [("", "too_many", "at most 10")]),
        (windows((24, 30), (2, 50), (24, 10)), [(".2.hours_before", "repeated", "already given")]),
        (windows((0, 30)), [(".0.hours_before", "out_of_range", "between 1 and 720")]),
        (windows((24, 30), (721, 30)), [(".1.hours_before", "out_of_range", "between 1 and 720")]),
        (windows((24, 101)), [(".0.fee_percent", "out_of_range", "between 0 and 100")]),
    ],
)
def test_refused_when_windows_of_cancelling_mean_nothing(
    given: tuple[CancelWindow, ...], found: list[tuple[str, str, str]]
) -> None:
    def at(path: str) -> list[tuple[str, str, str]]:
        return [(path + end, code, message) for end, code, message in found]

    assert faults(with_value("cancel_windows", given)) == at("cancel_windows")
    corridor = replace(ABIDJAN_YAMOUSSOUKRO, terms=Terms(cancel_windows=given))
    assert faults(with_value("corridors", (corridor,))) == at("corridors.0.cancel_windows")


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"floor": 5_000, "ceiling": 5_000}, []),
        ({"floor": 5_001, "ceiling": 5_000}, [("floor", "above_limit", "at most ceiling (5000)")]),
        ({"floor": -1}, [("floor", "out_of_range", f"between 0 and {MOST_FRANCS}")]),
        ({"ceiling": MOST_FRANCS + 1}, [("ceiling", "out_of_range", f"between 0 and {MOST_FRANCS}")]),
        ({"radius_m": 1_000}, []),
        ({"radius_m": 100_999}, []),
        ({"radius_m": 999}, [("radius_km", "out_of_range", "between 1 and 100")]),
        ({"radius_m": 101_000}, [("radius_km", "out_of_range", "between 1 and 100")]),
        ({"terms": Terms(commission_percent=0, driver_penalty=0)}, []),
        ({"terms": Terms(commission_percent=101)}, [("commission_percent", "out_of_range", "between 0 and 100")]),
        ({"terms": Terms(no_show_percent=-1)}, [("no_show_percent", "out_of_range", "between 0 and 100")]),
    ],
)
def test_refused_when_a_corridor_means_nothing(given: dict[str, Any], found: list[tuple[str, str, str]]) -> None:
    other = replace(ABIDJAN_YAMOUSSOUKRO, id="other")
    bent = replace(ABIDJAN_YAMOUSSOUKRO, **given)
    told = [(f"corridors.1.{name}", code, message) for name, code, message in found]
    assert faults(with_value("corridors", (other, bent))) == told


def test_refused_when_corridors_are_too_many_or_there_twice() -> None:
    one = ABIDJAN_YAMOUSSOUKRO
    many = tuple(replace(one, id=f"c{number}") for number in range(MAX_CORRIDORS + 1))
    assert faults(with_value("corridors", many[1:])) == []
    assert faults(with_value("corridors", many)) == [("corridors", "too_many", "at most 200")]
    assert faults(with_value("corridors", (one, one))) == [("corridors.1.id", "repeated", "already given")]


SOUTH = Corridor("south", ABIDJAN, NDOUCI, radius_m=10_000, floor=1, ceiling=2)


def test_general_rules_hold_where_there_is_no_corridor() -> None:
    rules = Rules()
    assert rules.between(ABIDJAN, BOUAKE) is rules
    assert Rules(corridors=()).between(ABIDJAN, YAMOUSSOUKRO) == Rules(corridors=())


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("commission_percent", 0),
        ("commission_fixed", 100),
        ("cancel_windows", ()),
        ("no_show_percent", 0),
        ("driver_penalty", 0),
    ],
)
def test_a_corridors_own_terms_hold_on_it_both_ways_and_the_rest_as_everywhere(name: str, own: Any) -> None:
    here = replace(SOUTH, terms=replace(Terms(), **{name: own}))
    rules = Rules(
        commission_percent=7, commission_fixed=5, no_show_percent=90, driver_penalty=500, corridors=(here, SOUTH)
    )
    for origin, destination in ((ABIDJAN, NDOUCI), (NDOUCI, ABIDJAN)):
        assert rules.between(origin, destination) == replace(rules, **{name: own})


def test_a_corridor_covers_what_lies_within_its_radius() -> None:
    edge = Point(ABIDJAN.lat + 0.05, ABIDJAN.lon)
    for radius_m, is_covered in ((6_000, True), (5_000, False)):
        corridor = replace(SOUTH, radius_m=radius_m)
        assert corridor.covers(edge, NDOUCI) is is_covered
        assert corridor.covers(NDOUCI, edge) is is_covered
    assert not SOUTH.covers(ABIDJAN, ABIDJAN)
    assert not SOUTH.covers(BOUAKE, NDOUCI)
