"""Facts, counted once they are committed: what was rolled back has not happened."""

from __future__ import annotations

from collections.abc import Iterable

from allonova.adapters.telemetry.metrics import EVENTS
from allonova.domain.kernel.events import Event


def expect_events(kinds: Iterable[type[Event]]) -> None:
    """Show them at 0, so that the first one is a step that an alert can see."""
    for kind in kinds:
        EVENTS.labels(kind.name, "")


def count_committed(events: Iterable[Event]) -> None:
    """Those of a unit. What tells two events of a name apart (`action`, `status`) comes from the tables of the
    machines, so its values are few.
    """
    for event in events:
        EVENTS.labels(event.name, getattr(event, "action", None) or getattr(event, "status", "")).inc()
