"""Figures of the fleet and of chauffeurs: reads outside a unit, of one company each."""

from __future__ import annotations

from typing import Protocol


class StatsQueries(Protocol):
    """Reads of figures. Each takes the company first, and sees no other."""
