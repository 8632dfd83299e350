"""Interventions, notifications and the audit log: reads outside a unit, of one company each."""

from __future__ import annotations

from typing import Protocol


class DeskQueries(Protocol):
    """Reads of the dispatcher's desk. Each takes the company first, and sees no other."""
