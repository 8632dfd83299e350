"""A driver's vehicle."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from allonova.domain.kernel.errors import Conflict, FieldError, ValidationError

PAPERS = frozenset({"plate_number", "make", "model", "year", "seats_total"})
"""What stands in a vehicle's registration, and so was verified with it."""


class Comfort(StrEnum):
    """As the driver sees it; an admin may correct it."""

    BASIC = "basic"
    STANDARD = "standard"
    COMFORT = "comfort"


@dataclass(eq=False)
class PlateTaken(Conflict):
    """Another vehicle has this plate."""


@dataclass(eq=False)
class VehicleInUse(Conflict):
    """A trip that is published or under way counts on it; `seats_offered` is the most that one promises passengers."""

    seats_offered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleChange:
    """What an owner says otherwise. None leaves a field as it is; the year 0 takes it away."""

    make: str | None = None
    model: str | None = None
    color: str | None = None
    plate_number: str | None = None
    seats_total: int | None = None
    comfort_level: Comfort | None = None
    year: int | None = None


@dataclass(slots=True, kw_only=True)
class Vehicle:
    """`seats_total` counts the driver's seat; `plate_number` is normalised, and unique among those not retired. Trips
    name their vehicle for ever: one that its owner gives up is retired.
    """

    id: UUID
    user_id: UUID
    make: str
    model: str
    color: str
    plate_number: str
    seats_total: int
    comfort_level: Comfort
    year: int | None = None
    verified: bool = False
    retired_at: datetime | None = None
    version: int = 1
    created_at: datetime
    updated_at: datetime

    def change(self, change: VehicleChange, at: datetime) -> frozenset[str]:
        """Take other values; what stands in the registration is then to be verified anew.

        Returns:
            The names of the fields that are others now.
        """
        wanted: dict[str, object] = {
            "make": change.make or self.make,
            "model": change.model or self.model,
            "color": change.color or self.color,
            "plate_number": normalise_plate(change.plate_number) if change.plate_number else self.plate_number,
            "seats_total": change.seats_total or self.seats_total,
            "comfort_level": change.comfort_level or self.comfort_level,
            "year": self.year if change.year is None else change.year or None,
        }
        changed = frozenset(name for name, value in wanted.items() if value != getattr(self, name))
        for name in changed:
            setattr(self, name, wanted[name])
        if changed:
            self.updated_at = at
        if changed & PAPERS:
            self.verified = False
        return changed

    def review(self, *, verified: bool | None, comfort_level: Comfort | None, at: datetime) -> frozenset[str]:
        """What the back office finds; None leaves a field as it is. Returns the names of those that are others now."""
        found = {"verified": verified, "comfort_level": comfort_level}
        changed = frozenset(name for name, value in found.items() if value not in (None, getattr(self, name)))
        for name in changed:
            setattr(self, name, found[name])
        if changed:
            self.updated_at = at
        return changed

    def require_room(self, seats: int) -> None:
        """Refuse a trip that offers more seats than there are beside the driver's, or a vehicle that was given up."""
        if self.retired_at is not None:
            raise ValidationError((FieldError("vehicle_id", "retired", "this vehicle was given up"),))
        if seats > self.seats_total - 1:
            limit = f"at most {self.seats_total - 1} in this vehicle"
            raise ValidationError((FieldError("seats_available", "too_many", limit),))

    def retire(self, at: datetime) -> None:
        """Its owner gives it up: its plate is free again."""
        self.retired_at = self.updated_at = at

    def erase(self, at: datetime) -> None:
        """Its owner's account is erased: nobody finds him by the plate."""
        self.plate_number = f"ERASED{self.id.hex.upper()}"
        self.retired_at = self.retired_at or at
        self.updated_at = at


def normalise_plate(plate: str) -> str:
    """`1234 ab-01` and `1234AB01` are one plate: capitals and digits alone."""
    return re.sub(r"[^A-Z0-9]", "", unicodedata.normalize("NFKD", plate).upper())
