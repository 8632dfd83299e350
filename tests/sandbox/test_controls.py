"""The controls: clock, jobs, secrets, ledger, and the envelope around all of them."""

from __future__ import annotations

import uuid

import httpx
import pytest
from fastapi import FastAPI

from .harness import SECRET, Played


async def test_services_clock_moves_when_advanced(played: Played) -> None:
    answer = await played.http.post("/sandbox/clock", json={"advance_s": 90.5})
    assert answer.json()["data"] == {"now": "2026-03-01T08:01:30.500000Z"}
    assert await played.data("clock") == answer.json()["data"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"advance_s": -1}',
        b'{"advance_s": true}',
        b'{"advance_s": "60"}',
        b'{"advance_s": null}',
        b'{"advance_s": NaN}',
        b'{"advance_s": 1e400}',
        b'{"advance_s": 9223372036854775808}',
        b'{"advance_s": 1, "to": 2}',
        b"{}",
        b"{",
        b"",
        b"null",
        b'"\\ud800"',
        b"\xff",
        b"[" * 50_000,
    ],
)
async def test_refused_when_the_advance_is_odd(played: Played, body: bytes) -> None:
    answer = await played.http.post("/sandbox/clock", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "validation_error")
    assert answer.json()["error"]["details"]["fields"]
    assert await played.data("clock") == {"now": "2026-03-01T08:00:00Z"}


async def test_refused_when_the_clock_would_leave_the_calendar(played: Played) -> None:
    statuses = set()
    for _ in range(110):
        answer = await played.http.post("/sandbox/clock", json={"advance_s": 10 * 366 * 86_400})
        statuses.add(answer.status_code)
    assert statuses == {200, 422}


async def test_job_has_run_when_it_answers(played: Played) -> None:
    answer = await played.http.post("/sandbox/jobs/holds")
    assert answer.json()["data"] == {"name": "holds", "status": "done"}
    assert played.jobs.ran == ["holds"]


@pytest.mark.parametrize(
    ("name", "status", "code"), [("nothing", 404, "not_found"), ("broken", 503, "service_unavailable")]
)
async def test_said_so_when_a_job_is_unknown_or_breaks(played: Played, name: str, status: int, code: str) -> None:
    answer = await played.http.post(f"/sandbox/jobs/{name}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_secrets_are_those_that_sign(played: Played) -> None:
    assert await played.data("secrets") == {
        "wave": {"webhook_secret": SECRET},
        "stripe": {"webhook_secret": "whsec_sandbox"},
        "brevo": {"webhook_token": "brevo-hook-sandbox"},
        "orange-sms": {"receipt_secret": "orange-sms-sandbox"},
    }


async def test_books_are_empty_when_a_provider_moved_nothing(played: Played) -> None:
    for provider in ("wave", "brevo"):
        assert await played.data("ledger", provider=provider) == {"charges": [], "refunds": [], "payouts": []}


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("ledger", "provider"),
        ("ledger?provider=nobody", "provider"),
        ("callbacks?provider=nobody", "provider"),
        ("outbox?channel=pigeon", "channel"),
        ("outbox?page=2", "page"),
        ("faults?x=1", "x"),
        ("secrets?x=1", "x"),
        ("clock?x=1", "x"),
    ],
)
async def test_refused_with_the_name_when_the_query_is_odd(played: Played, path: str, field: str) -> None:
    answer = await played.http.get(f"/sandbox/{path}")
    assert answer.status_code == 422
    assert [one["path"] for one in answer.json()["error"]["details"]["fields"]] == [field]


@pytest.mark.parametrize("path", ["", "/", "/nothing", "/orange/v1", "/outbox/", "/jobs/", "/checkout", "/../clock"])
async def test_absent_in_the_envelope_when_there_is_no_such_path(played: Played, path: str) -> None:
    answer = await played.http.get(f"/sandbox{path}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


async def test_method_not_allowed_in_the_envelope_when_the_method_is_wrong(played: Played) -> None:
    answer = await played.http.delete("/sandbox/clock")
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"]


@pytest.mark.parametrize(
    ("body", "type_", "status", "code"),
    [
        (b"advance_s=1", "text/plain", 415, "unsupported_media_type"),
        (b'{"advance_s": 1}' + b" " * 300_000, "application/json", 413, "payload_too_large"),
    ],
)
async def test_refused_when_the_body_is_not_json_or_too_large(
    played: Played, body: bytes, type_: str, status: int, code: str
) -> None:
    answer = await played.http.post("/sandbox/clock", content=body, headers={"Content-Type": type_})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_callers_request_id_returns_when_it_is_a_uuid(played: Played) -> None:
    mine = str(uuid.UUID(int=7))
    answer = await played.http.get("/sandbox/clock", headers={"X-Request-ID": mine})
    assert (answer.headers["X-Request-ID"], answer.json()["meta"]) == (mine, {"request_id": mine})
    other = await played.http.get("/sandbox/nothing", headers={"X-Request-ID": "drop table"})
    assert uuid.UUID(other.json()["meta"]["request_id"]).version == 4


async def test_same_paths_work_when_mounted_in_another_app(played: Played) -> None:
    outer = FastAPI()
    outer.mount("/sandbox", played.app)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=outer), base_url="http://o.test") as http:
        assert (await http.get("/sandbox/clock")).json()["data"] == {"now": "2026-03-01T08:00:00Z"}
        assert (await http.get("/sandbox/sandbox/clock")).status_code == 404
        assert (await http.get("/clock")).status_code == 404
