"""What files tell the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from allonova.domain.kernel.events import Event


@dataclass(frozen=True, slots=True)
class FileDropped(Event):
    """Nothing refers to this object any more: it is to be forgotten. Its key is made of ids alone."""

    name: ClassVar[str] = "file.dropped"
    key: str
