"""A real Prometheus, with our configuration and rules, over the running processes."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import yaml  # type: ignore[import-untyped]

from tests.e2e.stage import Stage
from tests.support.factories import new_id
from tests.support.processes import METRICS_TOKEN, Process, eventually, free_ports, plain_environment

WATCH = Path(__file__).parents[2] / "deploy/prometheus"
SEARCH = "/api/v1/trips/search"
OLD = """
INSERT INTO platform.outbox (id, event, payload, subscriber, due_at, leased_until)
VALUES ($1, 'booking.paid', '{}', 'nobody', $2::timestamptz - interval '10 min', $2::timestamptz + interval '1 hour')
"""
FORGET = "DELETE FROM platform.outbox WHERE id = $1"


@dataclass(frozen=True, slots=True)
class Prometheus:
    """One that scrapes every second."""

    http: httpx.AsyncClient
    process: Process

    async def ask(self, query: str) -> float | None:
        """The first value that a query finds; None where it finds nothing."""
        assert self.process.is_running, self.process.last_words()
        answer = await self.http.get("/api/v1/query", params={"query": query})
        found: Any = answer.raise_for_status().json()["data"]["result"]  # it says 503 until it is ready
        return float(found[0]["value"][1]) if found else None

    async def until(self, query: str, done: Callable[[float | None], bool]) -> None:
        """Wait for a value that will do."""

        async def is_done() -> bool:
            return done(await self.ask(query))

        await eventually(query, is_done, pause_s=0.2)


def configure(folder: Path, targets: dict[str, list[str]]) -> None:
    """Our own files with these targets, in seconds where they have minutes."""
    shutil.copytree(WATCH, folder, dirs_exist_ok=True)
    (folder / "metrics-token").write_text(METRICS_TOKEN)
    main = yaml.safe_load((folder / "prometheus.yml").read_text())
    main["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    for job in main["scrape_configs"]:
        job["static_configs"] = [{"targets": targets[job["job_name"]]}]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(main))
    for path in (folder / "rules").glob("*.yml"):
        path.write_text(re.sub(r"^ +for: .*\n", "", path.read_text(), flags=re.MULTILINE))


@pytest.fixture
async def prometheus(stage: Stage, tmp_path: Path) -> AsyncIterator[Prometheus]:
    """One over the fleet, serving."""
    program, (port,), fleet = shutil.which("prometheus"), free_ports(1), stage.fleet
    assert program, "prometheus is missing: apt-get install -y --no-install-recommends prometheus"
    apis, worker = [urlsplit(url).netloc for url in fleet.urls], urlsplit(fleet.worker_url).netloc
    configure(tmp_path, {"api": apis, "worker": [worker]})
    places = (f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/data")
    command = [program, *places, f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"]
    process = Process("prometheus", command, tmp_path, plain_environment())
    process.start()
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
            found = Prometheus(http, process)
            await found.until('sum(up{job=~"api|worker"})', lambda value: value == 3)
            yield found
    finally:
        process.stop()


async def test_figures_and_alerts_are_there_when_prometheus_looks(prometheus: Prometheus, stage: Stage) -> None:
    searches = f'sum(http_requests_total{{job="api",route="{SEARCH}"}})'
    await stage.a.get(SEARCH)
    await prometheus.until(searches, lambda value: value is not None)
    before = await prometheus.ask(searches) or 0
    for api in (stage.a, stage.b):
        await api.get(SEARCH)
    await prometheus.until(searches, lambda value: (value or 0) >= before + 2)
    await prometheus.until('sum(allonova_backlog_read{job="worker"})', lambda value: value == 1)
    await prometheus.until('allonova_job_period_seconds{name="holds",job="worker"}', lambda value: value == 10)


async def test_alert_fires_until_the_fault_is_mended(prometheus: Prometheus, stage: Stage) -> None:
    alert, id = 'ALERTS{alertname="OutboxOld",alertstate="firing"}', new_id()
    await prometheus.until('max(allonova_backlog{queue="outbox"})', lambda value: value is not None)
    assert await prometheus.ask(alert) is None
    await stage.pool.execute(OLD, id, stage.clock.now())
    try:
        await prometheus.until(alert, lambda value: value == 1)
    finally:
        await stage.pool.execute(FORGET, id)
    await prometheus.until(alert, lambda value: value is None)


async def test_figures_are_for_who_has_the_token(stage: Stage) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        for url in (*stage.fleet.urls, stage.fleet.worker_url):
            assert (await http.get(f"{url}/metrics")).status_code == 401
            told = await http.get(f"{url}/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"})
            assert "http_requests_total" in told.text
        assert (await http.get(f"{stage.fleet.worker_url}/readyz")).json()["data"]["database"] == "up"
        assert (await http.get(f"{stage.fleet.worker_url}/api/v1/trips/search")).status_code == 404
