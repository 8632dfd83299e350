"""What places are called."""

from __future__ import annotations

from typing import Protocol

from allonova.domain.kernel.geo import Point


class Places(Protocol):
    """Names of places. May be a vendor: not to be asked inside a unit.

    Raises:
        ProviderUnavailable: by vendors. The one that use cases are given says None instead.
    """

    async def name_of(self, point: Point, *, language: str) -> str | None:
        """What people call this place, on one line; None when nobody can say."""
