"""Knows whether this task is inside a unit, so that what must stay outside can refuse to run there."""

from __future__ import annotations

from contextvars import ContextVar

INSIDE_UNIT: ContextVar[bool] = ContextVar("inside_unit", default=False)


def require_outside_unit(what: str) -> None:
    """Raise RuntimeError inside a unit: a vendor that is slow must never hold a transaction open."""
    if INSIDE_UNIT.get():
        raise RuntimeError(f"{what} inside a unit of work")
