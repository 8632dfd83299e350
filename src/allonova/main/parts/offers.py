"""Offers to chauffeurs: their answers, their end, the automatic dispatch."""

from __future__ import annotations

from allonova.domain.kernel.events import Event
from allonova.main.parts import Outside, Part, Platform

HEARD: dict[type[Event], tuple[str, ...]] = {}
EVERY_S: dict[str, int] = {}


def build(platform: Platform, outside: Outside) -> Part:
    """On its adapters."""
    return Part(use={})
