"""For all tests: in xdist's workers, coverage is counted in the fast way. They start it after this file was read.
And what the service says is looked through for what must never leave.
"""

from __future__ import annotations

import os

import pytest

from tests.support.counting import count_by_monitoring
from tests.support.sieve import Leaks

pytest_plugins = ["tests.support.proving"]

if "PYTEST_XDIST_WORKER" in os.environ:
    count_by_monitoring()


def pytest_configure(config: pytest.Config) -> None:
    """See Leaks."""
    config.pluginmanager.register(Leaks(), "leaks")
