"""A driver's vehicle."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from allonova.domain.kernel.errors import Conflict


class Comfort(StrEnum):
    """As the driver sees it; an admin may correct it."""

    BASIC = "basic"
    STANDARD = "standard"
    COMFORT = "comfort"


@dataclass(eq=False)
class PlateTaken(Conflict):
    """Another vehicle has this plate."""


@dataclass(slots=True, kw_only=True)
class Vehicle:
    """`seats_total` counts the driver's seat; `plate_number` is normalised and unique."""

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
    version: int = 1
    created_at: datetime
    updated_at: datetime


def normalise_plate(plate: str) -> str:
    """`1234 ab-01` and `1234AB01` are one plate: capitals and digits alone."""
    return re.sub(r"[^A-Z0-9]", "", unicodedata.normalize("NFKD", plate).upper())
