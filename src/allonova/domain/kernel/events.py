"""Facts that others react to. They carry ids, never personal values: they outlive an erasure in the outbox."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cache
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
        known = [field for field in _fields(cls) if field[0] in payload]  # type: ignore[arg-type] # a class is hashable
        return cls(**{name: UUID(str(payload[name])) if is_id else payload[name] for name, is_id in known})


@cache
def _fields(kind: type[Event]) -> tuple[tuple[str, bool], ...]:
    """Their names, and which of them are UUIDs."""
    hints = get_type_hints(kind)
    return tuple((field.name, hints[field.name] is UUID) for field in dataclasses.fields(kind))
