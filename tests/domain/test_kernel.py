"""Francs, distances, events and refusals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import ClassVar
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allonova.domain.carpool.booking import CheckinClosed, NotPayable
from allonova.domain.carpool.events import BookingPaid
from allonova.domain.identity.events import OtpRequested, RegistrationRepeated, SessionRevoked
from allonova.domain.kernel.errors import (
    DomainError,
    FieldError,
    InvalidTransition,
    StillRunning,
    ValidationError,
    error_classes,
)
from allonova.domain.kernel.events import Event
from allonova.domain.kernel.geo import Point
from allonova.domain.kernel.money import percent_of
from allonova.domain.money.events import PaymentMismatched, RefundDue
from tests.support.factories import ABIDJAN, YAMOUSSOUKRO, new_id


@pytest.mark.parametrize(
    ("amount", "percent", "francs"),
    [(100, 10, 10), (104, 10, 10), (105, 10, 11), (106, 10, 11), (5, 10, 1), (4, 10, 0), (0, 50, 0), (1, 50, 1)],
)
def test_rounded_half_up_when_a_percentage_is_taken(amount: int, percent: int, francs: int) -> None:
    assert percent_of(amount, percent) == francs


@given(st.integers(0, 10**10), st.fractions(0, 100, max_denominator=1000))
def test_as_decimal_rounds_when_any_percentage_is_taken(amount: int, percent: Fraction) -> None:
    exact = Fraction(amount) * percent / 100
    down = exact.numerator // exact.denominator
    assert percent_of(amount, percent) == down + (exact - down >= Fraction(1, 2))


@given(st.integers(0, 10**10), st.integers(0, 100))
def test_as_the_decimal_module_when_percentages_are_whole(amount: int, percent: int) -> None:
    exact = Decimal(amount) * percent / 100
    assert percent_of(amount, percent) == int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def test_about_215_km_when_measured_from_abidjan_to_yamoussoukro() -> None:
    assert ABIDJAN.distance_m(YAMOUSSOUKRO) == pytest.approx(214_600, rel=0.01)


def test_a_quarter_of_the_meridian_when_measured_to_the_pole() -> None:
    assert Point(0, 0).distance_m(Point(90, 0)) == pytest.approx(10_007_557, rel=1e-6)
    assert Point(0, 179).distance_m(Point(0, -179)) == pytest.approx(222_390, rel=1e-4)
    assert Point(0, 0).distance_m(Point(0, 180)) == pytest.approx(math.pi * 6_371_008.8, rel=1e-9)


points = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))


@given(points, points)
def test_the_same_both_ways_when_measured(here: Point, there: Point) -> None:
    assert here.distance_m(there) == pytest.approx(there.distance_m(here), abs=1e-6)
    assert here.distance_m(here) == 0


@pytest.mark.parametrize(("lat", "lon"), [(90.1, 0), (-90.1, 0), (0, 180.1), (0, -180.1), (math.nan, 0), (0, math.nan)])
def test_refused_when_outside_the_earth(lat: float, lon: float) -> None:
    with pytest.raises(ValueError, match="WGS84"):
        Point(lat, lon)


def test_accepted_when_at_the_earths_bounds() -> None:
    assert Point(90, 180) != Point(-90, -180)


@dataclass(frozen=True, slots=True)
class Mixed(Event):
    """An event with every kind of field."""

    name: ClassVar[str] = "mixed"
    who: UUID
    why: str
    how_many: int


def test_only_json_values_when_an_event_is_written() -> None:
    who = new_id()
    assert Mixed(who, "x", 3).payload() == {"who": str(who), "why": "x", "how_many": 3}


@pytest.mark.parametrize(
    "kind",
    [Mixed, BookingPaid, OtpRequested, RegistrationRepeated, SessionRevoked, RefundDue, PaymentMismatched],
)
def test_the_same_event_when_written_and_read(kind: type[Event]) -> None:
    event = Mixed(new_id(), "x", 3) if kind is Mixed else kind(new_id())  # type: ignore[call-arg] # one id each
    assert kind.of(event.payload()) == event


def test_unknown_fields_ignored_when_a_newer_release_wrote_the_event() -> None:
    event = BookingPaid(new_id())
    assert BookingPaid.of(event.payload() | {"later": 1}) == event


def descendants(root: type[Event]) -> list[type[Event]]:
    return [kind for child in root.__subclasses__() for kind in (child, *descendants(child))]


def test_names_are_unique_when_all_events_are_listed() -> None:
    # A dataclass with slots is made twice and both are remembered: they bear one qualified name.
    named = {(kind.__dict__["name"], kind.__qualname__) for kind in descendants(Event) if "name" in kind.__dict__}
    assert len({name for name, _ in named}) == len(named)


def test_facts_are_the_fields_when_a_refusal_has_some() -> None:
    assert InvalidTransition(from_="a", to="b").facts() == {"from": "a", "to": "b"}
    assert NotPayable("paid").facts() == {"status": "paid"}
    assert ValidationError((FieldError("x", "y", "z"),)).facts() == {"fields": (FieldError("x", "y", "z"),)}


def test_the_code_alone_when_a_refusal_is_printed() -> None:
    assert str(StillRunning(retry_after_s=3)) == "conflict"


# conventions.md, Error codes: the whole table.
CODES = """
validation_error auth_required forbidden kyc_required not_found conflict booking_conflict rate_limited payment_failed
insufficient_funds precondition_required webhook_invalid_signature idempotency_mismatch precondition_failed otp_invalid
invalid_transition captcha_failed provider_unavailable payload_too_large method_not_allowed unsupported_media_type
service_unavailable
"""


def test_codes_are_those_of_the_conventions_when_all_refusals_are_listed() -> None:
    assert {kind.code for kind in error_classes()} == set(CODES.split())
    assert CheckinClosed in error_classes()
    assert DomainError not in error_classes()


def test_each_code_is_one_class_when_only_the_roots_are_listed() -> None:
    roots = [kind.code for kind in DomainError.__subclasses__()]
    assert len(roots) == len(set(roots))
