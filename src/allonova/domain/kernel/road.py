"""What is known of a way by road."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Reached:
    """Metres and instant at which a route gets to a waypoint."""

    distance_m: int
    at: datetime
