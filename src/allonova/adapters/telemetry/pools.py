"""Pools of connections to PostgreSQL, as they are whenever somebody looks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol
from weakref import WeakSet

from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

_open: WeakSet[Pooled] = WeakSet()


class Pooled(Protocol):
    """A pool, as its driver tells of it."""

    def get_size(self) -> int:
        """Connections that are open."""

    def get_idle_size(self) -> int:
        """Those of them that nobody uses."""

    def get_max_size(self) -> int:
        """The most that it may open."""


def show_pool(pool: Pooled) -> None:
    """Count it among those of this process, as long as it lives."""
    _open.add(pool)


class Pools(Collector):
    """All of them together: a process has one that matters, and a test's process may have a dozen."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Asked at each scrape."""
        pools = list(_open)
        idle = sum(pool.get_idle_size() for pool in pools)
        connections = GaugeMetricFamily(
            "allonova_pool_connections", "Connections to PostgreSQL by what they do.", labels=["state"]
        )
        connections.add_metric(["idle"], idle)
        connections.add_metric(["busy"], sum(pool.get_size() for pool in pools) - idle)
        yield connections
        yield GaugeMetricFamily(
            "allonova_pool_most", "The most that may be open.", sum(pool.get_max_size() for pool in pools)
        )


REGISTRY.register(Pools())
