"""Conflicts on a taxi's day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from allonova.domain.dispatch.conflits import Conflit, Plan, conflicts, travel_time
from allonova.domain.kernel.geo import Point

TEN = datetime(2026, 5, 4, 10, tzinfo=UTC)
HERE = Point(48.85, 2.35)
FAR = Point(48.85, 2.55)  # 14.6 km as the crow flies


def a_plan(
    start: int,
    minutes: int = 60,
    *,
    id: UUID | None = None,
    depart: Point | None = None,
    arrivee: Point | None = None,
) -> Plan:
    debut = TEN + timedelta(minutes=start)
    fin = debut + timedelta(minutes=minutes)
    return Plan(commande_id=id or uuid4(), reference="NV", debut=debut, fin=fin, depart=depart, arrivee=arrivee)


def codes(found: list[Conflit]) -> list[tuple[str, int | None]]:
    return [(each.code.value, each.minutes_manquantes) for each in found]


@pytest.mark.parametrize(
    ("start", "minutes", "missing"),
    [(0, 60, 60), (30, 60, 30), (-30, 60, 30), (59, 60, 1), (-59, 60, 1), (10, 20, 20), (-60, 200, 60)],
)
def test_overlap_is_told_with_its_minutes_when_courses_meet(start: int, minutes: int, missing: int) -> None:
    assert codes(conflicts(a_plan(start, minutes), [a_plan(0)])) == [("chevauchement", missing)]


@pytest.mark.parametrize("start", [60, -60, 61, -90])
def test_nothing_stands_in_the_way_when_courses_only_touch(start: int) -> None:
    assert conflicts(a_plan(start), [a_plan(0)]) == []


def test_a_course_does_not_meet_itself() -> None:
    plan = a_plan(0)
    assert conflicts(plan, [a_plan(30, id=plan.commande_id)]) == []


def test_travel_is_told_when_both_points_are_known_and_the_gap_is_too_short() -> None:
    before = a_plan(0, arrivee=HERE)
    needed = travel_time(HERE, FAR)
    assert timedelta(minutes=37) < needed < timedelta(minutes=39)
    assert codes(conflicts(a_plan(70, depart=FAR), [before])) == [("trajet", 29)]
    assert codes(conflicts(before, [a_plan(70, depart=FAR)])) == [("trajet", 29)]
    assert conflicts(a_plan(100, depart=FAR), [before]) == []


def test_travel_is_nobodys_business_when_a_point_is_unknown() -> None:
    assert conflicts(a_plan(60), [a_plan(0, arrivee=HERE)]) == []
    assert conflicts(a_plan(60, depart=FAR), [a_plan(0)]) == []


def test_conflicts_come_in_the_order_of_the_day() -> None:
    late, early = a_plan(90), a_plan(-30)
    found = conflicts(a_plan(0, 120), [late, early])
    assert [each.commande_id for each in found] == [early.commande_id, late.commande_id]
