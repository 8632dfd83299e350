"""One fleet of processes for the session, whole again before each test; what they measured is told at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator, Iterator
from typing import Literal

import pytest

from tests.e2e.stage import Stage, open_stage
from tests.support.collector import FAULTS, TRACES, Collector, collecting
from tests.support.postgres import admin_dsn, drop_database, fresh_database
from tests.support.processes import Fleet, make_fleet
from tests.support.proving import Quote, is_proving
from tests.support.sieve import Outputs

__all__ = ["Quote"]

type ScopeName = Literal["session", "module"]


def as_long_as_needed(fixture_name: str, config: pytest.Config) -> ScopeName:
    """For the session; where full counts run for hours, for a file, so that each has a fresh one."""
    return "module" if is_proving(config) else "session"


@pytest.fixture(scope=as_long_as_needed)
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """Where the processes' traces and faults go."""
    with collecting(tmp_path_factory.mktemp("fleet")) as collector:
        yield collector


@pytest.fixture(scope=as_long_as_needed)
def fleet(collector: Collector) -> Iterator[Fleet]:
    """The processes on a database of their own. Starting them costs more than most tests: these share them."""
    database_url = asyncio.run(fresh_database(admin_dsn()))
    fleet = make_fleet(collector.folder, database_url, collector.env)
    try:
        yield fleet
    finally:
        fleet.stop()
        asyncio.run(drop_database(admin_dsn(), database_url))


@pytest.fixture(scope=as_long_as_needed)
def outputs(fleet: Fleet, collector: Collector) -> Outputs:
    """What the processes write, and the traces and faults that they report."""
    reports = (collector.folder / TRACES, collector.folder / FAULTS)
    return Outputs([*(process.log for process in fleet.processes), *reports])


@pytest.fixture
async def stage(fleet: Fleet, outputs: Outputs) -> AsyncIterator[Stage]:
    """The processes, all of them serving, and what a test needs to talk to them."""
    await fleet.ready()
    async with open_stage(fleet) as stage:
        yield stage
    outputs.hear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure comes with what the processes said."""
    report = yield
    fleet = getattr(item, "funcargs", {}).get("fleet")
    if report.failed and isinstance(fleet, Fleet):
        report.sections.append(("processes", fleet.last_words()))
    return report
