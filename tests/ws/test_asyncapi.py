"""The document of the sockets: it says what realtime.md says, and hangs together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from allonova.adapters.http.root import create_app
from allonova.adapters.ws.asyncapi import asyncapi
from allonova.adapters.ws.channels import ROUTES
from allonova.main.settings import Env, Settings
from allonova.main.wiring import http_config

# realtime.md, the table: path | what arrives | what may be sent. A message that the back office took away is said so
# (docs/decisions/0075).
TABLE = """
/ws/bookings/{id} | message.created message.read message.updated booking.updated typing | message.send message.read typing
/ws/trips/{id}/driver-location | location | location
/ws/public/rides/{token} | location ride.updated |
/ws/notifications | notification.created commande.created intervention.created sla.breached | notification.read
/ws/demandes/{chauffeurId} | demande.created demande.updated commande.updated commande.cancelled | position
/ws/planning | commande.created commande.updated commande.cancelled taxi.updated taxi.position presence | presence
"""  # noqa: E501 - the page's own rows
UNNUMBERED = {"typing", "location", "taxi.position", "presence", "error", "resync"}  # realtime.md


@pytest.fixture(scope="module")
def document() -> Any:
    return asyncapi(ROUTES, title="AlloNova sockets", version="1")


def messages(channel: Any, direction: str) -> dict[str, Any]:
    return {each["name"]: each for key, each in channel["messages"].items() if key.startswith(direction)}


def test_channels_are_those_of_the_specification(document: Any) -> None:
    rows = [[cell.split() for cell in line.split("|")] for line in TABLE.strip().splitlines()]
    wanted = {path[0]: (set(shown) | {"error", "resync"}, set(said)) for path, shown, said in rows}
    channels = document["channels"].values()
    assert {c["address"]: (set(messages(c, "shown")), set(messages(c, "said"))) for c in channels} == wanted


def test_frames_have_a_number_unless_the_specification_says_otherwise(document: Any) -> None:
    for channel in document["channels"].values():
        for name, message in messages(channel, "shown").items():
            kinds = message["payload"]["properties"]["id"]["type"]
            assert ("integer" in kinds) == (name not in UNNUMBERED), name


def test_every_reference_leads_somewhere(document: Any) -> None:
    for reference in references(document):
        found = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
        assert found


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (v for k, v in value.items() if k == "$ref")
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from references(each)


def test_parameters_are_those_of_the_path(document: Any) -> None:
    for channel in document["channels"].values():
        assert set(channel.get("parameters", {})) == set(re.findall(r"\{(\w+)\}", channel["address"]))


async def test_document_is_served_as_it_was_generated() -> None:
    app = create_app(http_config(Settings(env=Env.EMBEDDED)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://there") as http:
        answer = await http.get("/api/asyncapi.json")
    assert answer.status_code == 200
    assert {c["address"] for c in answer.json()["channels"].values()} == {route.path for route in ROUTES}
