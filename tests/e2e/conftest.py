"""One fleet of processes for the session, whole again before each test; what they measured is told at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Generator, Iterator

import pytest

from tests.e2e.stage import Stage, open_stage
from tests.support.postgres import admin_dsn, drop_database, fresh_database
from tests.support.processes import Fleet, make_fleet

FIGURE = "figure"

type Quote = Callable[[str], None]


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """The processes on a database of their own. Starting them costs more than most tests: these share them."""
    database_url = asyncio.run(fresh_database(admin_dsn()))
    fleet = make_fleet(tmp_path_factory.mktemp("fleet"), database_url)
    try:
        yield fleet
    finally:
        fleet.stop()
        asyncio.run(drop_database(admin_dsn(), database_url))


@pytest.fixture
async def stage(fleet: Fleet) -> AsyncIterator[Stage]:
    """The processes, all of them serving, and what a test needs to talk to them."""
    await fleet.ready()
    async with open_stage(fleet) as stage:
        yield stage


@pytest.fixture
def quote(record_property: Callable[[str, object], None], request: pytest.FixtureRequest) -> Quote:
    """Says what was measured: a line under the run's results."""
    return lambda text: record_property(FIGURE, f"{request.node.name}: {text}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure comes with what the processes said."""
    report = yield
    fleet = getattr(item, "funcargs", {}).get("fleet")
    if report.failed and isinstance(fleet, Fleet):
        report.sections.append(("processes", fleet.last_words()))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table to quote."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    figures = [
        value for report in reports if report.when == "call" for name, value in report.user_properties if name == FIGURE
    ]
    if figures:
        terminalreporter.section("figures")
        for figure in figures:
            terminalreporter.write_line(str(figure))
