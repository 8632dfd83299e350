"""A vehicle: what its owner may change, what has to be verified anew, and how many fit in."""

from __future__ import annotations

from typing import Any

import pytest

from allonova.domain.carpool.vehicle import Comfort, VehicleChange, normalise_plate
from allonova.domain.kernel.errors import ValidationError
from tests.support.factories import HOUR, NOW, a_user, a_vehicle

LATER = NOW + HOUR
OWNER = a_user()


@pytest.mark.parametrize(
    ("name", "value", "is_paper"),
    [
        ("make", "Peugeot", True),
        ("model", "508", True),
        ("color", "red", False),
        ("plate_number", "9999ZZ01", True),
        ("seats_total", 7, True),
        ("comfort_level", Comfort.COMFORT, False),
        ("year", 2020, True),
    ],
)
def test_verified_anew_when_what_stands_in_its_papers_changes(name: str, value: Any, is_paper: bool) -> None:
    vehicle = a_vehicle(OWNER, verified=True)
    assert vehicle.change(VehicleChange(**{name: value}), LATER) == {name}
    assert (getattr(vehicle, name), vehicle.verified, vehicle.updated_at) == (value, not is_paper, LATER)


def test_unchanged_when_nothing_is_said_otherwise() -> None:
    vehicle = a_vehicle(OWNER, verified=True, plate_number="1234AB01", year=2015)
    assert vehicle.change(VehicleChange(), LATER) == frozenset()
    same = VehicleChange(make="Toyota", plate_number="1234 ab-01", seats_total=5, year=2015)
    assert vehicle.change(same, LATER) == frozenset()
    assert (vehicle.verified, vehicle.updated_at) == (True, NOW)
    assert vehicle.change(VehicleChange(year=0), LATER) == {"year"}
    assert vehicle.year is None


def test_found_otherwise_by_the_back_office() -> None:
    vehicle = a_vehicle(OWNER)
    assert vehicle.review(verified=None, comfort_level=None, at=LATER) == frozenset()
    assert vehicle.review(verified=False, comfort_level=Comfort.STANDARD, at=LATER) == frozenset()
    assert vehicle.updated_at == NOW
    assert vehicle.review(verified=True, comfort_level=Comfort.BASIC, at=LATER) == {"verified", "comfort_level"}
    assert (vehicle.verified, vehicle.comfort_level, vehicle.updated_at) == (True, Comfort.BASIC, LATER)
    assert vehicle.review(verified=False, comfort_level=None, at=LATER) == {"verified"}


def test_room_for_as_many_as_there_are_seats_beside_the_drivers() -> None:
    vehicle = a_vehicle(OWNER, seats_total=5)
    vehicle.require_room(4)
    with pytest.raises(ValidationError) as refused:
        vehicle.require_room(5)
    assert [(fault.path, fault.code, fault.message) for fault in refused.value.fields] == [
        ("seats_available", "too_many", "at most 4 in this vehicle")
    ]


def test_no_trip_with_a_vehicle_that_was_given_up() -> None:
    vehicle = a_vehicle(OWNER)
    vehicle.retire(LATER)
    assert vehicle.retired_at == vehicle.updated_at == LATER
    with pytest.raises(ValidationError) as refused:
        vehicle.require_room(1)
    assert [(fault.path, fault.code) for fault in refused.value.fields] == [("vehicle_id", "retired")]


def test_nobody_finds_an_erased_owner_by_the_plate() -> None:
    vehicle, retired = a_vehicle(OWNER), a_vehicle(OWNER, retired_at=NOW)
    for one in (vehicle, retired):
        one.erase(LATER)
        assert one.plate_number == f"ERASED{one.id.hex.upper()}"
        assert one.updated_at == LATER
    assert (vehicle.retired_at, retired.retired_at) == (LATER, NOW)


@pytest.mark.parametrize("plate", ["1234 ab-01", "1234AB01", " 1234.Àb/01 ", "１２３４AB01"])  # noqa: RUF001
def test_one_plate_however_it_is_written(plate: str) -> None:
    assert normalise_plate(plate) == "1234AB01"
