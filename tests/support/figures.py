"""What this process has counted so far. Tests share it, so they look at what was added."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import REGISTRY


def figure(name: str, /, **labels: str) -> float:
    """A figure by its name and labels as `/metrics` shows them; 0 when there is none."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


def growth(name: str, /, **labels: str) -> Callable[[], float]:
    """By how much it has grown since this call."""
    before = figure(name, **labels)
    return lambda: figure(name, **labels) - before
