"""The history that a stateful object writes about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allonova.domain.kernel.machine import Party


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the party and, for people, their id."""

    party: Party
    id: UUID | None = None


SYSTEM = Actor(Party.SYSTEM)
PROVIDER = Actor(Party.PROVIDER)


@dataclass(frozen=True, slots=True)
class Change:
    """One step of an object's machine; `meta` names facts, never personal values."""

    from_status: str | None
    to_status: str
    by: Actor
    at: datetime
    meta: Mapping[str, str | int]
