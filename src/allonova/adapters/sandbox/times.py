"""Instants as the wire shows them."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(at: datetime) -> str:
    """UTC, ISO 8601 with `Z`, to the microsecond where there are any."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def iso_seconds(at: datetime) -> str:
    """The same in whole seconds, as Wave writes its times (`2022-11-08T15:05:45Z`)."""
    return iso(at.replace(microsecond=0))


def parse(text: str) -> datetime:
    """Reads back what `iso` wrote."""
    return datetime.fromisoformat(text)
