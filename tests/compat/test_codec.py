"""An event that two releases write differently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

import pytest

from allonova.domain.kernel.events import Event

ID = UUID(int=7, version=4)


@dataclass(frozen=True, slots=True)
class Before(Event):
    """As a release has it."""

    name: ClassVar[str] = "ride.measured"
    ride_id: UUID
    metres: int


@dataclass(frozen=True, slots=True)
class After(Before):
    """As the next one has it."""

    by: str = ""
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class TooSoon(Before):
    """As the next one must not have it."""

    by: str


def test_release_ignores_fields_of_the_next_one() -> None:
    assert Before.of(After(ID, 900, "map", 12).payload()) == Before(ID, 900)


def test_release_fills_in_fields_that_the_one_before_did_not_have() -> None:
    assert After.of(Before(ID, 900).payload()) == After(ID, 900, by="", minutes=0)


def test_nothing_is_made_up_for_a_field_without_a_default() -> None:
    with pytest.raises(TypeError, match="by"):
        TooSoon.of(Before(ID, 900).payload())
