"""Requests made from the OpenAPI itself: no fault, no status and no shape that it does not announce."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from allonova.adapters.http.openapi import create_openapi
from allonova.main.wiring import http_config
from tests.support.api import Api, Person
from tests.support.fuzzing import Operation, name_of, operations, without_our_words
from tests.support.serving import SETTINGS, api_on, app_of
from tests.support.wire import ROOT, stop_body

OPENAPI = create_openapi(app_of(http_config(SETTINGS)))
HOOKS = ("/api/v1/payments/webhook/", "/api/v1/notifications/webhook/", "/api/v1/notifications/receipts/")
COUNTS = [pytest.param(8, id="sample"), pytest.param(60, id="full", marks=pytest.mark.prove)]
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]


@dataclass(frozen=True, slots=True)
class World:
    """A service in memory where each kind of thing exists, on a loop of its own."""

    runner: asyncio.Runner
    api: Api
    people: dict[str, Person | None]
    ids: list[str]

    def send(self, case: Case[Any], who: str) -> httpx.Response:
        """The request of a case."""
        request = case.as_transport_kwargs(base_url=ROOT)
        del request["cookies"]  # nothing here reads one
        person = self.people[who]
        headers = {**request.pop("headers"), **(person.bearer if person else {})}
        encoded = {name: value.encode("utf-8", "surrogateescape") for name, value in headers.items()}
        body = {"content": request.pop("data")} if "data" in request else {}
        call = self.api.http.request(**request, **body, headers=[(n.encode(), v) for n, v in encoded.items()])
        return self.runner.run(call)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Made once: what one request does is what the next one finds."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        yield runner.run(populated(runner, stack))
        runner.run(stack.aclose())


async def populated(runner: asyncio.Runner, stack: AsyncExitStack) -> World:
    """A driver, a passenger, and between them a trip, bookings and a payment."""
    api = await stack.enter_async_context(api_on(None))
    driver, passenger = await api.driver(), await api.passenger()
    trip = await api.trip(driver, stops=[stop_body()])
    (vehicle,) = (await driver.get("/vehicles")).json()["data"]
    pending = await api.pending(await api.passenger(), trip)
    accepted = await api.accepted(passenger, driver, trip)
    payment = (await api.started(passenger, accepted))["payment"]
    later = trip["departure_time"].replace("02T", "09T")
    draft = await api.trip(driver, status="draft", departure_time=later)
    ids = [thing["id"] for thing in (trip, vehicle, pending, accepted, payment, draft)]
    return World(runner, api, {"driver": driver, "passenger": passenger, "nobody": None}, ids)


def cases(operation: Operation) -> st.SearchStrategy[Case[Any]]:
    """As the OpenAPI says, and, where there is anything to say, otherwise."""
    is_ours = operation.path.startswith("/api") and not operation.path.startswith(HOOKS)
    is_silent = not is_ours or operation.path == "/api/v1/me"
    modes = [GenerationMode.POSITIVE] if is_silent else [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
    return st.one_of([operation.as_strategy(generation_mode=mode) for mode in modes])


@pytest.mark.promise("no-500")
@pytest.mark.parametrize("number", COUNTS)
@pytest.mark.parametrize("operation", operations(), ids=name_of)
def test_answer_is_announced_when_the_request_is_made_from_the_openapi(
    world: World, operation: Operation, number: int
) -> None:
    @settings(
        max_examples=number,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases(operation), data=st.data())
    def ask(case: Case[Any], data: st.DataObject) -> None:
        if "id" in case.path_parameters and data.draw(st.booleans()):
            case.path_parameters["id"] = data.draw(st.sampled_from(world.ids))
        who = data.draw(st.sampled_from(["driver", "passenger", "nobody"]))
        answer = world.send(case, who)
        assert answer.status_code < 500 or "provider_unavailable" in answer.text, answer.text
        case.validate_response(answer, checks=CHECKS)

    with without_our_words():
        ask()


def test_every_reference_leads_somewhere_when_the_openapi_is_read() -> None:
    wanted = set(re.findall(r"'#/components/schemas/([^']+)'", repr(OPENAPI)))
    assert wanted == set(OPENAPI["components"]["schemas"]) & wanted
    assert OPENAPI["openapi"].startswith("3.1")


def test_seats_are_named_as_they_are_sent_when_the_openapi_shows_the_search() -> None:
    shown: Any = OPENAPI["paths"]["/api/v1/trips/search"]["get"]["parameters"]
    names = {parameter["name"]: parameter["required"] for parameter in shown}
    assert not any(names.values())  # an area may stand for both points and the date
    assert {
        "from",
        "to",
        "date",
        "bbox",
        "seats>",
        "driver_rating>",
        "radius_km",
        "comfort",
        "price_min",
        "price_max",
        "sort",
    } < set(names)
