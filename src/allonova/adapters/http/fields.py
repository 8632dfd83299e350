"""Kinds of input field, with their bounds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import phonenumbers
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StrictInt, StringConstraints
from pydantic_core import PydanticCustomError

from allonova.domain.kernel.geo import Place, Point

REGION = "CI"  # conventions.md: phones without `+` are Ivorian
YEARS = (2000, 2200)  # wide enough for any trip, and far from what a time zone could push over the calendar's edge


class Body(BaseModel):
    """Every request body: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


def _printable(text: str) -> str:
    if any((ord(char) < 32 and char not in "\n\t") or ord(char) == 127 for char in text):
        raise PydanticCustomError("control_character", "control characters are not allowed")
    return text


def _phone(text: str) -> str:
    try:
        number = phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException as error:
        raise PydanticCustomError("phone", "not a phone number") from error
    if not phonenumbers.is_possible_number(number):
        raise PydanticCustomError("phone", "not a phone number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _utc(instant: datetime) -> datetime:
    if not YEARS[0] <= instant.year <= YEARS[1]:
        raise PydanticCustomError("out_of_range", "out of range")
    return instant.astimezone(UTC)


type Phone = Annotated[
    str, StringConstraints(max_length=32), AfterValidator(_phone), Field(examples=["+2250700000002"])
]
type Instant = Annotated[AwareDatetime, AfterValidator(_utc)]
type Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_printable)
]
type Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), AfterValidator(_printable)
]
type SeatPrice = Annotated[StrictInt, Field(ge=1, le=1_000_000, description="Francs (XOF) per seat.")]
type SeatCount = Annotated[StrictInt, Field(ge=1, le=50)]
type Lat = Annotated[float, Field(strict=True, ge=-90, le=90, allow_inf_nan=False)]
type Lon = Annotated[float, Field(strict=True, ge=-180, le=180, allow_inf_nan=False)]


class PointBody(Body):
    """A point in WGS84 degrees."""

    lat: Lat
    lon: Lon

    def to_point(self) -> Point:
        """As the domain knows it."""
        return Point(self.lat, self.lon)


class PlaceBody(PointBody):
    """A point and what people call it."""

    text: Line = Field(examples=["Abidjan, Plateau"])

    def to_place(self) -> Place:
        """As the domain knows it."""
        return Place(self.to_point(), self.text)
