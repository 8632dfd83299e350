"""Taxis and clients: reads outside a unit, of one company each."""

from __future__ import annotations

from typing import Protocol


class FleetQueries(Protocol):
    """Reads of taxis and clients. Each takes the company first, and sees no other."""
