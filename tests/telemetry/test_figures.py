"""What is counted where it happens: calls to providers, jobs, connections, exposition."""

from __future__ import annotations

import asyncio
import time

import httpx
import pytest

from allonova.adapters.jobs.inprocess import InProcessJobs
from allonova.adapters.jobs.job import Job
from allonova.adapters.memory.gauges import MemoryGaugeQueries
from allonova.adapters.memory.store import MemoryDatabase
from allonova.adapters.telemetry.exposition import exposed
from allonova.adapters.telemetry.gauges import GaugeReader
from allonova.adapters.telemetry.jobs import expect_jobs, job_succeeded
from allonova.adapters.telemetry.pools import show_pool
from allonova.adapters.telemetry.work import JOB, outcome_of, watched
from allonova.adapters.vendors.breaker import FAILURES, REST_S, Breaker
from allonova.adapters.vendors.http import VendorHttp
from allonova.application.kernel.gauges import Gauges
from allonova.domain.kernel.errors import NotFound, ProviderUnavailable
from tests.support.factories import SetClock
from tests.support.figures import figure, growth


class Seconds:
    """Time that a test sets."""

    at = 0.0

    def __call__(self) -> float:
        return self.at


def vendor(status: int, breaker: Breaker | None = None, name: str = "acme") -> VendorHttp:
    http = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(status, content=b"{}")))
    return VendorHttp(vendor=name, http=http, base_url="https://a.test", headers={}, breaker=breaker or Breaker())


@pytest.mark.parametrize(("status", "outcome"), [(200, "ok"), (404, "refused"), (422, "refused")])
async def test_call_is_counted_by_its_end_when_the_provider_answers(status: int, outcome: str) -> None:
    counted = growth("allonova_provider_call_seconds_count", name="acme", outcome=outcome)
    await vendor(status).call("GET", "/x")
    assert counted() == 1


async def test_call_failed_when_nothing_is_known_of_it() -> None:
    counted = growth("allonova_provider_call_seconds_count", name="acme", outcome="failed")
    with pytest.raises(ProviderUnavailable):
        await vendor(503).call("GET", "/x")
    assert counted() == 1


async def test_breaker_is_shown_open_until_the_provider_speaks() -> None:
    now = Seconds()
    breaker = Breaker(now)
    down, up = vendor(503, breaker, "tired"), vendor(200, breaker, "tired")
    for _ in range(FAILURES):
        with pytest.raises(ProviderUnavailable):
            await down.call("GET", "/x")
    assert figure("allonova_breaker_open", name="tired") == 1
    now.at = REST_S + 1
    await up.call("GET", "/x")
    assert figure("allonova_breaker_open", name="tired") == 0


async def test_spared_calls_are_counted_when_the_breaker_is_open() -> None:
    acme, spared = vendor(503, name="spared"), growth("allonova_provider_spared_total", name="spared")
    for _ in range(FAILURES + 3):
        with pytest.raises(ProviderUnavailable):
            await acme.call("GET", "/x")
    assert (spared(), figure("allonova_breaker_open", name="spared")) == (3, 1)


def test_outcome_is_what_the_work_says_when_it_knows_better() -> None:
    counted = growth("allonova_job_seconds_count", name="told", outcome="half")

    def half_done() -> None:
        with watched(JOB, "told") as work:
            work.outcome = "half"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half_done()
    assert counted() == 1


def test_outcome_is_a_refusal_when_a_rule_said_no() -> None:
    errors = (NotFound(), ProviderUnavailable("a"), ValueError())
    assert [outcome_of(error) for error in errors] == ["refused", "failed", "failed"]


def test_job_is_late_from_the_start_on_when_it_is_expected() -> None:
    before = time.time()
    expect_jobs({"nightly": 600})
    first = figure("allonova_job_succeeded_timestamp_seconds", name="nightly")
    job_succeeded("nightly")
    assert figure("allonova_job_period_seconds", name="nightly") == 600
    assert before <= first < figure("allonova_job_succeeded_timestamp_seconds", name="nightly")


async def test_jobs_are_expected_when_they_run_in_this_process() -> None:
    async with InProcessJobs().running([Job("embedded", asyncio.Event().wait, every_s=60)]):
        assert figure("allonova_job_period_seconds", name="embedded") == 60


class Ten:
    """A pool of ten, six of them open, one idle."""

    def get_size(self) -> int:
        """See Pooled."""
        return 6

    def get_idle_size(self) -> int:
        """See Pooled."""
        return 1

    def get_max_size(self) -> int:
        """See Pooled."""
        return 10


def test_pool_is_shown_as_long_as_it_lives() -> None:
    most, busy = growth("allonova_pool_most"), growth("allonova_pool_connections", state="busy")
    pool = Ten()
    show_pool(pool)
    assert (most(), busy()) == (10, 5)
    del pool
    assert (most(), busy()) == (0, 0)


class Broken(MemoryGaugeQueries):
    """The store, which went away."""

    is_away = False

    async def gauges(self, *, now: object) -> Gauges:
        """See GaugeQueries."""
        if self.is_away:
            raise OSError
        return await super().gauges(now=SetClock().now())


async def nine() -> int:
    """Calls in the worker's queue."""
    return 9


async def test_old_figures_are_not_shown_when_the_store_is_away() -> None:
    queries = Broken(MemoryDatabase())
    reader = GaugeReader(queries, SetClock(), nine)
    await reader.read()
    assert (figure("allonova_backlog", queue="worker"), figure("allonova_backlog_read")) == (9, 1)
    queries.is_away = True
    await reader.read()
    assert figure("allonova_backlog_read") == 0
    assert b'allonova_backlog{queue="' not in (await exposed(""))[0]


async def test_no_series_says_when_it_was_made() -> None:
    job_succeeded("made")
    with watched(JOB, "made"):
        pass
    assert b"_created" not in (await exposed(""))[0]
