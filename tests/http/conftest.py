"""Every test here runs on both platforms, unless it says why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.filing import filing, place, s3
from tests.support.fixtures import api, database, on_one_loop, postgres, server

__all__ = ["api", "database", "filing", "place", "postgres", "s3", "server"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One event loop for all."""
    on_one_loop(items, Path(__file__).parent)
