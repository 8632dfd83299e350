"""What any vendor may answer, and what is made of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allonova.adapters.vendors.breaker import FAILURES, REST_S, Breaker
from allonova.adapters.vendors.http import MAX_ANSWER_BYTES, VendorHttp
from allonova.adapters.vendors.strict_json import MAX_DEPTH, MalformedJson, loads
from allonova.application.kernel.inside import INSIDE_UNIT
from allonova.domain.kernel.errors import ProviderUnavailable

type Answer = Callable[[httpx.Request], httpx.Response]


@dataclass
class Seconds:
    at: float = 100.0

    def __call__(self) -> float:
        return self.at


def vendor(answer: Answer, breaker: Breaker | None = None) -> VendorHttp:
    http = httpx.AsyncClient(transport=httpx.MockTransport(answer), follow_redirects=True)
    return VendorHttp(
        vendor="acme",
        http=http,
        base_url="https://acme.test/v1/",
        headers={"X-Key": "secret"},
        breaker=breaker or Breaker(),
    )


def always(status: int, content: bytes = b"{}", **headers: str) -> Answer:
    return lambda _: httpx.Response(status, content=content, headers=headers)


async def test_request_carries_key_and_name() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"a": 1})

    reply = await vendor(answer).call("GET", "/x", query={"q": "a b&c"})
    assert (reply.status, reply.body) == (200, {"a": 1})
    assert str(seen[0].url) == "https://acme.test/v1/x?q=a+b%26c"
    assert seen[0].headers["x-key"] == "secret"
    assert seen[0].headers["user-agent"] == "AlloNova"


async def test_empty_body_is_none() -> None:
    assert (await vendor(always(204, b"")).call("POST", "/x")).body is None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
async def test_refusal_is_an_answer(status: int) -> None:
    reply = await vendor(always(status, b'{"code":"no"}')).call("GET", "/x")
    assert (reply.status, reply.body, reply.is_success) == (status, {"code": "no"}, False)


@pytest.mark.parametrize("status", [301, 302, 307, 408, 429, 500, 502, 503, 504, 599])
async def test_unavailable_when_status_says_nothing(status: int) -> None:
    with pytest.raises(ProviderUnavailable):
        await vendor(always(status, Location="https://elsewhere.test/")).call("GET", "/x")


@pytest.mark.promise("no-ssrf")
async def test_key_stays_here_when_redirected() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.host)
        return httpx.Response(307, headers={"Location": "https://elsewhere.test/"})

    with pytest.raises(ProviderUnavailable):
        await vendor(answer).call("GET", "/x")
    assert seen == ["acme.test"]


@pytest.mark.parametrize(
    "body", [b"<html>", b"{", b'{"a":1}{', b"\xff", b"NaN", b"[" * 5000, b"x" * (MAX_ANSWER_BYTES + 1)]
)
@pytest.mark.parametrize("status", [200, 400])
async def test_unavailable_when_body_is_not_json(status: int, body: bytes) -> None:
    with pytest.raises(ProviderUnavailable):
        await vendor(always(status, body)).call("GET", "/x")


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.PoolTimeout])
async def test_unavailable_when_line_breaks(error: type[httpx.TransportError]) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error("broken")

    with pytest.raises(ProviderUnavailable):
        await vendor(answer).call("GET", "/x")


async def test_unavailable_when_body_never_ends() -> None:

    async def forever() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    hurried = replace(vendor(lambda _: httpx.Response(200, content=forever())), total_s=0.05)
    with pytest.raises(ProviderUnavailable):
        await hurried.call("GET", "/x")


@pytest.mark.promise("slow-provider")
async def test_refuses_to_run_inside_a_unit() -> None:
    token = INSIDE_UNIT.set(True)
    try:
        with pytest.raises(RuntimeError, match="acme inside a unit"):
            await vendor(always(200)).call("GET", "/x")
    finally:
        INSIDE_UNIT.reset(token)


async def test_key_and_bodies_stay_out_of_log_and_repr(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="allonova")
    acme = vendor(always(500, b"pin 1234"))
    with pytest.raises(ProviderUnavailable):
        await acme.call("POST", "/x", json={"phone": "+2250700000001"}, query={"who": "Awa"})
    (record,) = [record for record in caplog.records if record.name.startswith("allonova")]
    text = repr(record.__dict__) + repr(acme)
    assert "status 500" in text
    for secret in ("secret", "1234", "0700000001", "Awa"):
        assert secret not in text


@pytest.mark.parametrize("status", [500, 404])
async def test_path_stays_out_of_log_when_it_names_a_place(status: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="allonova")
    with contextlib.suppress(ProviderUnavailable):
        await vendor(always(status)).call("GET", "/route/5.3575", shown="/route")
    (record,) = [record for record in caplog.records if record.name.startswith("allonova")]
    assert (record.__dict__["path"], "5.3575" in repr(record.__dict__)) == ("/route", False)


async def fails(acme: VendorHttp) -> None:
    with pytest.raises(ProviderUnavailable):
        await acme.call("GET", "/x")


@pytest.mark.promise("slow-provider")
async def test_breaker_opens_rests_and_tries_once() -> None:
    calls: list[int] = []
    seconds = Seconds()
    status = 503

    def answer(_: httpx.Request) -> httpx.Response:
        calls.append(status)
        return httpx.Response(status, content=b"{}")

    acme = vendor(answer, Breaker(seconds))
    for _ in range(FAILURES + 3):
        await fails(acme)
    assert len(calls) == FAILURES
    seconds.at += REST_S
    await fails(acme)
    await fails(acme)
    assert len(calls) == FAILURES + 1
    seconds.at += REST_S
    status = 400
    assert (await acme.call("GET", "/x")).status == 400
    assert (await acme.call("GET", "/x")).status == 400


def test_breaker_lets_one_try_at_a_time() -> None:
    seconds = Seconds()
    breaker = Breaker(seconds)
    for _ in range(FAILURES):
        breaker.failed()
    assert not breaker.admit()
    seconds.at += REST_S
    assert [breaker.admit(), breaker.admit()] == [True, False]
    seconds.at += REST_S
    assert breaker.admit()


def test_breaker_stays_closed_when_answers_come_between() -> None:
    breaker = Breaker(Seconds())
    for _ in range(FAILURES - 1):
        breaker.failed()
    breaker.answered()
    breaker.failed()
    assert breaker.admit()
    assert not breaker.is_open


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b'{"a":1,"a":2}',
        b'{"b":{"a":1,"a":2}}',
        b"NaN",
        b"-Infinity",
        b"1e400",
        b'"\\u0000"',
        b'{"\\u0000":1}',
        b'["\\ud800"]',
        b"9" * 5000,
        b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
        b"[" * 100_000,
    ],
)
def test_json_is_refused_when_it_is_no_plain_value(body: bytes) -> None:
    with pytest.raises(MalformedJson):
        loads(body)


def test_json_is_read_when_plain() -> None:
    assert loads(b' {"a": [1, 2.5, null, true, "\\ud83d\\ude00"]} ') == {"a": [1, 2.5, None, True, "😀"]}
    assert loads(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)


@settings(deadline=None)
@given(st.binary() | st.text(alphabet='{}[]",:0129eE.-+\\untfalsrd \x00é').map(lambda text: text.encode()))
def test_only_malformed_json_when_bytes_are_arbitrary(body: bytes) -> None:
    with contextlib.suppress(MalformedJson):
        loads(body)
