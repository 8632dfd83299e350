"""Jobs that a process runs by itself: how often, and when each last ended well."""

from __future__ import annotations

from collections.abc import Mapping

from allonova.adapters.telemetry.metrics import JOB_PERIOD_S, JOB_SUCCEEDED_AT


def expect_jobs(every_s: Mapping[str, int]) -> None:
    """From now on these are due, by name: one that never succeeds is late from the process' start on."""
    for name, seconds in every_s.items():
        JOB_PERIOD_S.labels(name).set(seconds)
        JOB_SUCCEEDED_AT.labels(name).set_to_current_time()


def job_succeeded(name: str) -> None:
    """It ended well, now."""
    JOB_SUCCEEDED_AT.labels(name).set_to_current_time()
