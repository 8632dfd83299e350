"""The rim of the service: headers, origins, sizes, addresses, and what becomes of a fault of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from allonova.application.identity.ports import IdentityQueries
from tests.support.api import Api
from tests.support.wire import ADDRESS, ORIGIN, ROOT, refusal

SEARCH = "/trips/search?from=5.35,-4.00&to=6.81,-5.27&date=2025-10-02"
FOREIGN = [
    "null",
    f"{ORIGIN}.evil.test",
    "https://evilapp.allonova.test",
    "https://x.app.allonova.test",
    "http://app.allonova.test",
    f"{ORIGIN}:8443",
    "https://allonova.test",
]
ROUTES = ["/me", "/vehicles", "/bookings", SEARCH, "/auth/otp/send", "/payments/init"]
MIB = 1 << 20


class Broken:
    """A part of ours that fails."""

    async def user(self, _: object) -> None:
        """Fails."""
        raise RuntimeError("secret: SELECT password FROM users")


def break_me(api: Api) -> None:
    """From now on `GET /me` fails inside."""
    edge = api.app.state.edge
    api.app.state.edge = replace(edge, use={**edge.use, IdentityQueries: Broken()})


async def answers(api: Api) -> AsyncIterator[httpx.Response]:
    """One of each hundred."""
    passenger = await api.passenger()
    yield await passenger.get("/me")
    yield await api.http.get("/nothing")
    yield await api.http.post("/auth/otp/send", content=b"x", headers={"Content-Type": "text/plain"})
    break_me(api)
    yield await passenger.get("/me")


@pytest.mark.promise("cors-headers")
async def test_security_headers_are_there_when_it_goes_well_and_when_not(api: Api) -> None:
    seen = []
    async for answer in answers(api):
        seen.append(answer.status_code)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert answer.headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["cross-origin-resource-policy"] == "same-site"
        assert answer.headers["x-permitted-cross-domain-policies"] == "none"
        assert {"camera=()", "geolocation=()"} <= set(answer.headers["permissions-policy"].split(", "))
        assert "server" not in answer.headers
    assert seen == [200, 404, 415, 503]


@pytest.mark.promise("no-500")
async def test_nothing_of_a_fault_is_told_when_the_service_fails(api: Api) -> None:
    passenger = await api.passenger()
    break_me(api)
    answer = await passenger.get("/me")
    assert refusal(answer, 503, "service_unavailable") == {}
    assert "secret" not in answer.text
    assert "RuntimeError" not in answer.text


async def test_our_own_origin_may_read_when_it_asks(api: Api) -> None:
    for path in ROUTES:
        answer = await api.http.get(path, headers={"Origin": ORIGIN})
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        exposed = {name.strip().lower() for name in answer.headers["access-control-expose-headers"].split(",")}
        assert exposed >= {"etag", "retry-after", "x-request-id", "idempotent-replayed", "ratelimit-remaining"}
        assert "access-control-allow-credentials" not in answer.headers
        assert "Origin" in answer.headers["vary"]


@pytest.mark.promise("cors-headers")
@pytest.mark.parametrize("origin", FOREIGN)
async def test_foreign_origin_may_not_read_when_it_looks_like_ours(api: Api, origin: str) -> None:
    for path in ROUTES:
        answer = await api.http.get(path, headers={"Origin": origin})
        asked = await api.http.options(path, headers=preflight(origin))
        assert "access-control-allow-origin" not in answer.headers
        assert "access-control-allow-origin" not in asked.headers
        assert refusal(asked, 403, "forbidden") == {}
        assert "Origin" in asked.headers["vary"]


async def test_no_origin_is_named_when_none_asks(api: Api) -> None:
    for path in ROUTES:
        assert "access-control-allow-origin" not in (await api.http.get(path)).headers


async def test_preflight_is_granted_when_the_origin_is_ours(api: Api) -> None:
    for path in ROUTES:
        answer = await api.http.options(path, headers=preflight(ORIGIN))
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert answer.headers["x-content-type-options"] == "nosniff"


WANTED = "authorization, content-type, idempotency-key, if-match, x-request-id"


def preflight(origin: str, *, method: str = "POST", headers: str = WANTED) -> dict[str, str]:
    """What a browser asks before it sends."""
    return {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}


@pytest.mark.promise("cors-headers")
@pytest.mark.parametrize("more", [{"method": "TRACE"}, {"headers": "authorization, x-forwarded-for"}])
async def test_preflight_is_refused_when_our_own_page_asks_for_too_much(api: Api, more: dict[str, str]) -> None:
    asked = preflight(ORIGIN, **more) | {"Accept-Language": "fr"}
    answer = await api.http.options("/me", headers=asked)
    refusal(answer, 403, "forbidden")
    assert answer.json()["error"]["message"] == "Vous n'avez pas le droit de faire cela."
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_refusal_can_be_read_by_our_page_when_the_rim_refuses(api: Api) -> None:
    headers = {"Origin": ORIGIN, "Content-Type": "text/plain"}
    answer = await api.http.post("/auth/otp/send", content=b"x", headers=headers)
    refusal(answer, 415, "unsupported_media_type")
    assert answer.headers["access-control-allow-origin"] == ORIGIN


async def test_fault_can_be_read_by_our_page_when_the_service_fails(api: Api) -> None:
    passenger = await api.passenger()
    break_me(api)
    answer = await passenger.send("GET", "/me", headers={"Origin": ORIGIN})
    refusal(answer, 503, "service_unavailable")
    assert answer.headers["access-control-allow-origin"] == ORIGIN


@pytest.mark.promise("cors-headers")
@pytest.mark.parametrize(
    "path",
    [
        *("/api/docs", "/api/docs/start.js", "/api/docs/assets/swagger-ui.css", "/", "/payment-done", "/verify-email"),
        *("/reset-password", "/admin-password", "/links.js", "/files/photos/x.jpg", "/files/objects/x", "/healthz"),
    ],
)
async def test_security_headers_are_there_when_it_is_a_page_or_a_file(api: Api, path: str) -> None:
    answer = await api.http.get(f"{ROOT}{path}")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["permissions-policy"]
    policy = answer.headers.get("content-security-policy", "")
    assert "frame-ancestors 'none'" in policy or path.startswith("/api/docs/")
    assert "script-src 'unsafe-inline'" not in policy


def _body(size: int) -> bytes:
    return b'{"phone": "' + b" " * (size - 13) + b'"}'


async def _in_chunks(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 65_536):
        yield body[start : start + 65_536]


@pytest.mark.parametrize("path", ["/auth/otp/send", "/payments/webhook/wave"])
@pytest.mark.parametrize("chunked", [False, True])
async def test_body_is_too_large_when_it_is_a_byte_over_the_limit(api: Api, path: str, *, chunked: bool) -> None:
    body = _body(MIB + 1)
    headers = {"Content-Type": "application/json"}
    answer = await api.http.post(path, content=_in_chunks(body) if chunked else body, headers=headers)
    refusal(answer, 413, "payload_too_large")


@pytest.mark.parametrize("chunked", [False, True])
async def test_body_is_read_when_it_is_just_within_the_limit(api: Api, *, chunked: bool) -> None:
    body = _body(MIB)
    headers = {"Content-Type": "application/json"}
    answer = await api.http.post("/auth/otp/send", content=_in_chunks(body) if chunked else body, headers=headers)
    refusal(answer, 422, "validation_error")


async def statuses(api: Api, *forwarded: str) -> list[int]:
    """What anonymous callers get who say that they come from there."""
    return [(await api.http.get(SEARCH, headers={"X-Forwarded-For": each})).status_code for each in forwarded]


@pytest.mark.promise("caller-address")
async def test_forwarded_address_counts_for_nothing_when_the_peer_is_no_proxy_of_ours(api: Api) -> None:
    api.configure(anonymous_per_minute=2)
    assert await statuses(api, "198.51.100.1", "198.51.100.2", "198.51.100.3") == [200, 200, 429]


@pytest.mark.promise("caller-address")
async def test_forwarded_address_counts_when_the_peer_is_our_proxy(api: Api) -> None:
    api.configure(anonymous_per_minute=1, trusted_proxies=(f"{ADDRESS}/32",))
    assert await statuses(api, "198.51.100.1", "198.51.100.2", "198.51.100.1") == [200, 200, 429]


@pytest.mark.promise("caller-address")
async def test_last_hop_counts_when_a_caller_invents_earlier_ones(api: Api) -> None:
    api.configure(anonymous_per_minute=1, trusted_proxies=(ADDRESS, "10.0.0.0/8"))
    assert await statuses(api, "198.51.100.9", "1.2.3.4, 198.51.100.9, 10.1.1.1") == [200, 429]


@pytest.mark.parametrize("junk", ["", ",,,", "x" * 200, "::::", "198.51.100.1:99999", "\x7f"])
async def test_junk_is_an_address_like_any_other_when_a_proxy_passes_it_on(api: Api, junk: str) -> None:
    api.configure(anonymous_per_minute=1, trusted_proxies=(ADDRESS,))
    assert await statuses(api, junk, junk) == [200, 429]


@pytest.mark.parametrize("typed", ["+2250700000001", "awa@example.test", "CI0123456", "Awa"])
async def test_path_is_logged_by_its_words_alone_when_it_is_no_route(
    api: Api, caplog: pytest.LogCaptureFixture, typed: str
) -> None:
    with caplog.at_level("INFO", logger="allonova.access"):
        assert (await api.http.get(f"/users/{typed}/trips")).status_code == 404
    assert [record.path for record in caplog.records] == ["/api/v1/users/…/trips"]  # type: ignore[attr-defined]
