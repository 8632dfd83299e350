"""The company, its staff and their own accounts: reads outside a unit, of one company each."""

from __future__ import annotations

from typing import Protocol


class CompanyQueries(Protocol):
    """Reads of the company and its staff. Each takes the company first, and sees no other."""
