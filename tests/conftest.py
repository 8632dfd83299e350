"""For all tests: in xdist's workers, coverage is counted in the fast way. They start it after this file was read."""

from __future__ import annotations

import os

from tests.support.counting import count_by_monitoring

if "PYTEST_XDIST_WORKER" in os.environ:
    count_by_monitoring()
