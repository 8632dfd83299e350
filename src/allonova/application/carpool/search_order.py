"""In which order a search shows what it finds."""

from __future__ import annotations

from collections.abc import Sequence

from allonova.application.kernel.listing import Sort

RANK = "rank"
"""Whether a ride leaves while its driver is put after others for having given up a ride at the last moment."""


def ranked(asked: Sequence[Sort]) -> tuple[Sort, ...]:
    """The order that was asked for, the soonest departure by default, with the driver's rank in it: before his rating
    where the best come first, else among rides that are equal otherwise. money.md, Fees and cancellation.
    """
    order = list(asked) or [Sort("departure_time")]
    at = next((n for n, sort in enumerate(order) if sort.field == "rating" and sort.descending), len(order))
    return (*order[:at], Sort(RANK), *order[at:])
