"""Facts that others react to. They carry ids, never personal values: they outlive an erasure in the outbox."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar, Self, get_type_hints
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Event:
    """A past-tense fact. Fields are UUIDs, strings or integers."""

    name: ClassVar[str]

    def payload(self) -> dict[str, str | int]:
        """The fields as JSON values."""
        values = ((f.name, getattr(self, f.name)) for f in dataclasses.fields(self))
        return {name: value if isinstance(value, int) else str(value) for name, value in values}

    @classmethod
    def of(cls, payload: dict[str, str | int]) -> Self:
        """The event that `payload()` wrote, perhaps in another release: fields that this one does not know are ignored,
        and those that the other did not know have their defaults.
        """
        hints = get_type_hints(cls)
        names = [f.name for f in dataclasses.fields(cls) if f.name in payload]
        return cls(**{n: UUID(str(payload[n])) if hints[n] is UUID else payload[n] for n in names})
