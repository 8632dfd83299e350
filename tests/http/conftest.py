"""Every test here runs on both platforms, unless it says why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.filing import filing, place, s3
from tests.support.fixtures import api, database, on_one_loop, postgres, server

__all__ = ["api", "database", "filing", "place", "postgres", "s3", "server"]


# They go through every route with much the same; what they run is counted by the tests of each route.
WALKS = {
    "test_fuzzed.py",
    "test_hostile_input.py",
    "test_mass_assignment.py",
    "test_openapi.py",
    "test_routes.py",
    "test_walls.py",
    "test_who_may.py",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One event loop for all; and which tests run at full speed, their coverage being counted elsewhere: on memory, and
    by the contract tests of the PostgreSQL adapter.
    """
    here = Path(__file__).parent
    on_one_loop(items, here)
    for item in items:
        if item.path.is_relative_to(here) and (item.path.name in WALKS or _is_on_postgres(item)):
            item.add_marker(pytest.mark.uncounted)


def _is_on_postgres(item: pytest.Item) -> bool:
    return isinstance(item, pytest.Function) and hasattr(item, "callspec") and "postgres" in item.callspec.id
