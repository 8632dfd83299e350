"""Cards and offers, as they are shown: reads outside a unit, of one company each."""

from __future__ import annotations

from typing import Protocol


class BoardQueries(Protocol):
    """Reads of cards and offers. Each takes the company first, and sees no other."""
