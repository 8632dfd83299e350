"""No address that a person gives is ever fetched: all that leaves the service goes where its settings say."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from allonova.adapters.http.openapi import create_openapi
from allonova.adapters.vendors.http import VendorHttp
from allonova.domain.kernel.errors import ProviderUnavailable
from allonova.main.wiring import http_config
from tests.http.test_mass_assignment import CHAUFFEURS, SCHEMAS, is_of_nova, writes
from tests.support.api import Api
from tests.support.nova import an_office
from tests.support.serving import OUTSIDE, SETTINGS, app_of
from tests.support.wire import NOBODY, ORIGIN, data, fresh_key, paths, refusal

pytestmark = pytest.mark.promise("no-ssrf")

OPENAPI = create_openapi(app_of(http_config(SETTINGS)))
HOSTILE = [
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://localhost.:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://0:{port}/",
    "http://[::1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://①②⑦.⓪.⓪.①:{port}/",
    "http://127.0.0.1.nip.io:{port}/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://metadata.google.internal/",
    f"{ORIGIN}@127.0.0.1:{{port}}/",
    f"{ORIGIN}.evil.test/",
    f"{ORIGIN}:{{port}}/",
    "//127.0.0.1:{port}/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/_",
    "http://user:secret@127.0.0.1:{port}/",
]
WATCHED = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname")
_hearing: list[list[str]] = []


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if event in WATCHED:
        for heard in _hearing:
            heard.append(f"{event} {arguments[1:] if event == 'socket.connect' else arguments[:2]}")


sys.addaudithook(_hear)


@contextmanager
def connections() -> Iterator[list[str]]:
    """Each connection that this process makes meanwhile, and each name that it looks up."""
    heard: list[str] = []
    _hearing.append(heard)
    try:
        yield heard
    finally:
        _hearing.remove(heard)


def hostile(port: int = 1) -> list[str]:
    """Addresses that lead inside."""
    return [each.format(port=port) for each in HOSTILE]


def filled(schema: Any, value: str) -> Any:
    """A body with this in each of its places for text, however deep."""
    if name := schema.get("$ref", "").rpartition("/")[2]:
        return filled(SCHEMAS[name], value)
    if options := [option for option in schema.get("anyOf", ()) if option.get("type") != "null"]:
        return filled(options[0], value)
    if "properties" in schema:
        return {name: filled(inner, value) for name, inner in schema["properties"].items()}
    if schema.get("type") == "array":
        return [filled(schema.get("items", {}), value)]
    return {"integer": 1, "number": 1, "boolean": True}.get(schema.get("type", ""), value)


def test_url_fields_are_known_when_the_openapi_is_read() -> None:
    named = {
        (schema, name)
        for schema, found in OPENAPI["components"]["schemas"].items()
        if schema.endswith("Body")
        for name, field in found.get("properties", {}).items()
        if re.search(r"(ur[il]|link|href|callback|webhook|website)$", name, re.IGNORECASE) or "uri" in str(field)
    }
    assert named == {("PaymentBody", "return_url"), ("TopUpBody", "return_url"), ("UserChangeBody", "photo_url")}
    assert OPENAPI["components"]["schemas"]["UserChangeBody"]["properties"]["photo_url"]["type"] == "null"


@pytest.mark.parametrize("server", ["memory"], indirect=True)  # which has no connection of its own
async def test_nothing_is_connected_to_when_every_field_holds_an_address(api: Api) -> None:
    driver, admin, office = await api.driver(), await api.admin(), await an_office(api, taxis=1)
    with connections() as made:
        for method, path, schema in writes():
            person: Any = admin if "/admin/" in path or path.endswith("/disputes/{id}") else driver
            if is_of_nova(path):
                person = office.chauffeurs[0] if path.startswith(CHAUFFEURS) else office.admin
            await person.send(
                method,
                re.sub(r"\{[^}]*\}", NOBODY, path).removeprefix("/api/v1"),
                json=filled(schema, hostile()[0]),
                headers={"Idempotency-Key": fresh_key(), "Host": "127.0.0.1", "X-Forwarded-Host": "127.0.0.1"},
            )
        await api.relay()
    assert made == []


@pytest.mark.parametrize("server", ["memory"], indirect=True)
async def test_return_address_is_refused_when_it_is_none_of_ours(api: Api, subtests: pytest.Subtests) -> None:
    passenger, driver = await api.passenger(), await api.driver()
    booking = await api.accepted(passenger, driver, await api.trip(driver))
    sound = {
        "/payments/init": {"booking_id": booking["id"], "method": "wave"},
        "/wallet/topup": {"amount": 5000, "method": "wave"},
    }
    with connections() as made:
        for path, body in sound.items():
            for value in hostile():
                with subtests.test(path, value=value):
                    answer = await passenger.post(path, {**body, "return_url": value}, key=fresh_key())
                    assert paths(refusal(answer, 422, "validation_error")) == ["return_url"]
    assert made == []


async def test_request_goes_to_its_vendor_alone_when_people_use_the_service(api: Api) -> None:
    """Through the sandbox, which is where the settings of tests lead."""
    hosts: set[str] = set()

    async def note(request: httpx.Request) -> None:
        hosts.add(request.url.copy_with(path="/", query=None).host)

    clients = {id(each): each for each in _clients_in(api.service.outside)}
    for client in clients.values():
        client.event_hooks = {"request": [note]}
    passenger, driver = await api.passenger(), await api.driver()
    await api.paid(passenger, driver, await api.trip(driver))
    data(await passenger.send("POST", "/auth/otp/send", json={"phone": passenger.phone}, headers={"Host": "evil.test"}))
    await api.relay()
    assert hosts == {urlsplit(OUTSIDE).hostname}


def _clients_in(thing: object, seen: set[int] | None = None) -> Iterator[httpx.AsyncClient]:
    """Every HTTP client that something holds, however deep."""
    seen = set() if seen is None else seen
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, httpx.AsyncClient):
        yield thing
        return
    if isinstance(thing, dict | list | tuple | frozenset | set):
        inner: list[Any] = list(thing.values()) if isinstance(thing, dict) else list(thing)
    elif type(thing).__module__.startswith("allonova"):
        names = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
        inner = [getattr(thing, name, None) for name in names] + list(getattr(thing, "__dict__", {}).values())
    else:
        return
    for each in inner:
        yield from _clients_in(each, seen)


async def test_no_client_follows_a_redirect_when_it_is_the_services(api: Api) -> None:
    found = {id(each): each for each in _clients_in(api.service.outside)}
    assert found
    assert not any(client.follow_redirects for client in found.values())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirect_is_no_answer_when_it_leads_inside(status: int) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(status, headers={"Location": "http://169.254.169.254/latest/meta-data/"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), follow_redirects=True) as http:
        vendor = VendorHttp(vendor="v", http=http, base_url="https://vendor.test", headers={"Authorization": "key"})
        with connections() as made, pytest.raises(ProviderUnavailable):
            await vendor.call("GET", "/x")
    assert (asked, made) == (["https://vendor.test/x"], [])
