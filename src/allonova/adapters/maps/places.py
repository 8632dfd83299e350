"""Names of places as use cases get them: asked once, and never in the way."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from allonova.application.kernel.inside import require_outside_unit
from allonova.application.kernel.places import Places
from allonova.domain.kernel.errors import ProviderUnavailable
from allonova.domain.kernel.geo import Point

DECIMALS: Final = 4  # 11 m: near enough to name a place, and no vendor learns at which door somebody waits
KEPT: Final = 10_000


class RememberedPlaces:
    """Asks `source` about each spot once, and remembers the answer, also that there is none; not that it was silent."""

    def __init__(self, source: Places, *, kept: int = KEPT) -> None:
        self._source = source
        self._kept = kept
        self._names: OrderedDict[tuple[Point, str], str | None] = OrderedDict()

    async def name_of(self, point: Point, *, language: str) -> str | None:
        """See Places."""
        require_outside_unit("names of places")
        spot = Point(round(point.lat, DECIMALS), round(point.lon, DECIMALS))
        key = (spot, language)
        if key not in self._names:
            try:
                self._names[key] = await self._source.name_of(spot, language=language)
            except ProviderUnavailable:
                return None
            if len(self._names) > self._kept:
                self._names.popitem(last=False)
        name = self._names[key]
        self._names.move_to_end(key)
        return name


class NamelessPlaces:
    """Where nobody is configured who knows names."""

    async def name_of(self, point: Point, *, language: str) -> str | None:
        """See Places."""
        return None


def _conforms(remembered: RememberedPlaces, nameless: NamelessPlaces) -> tuple[Places, Places]:
    return remembered, nameless
