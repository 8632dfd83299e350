"""What Prometheus is shown, and who may see it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as plain_text

from allonova.adapters.http.guard import UUID_SHAPE
from allonova.adapters.telemetry.gauges import GaugeReader
from tests.support.api import Api
from tests.support.figures import figure, growth
from tests.support.wire import NOBODY, ROOT, refusal

METRICS = f"{ROOT}/metrics"
TOKEN = "a-token-of-24-or-more-letters"
OPEN_METRICS = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"


async def test_request_is_counted_by_its_template_when_its_path_holds_an_id(api: Api) -> None:
    of = {"method": "GET", "route": "/api/v1/trips/{id}"}
    answers, timed = growth("http_requests_total", **of, status="404"), growth("http_request_seconds_count", **of)
    refusal(await api.http.get(f"/trips/{NOBODY}"), 404, "not_found")
    assert (answers(), timed()) == (1, 1)


async def test_worlds_are_counted_apart_when_their_paths_end_alike(api: Api) -> None:
    ours = growth("http_requests_total", method="POST", route="/api/v1/auth/login", status="422")
    theirs = growth("http_requests_total", method="POST", route="/auth/login", status="422")
    await api.http.post("/auth/login", json={})
    assert (ours(), theirs()) == (1, 0)


@pytest.mark.parametrize(("method", "path", "shown"), [("GET", "/wp-login.php", "GET"), ("BREW", "/tea", "other")])
async def test_labels_stay_few_when_a_client_makes_things_up(api: Api, method: str, path: str, shown: str) -> None:
    counted = growth("http_requests_total", method=shown, route="unmatched", status="404")
    await api.http.request(method, ROOT + path)
    assert counted() == 1


async def test_event_is_counted_when_its_unit_commits(api: Api) -> None:
    trip, passenger = await api.trip(await api.driver()), await api.passenger()
    asked = growth("allonova_events_total", event="booking.requested", detail="")
    paid = growth("allonova_events_total", event="booking.paid", detail="")
    await api.pending(passenger, trip)
    assert (asked(), paid()) == (1, 0)


@pytest.mark.parametrize("given", ["", "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer é", TOKEN])
async def test_answers_401_when_the_token_is_wrong(api: Api, given: str) -> None:
    api.configure(metrics_token=TOKEN)
    refusal(await api.http.get(METRICS, headers=[(b"Authorization", given.encode())]), 401, "auth_required")


async def test_answers_when_the_token_is_right_or_none_is_set(api: Api) -> None:
    assert (await api.http.get(METRICS)).status_code == 200
    api.configure(metrics_token=TOKEN)
    assert (await api.http.get(METRICS, headers={"Authorization": f"Bearer {TOKEN}"})).status_code == 200


async def test_format_is_the_one_asked_for(api: Api) -> None:
    plain = await api.http.get(METRICS)
    opened = await api.http.get(METRICS, headers={"Accept": OPEN_METRICS})
    assert plain.headers["content-type"].startswith("text/plain")
    assert opened.headers["content-type"].startswith("application/openmetrics-text")
    texts = (plain_text(plain.text), open_metrics(opened.text))  # type: ignore[no-untyped-call]
    names = [{family.name for family in families} for families in texts]
    assert all({"http_request_seconds", "allonova_pool_connections"} <= found for found in names)


async def test_no_id_is_shown_when_somebody_rides(api: Api) -> None:
    passenger, trip = await api.passenger(), await api.trip(await api.driver())
    await api.pending(passenger, trip)
    await api.relay()
    text = (await api.http.get(METRICS)).text
    assert "booking.requested" in text
    assert not UUID_SHAPE.search(text)
    assert not re.search(r"\+225\d{10}", text)


async def test_gauges_are_those_of_the_store_when_they_are_read(api: Api) -> None:
    platform = api.service.platform
    reader = GaugeReader(platform.gauges, platform.clock)
    api.app.state.edge = replace(api.app.state.edge, read_gauges=reader.read)
    await api.pending(await api.passenger(), await api.trip(await api.driver()))
    await api.http.get(METRICS)
    assert figure("allonova_backlog", queue="outbox") >= 1
    assert figure("allonova_backlog_read") == 1
