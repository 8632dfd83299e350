"""Kinds of input field, with their bounds."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import (
    MISSING,
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from allonova.domain.kernel.geo import Place, Point

REGION = "CI"  # conventions.md: phones without `+` are Ivorian
YEARS = (2000, 2200)  # wide enough for any trip, and far from what a time zone could push over the calendar's edge


class Body(BaseModel):
    """Every request body: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


def given[V](value: V | MISSING) -> V | None:
    """A field of a partial change; None when it was left out."""
    return None if value is MISSING else value


def printable(text: str) -> str:
    """The text. Raises PydanticCustomError for control characters."""
    if any((ord(char) < 32 and char not in "\n\t") or ord(char) == 127 for char in text):
        raise PydanticCustomError("control_character", "control characters are not allowed")
    return text


def read_phone(text: str, region: str) -> str | None:
    """A phone as E.164; without `+` it rings in that region (ISO 3166, two letters). None when it is none."""
    import phonenumbers  # noqa: PLC0415 - heavy

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def phone_in(text: str, region: str) -> str:
    """The same for a field of a body. Raises PydanticCustomError for what is no phone."""
    found = read_phone(text, region)
    if found is None:
        raise PydanticCustomError("phone", "not a phone number")
    return found


def _phone(text: str) -> str:
    return phone_in(text, REGION)


def _email(text: str) -> str:
    try:
        # `.test` is refused where it matters: identity/addresses.py.
        found = validate_email(text, allow_smtputf8=False, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise PydanticCustomError("email", "not an e-mail address") from error
    return found.ascii_email or found.normalized


def _identifier(text: str) -> str:
    return _email(text) if "@" in text else _phone(text)


def _read_day(text: object) -> date:
    refused = PydanticCustomError("day", "a day is YYYY-MM-DD")
    if not isinstance(text, str) or re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII) is None:
        raise refused
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise refused from error
    if not YEARS[0] <= day.year <= YEARS[1]:
        raise PydanticCustomError("out_of_range", "out of range")
    return day


def _utc(instant: datetime) -> datetime:
    if not YEARS[0] <= instant.year <= YEARS[1]:
        raise PydanticCustomError("out_of_range", "out of range")
    return instant.astimezone(UTC)


type Phone = Annotated[
    str, StringConstraints(max_length=32), AfterValidator(_phone), Field(examples=["+2250700000002"])
]
type WrittenPhone = Annotated[
    str,
    StringConstraints(min_length=1, max_length=32),
    Field(examples=["+2250700000002"], description="Without `+` it rings in the company's country."),
]
type Email = Annotated[
    str, StringConstraints(max_length=254), AfterValidator(_email), Field(examples=["awa@demo.allonova.test"])
]
type Identifier = Annotated[
    str,
    StringConstraints(max_length=254),
    AfterValidator(_identifier),
    Field(examples=["+2250700000002"], description="A phone or an e-mail."),
]
type NewPassword = Annotated[
    str,
    StringConstraints(min_length=8, max_length=128),
    Field(examples=["quatre mots sans rapport"], description="Not one of those that are tried first."),
]
type GivenPassword = Annotated[str, StringConstraints(min_length=1, max_length=128)]
type ObjectKey = Annotated[
    str,
    StringConstraints(pattern=r"^uploads/[0-9a-f-]{36}/[0-9a-f-]{36}$"),
    Field(description="The `object_key` of an upload."),
]
type Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$"), Field(examples=["123456"])]
type LinkSecret = Annotated[str, StringConstraints(min_length=1, max_length=200)]
type Instant = Annotated[AwareDatetime, AfterValidator(_utc)]
type Day = Annotated[date, BeforeValidator(_read_day), Field(examples=["2026-03-29"])]
type Searched = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), AfterValidator(printable)]
type Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(printable)
]
type Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), AfterValidator(printable)
]
type GivenPromoCode = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=64),
    AfterValidator(printable),
    Field(examples=["BIENVENUE"], description="Case does not count."),
]
type ReferralCode = Annotated[
    str,
    StringConstraints(pattern=r"^[2-9A-HJKMNP-Za-hjkmnp-z]{8}$"),
    AfterValidator(str.upper),
    Field(examples=["K7P2MWXQ"], description="Somebody's `referral_code`; case does not count."),
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
    """A point and what people call it. Left out: what the map calls it, where the service has one that knows names;
    else it is asked for.
    """

    text: Line | MISSING = Field(default=MISSING, examples=["Abidjan, Plateau"])

    def to_place(self) -> Place:
        """As the domain knows it; the text is empty where it is the map's to find."""
        return Place(self.to_point(), given(self.text) or "")
