"""Places that a driver pointed at without naming them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from allonova.application.kernel.places import Places
from allonova.domain.carpool.trip import StopDraft
from allonova.domain.kernel.errors import FieldError, ValidationError
from allonova.domain.kernel.geo import Place, Point

LANGUAGE: Final = "fr"  # of names that everybody reads


async def name_places(
    places: Places, ends: Mapping[str, Place], stops: Sequence[StopDraft] = ()
) -> tuple[dict[str, Place], list[StopDraft]]:
    """The same ends, by the names of their fields, and the same stops; whatever has no text gets the map's name.

    Raises:
        ValidationError: places without a text that nobody can name either.
    """
    bare = {f"{name}.text": end.point for name, end in ends.items() if not end.text}
    bare |= {f"stops.{at}.label": stop.point for at, stop in enumerate(stops) if not stop.label}
    names = await _ask(places, bare)
    return (
        {name: replace(end, text=names.get(f"{name}.text", end.text)) for name, end in ends.items()},
        [replace(stop, label=names.get(f"stops.{at}.label", stop.label)) for at, stop in enumerate(stops)],
    )


async def _ask(places: Places, bare: Mapping[str, Point]) -> dict[str, str]:
    """The names by field. The first one that cannot be had ends it: the driver has to write something anyhow."""
    names: dict[str, str] = {}
    for field, point in bare.items():
        name = await places.name_of(point, language=LANGUAGE)
        if name is None:
            missing = (field for field in bare if field not in names)
            raise ValidationError(tuple(FieldError(field, "missing", "Field required") for field in missing))
        names[field] = name
    return names
