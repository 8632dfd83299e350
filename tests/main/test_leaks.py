"""What never leaves is seen when it does: each kind planted at each place, and what only looks like one."""

from __future__ import annotations

import base64
import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
import sentry_sdk
from opentelemetry import trace
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span
from prometheus_client import CollectorRegistry, Counter

from tests.support.canaries import Canaries, Said
from tests.support.collector import TRACES, collecting
from tests.support.sieve import SIEVE, Outputs, Sieve, failing, figures

PHONE = "+2250708091011"
LOG = logging.getLogger("allonova.test")
PLANTED: dict[str, str] = {
    "phone": PHONE,
    "mail": "awa.kone@exemple.test",
    "signed token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
    "token": "M2rhzGdvMzg8s-zbsTHHeiFEE8I8KcddfmhovTP-7gI",
    "authenticator secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    "password's hash": "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA",
    "password in a URL": "postgresql://allonova:hunter2@db.test/allonova",
    "authorization": "Bearer 0123456789abcdef",
    "key of a request": "key-of-nobody-else-7",
    "server's secret": "wave_sn_WHS_sandbox",
    "name": "Kouassi",
    "password": "quatre mots sans rapport",
    "code": "735912",
    "number of a paper": "CI0099887766",
}
NOTED = ("password", "code", "number of a paper")
FORMS: dict[str, Callable[[str], str]] = {
    "in JSON": lambda text: f'{{"detail": "{text}"}}',
    "in a URL": lambda text: quote(text, safe=""),
    "in base64": lambda text: base64.b64encode(text.encode()).decode(),
    "in a sentence": lambda text: f"no route to {text}.",
}


def kinds_in(text: str, place: str = "log") -> list[str]:
    canaries = Canaries()
    for kind in NOTED:
        canaries.note(PLANTED[kind], kind)
    return [leak.kind for leak in canaries.found_in([Said(place, text)])]


@pytest.fixture
def leaked() -> Callable[[], list[tuple[str, str]]]:
    """Place and kind of what leaked since; the test goes unpunished."""
    return lambda: [(leak.said.place, leak.kind) for leak in SIEVE.look_through()]


type Leaked = Callable[[], list[tuple[str, str]]]
pytestmark = pytest.mark.promise("no-leaks")


@pytest.mark.parametrize("kind", PLANTED)
def test_kind_is_known_when_it_is_planted(kind: str) -> None:
    assert kind in kinds_in(f"here: {PLANTED[kind]}.")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", NOTED)
def test_noted_value_is_known_in_any_form(kind: str, form: str) -> None:
    assert kinds_in(FORMS[form](PLANTED[kind])) == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "request 0d9de2a5-3c51-4b3f-9d2a-60f3b8d7a111 of user 2b3f0e0a-7d8e-4f0b-8a55-1f6f0b1c2d3e",
        "+225…23",
        "trace 4bf92f3577b34da6a3ce929d0e0e4736",
        '{"ms": 735912.4, "status": 422, "path": "/api/v1/auth/otp/verify"}',
        "no-reply@allocar.test",
        "http_request_seconds_sum 0.0708091011",
        "redis://127.0.0.1:6379/0 and postgresql://db.test/allonova",
    ],
)
def test_nothing_is_found_when_it_may_show(text: str) -> None:
    assert kinds_in(text) == []


def test_name_may_stand_in_a_refusal() -> None:
    assert kinds_in("Kouassi has left", "answer 409 of GET /x") == []


def test_value_of_a_later_test_is_known_in_what_was_said_before_as_well() -> None:
    sieve, found = Sieve(), []
    for noted in ((), NOTED):
        sieve.begin()
        for kind in noted:
            sieve.canaries.note(PLANTED[kind], kind)
        sieve.hear("span", f"SELECT '{PLANTED['password']}'")
        found.append([leak.kind for leak in sieve.look_through()])
    assert found == [[], ["password"]]


def test_leak_is_seen_when_a_line_of_the_log_has_it(leaked: Leaked) -> None:
    LOG.debug("sent", extra={"to": PHONE})
    assert leaked() == [("log", "phone")]


def test_values_stay_out_of_what_a_library_says(leaked: Leaked) -> None:
    logging.getLogger("a.library").warning("GET /x?to=%s", quote(PHONE))
    assert leaked() == []


def test_message_of_an_exception_stays_out_of_log_and_fault(leaked: Leaked) -> None:
    try:
        int(PHONE + ".")
    except ValueError:
        LOG.exception("not sent")
    assert leaked() == []


def test_leak_is_seen_when_the_words_of_an_exception_are_logged(leaked: Leaked) -> None:
    try:
        int(PHONE + ".")
    except ValueError as error:
        LOG.error("not sent: %s", error)  # noqa: TRY400 - the fault that is planted
    assert ("log", "phone") in leaked()


def test_leak_is_seen_when_a_span_has_it(leaked: Leaked) -> None:
    with trace.get_tracer("test").start_as_current_span("call", attributes={"to": PHONE}):
        pass
    assert leaked() == [("span", "phone")]


def test_leak_is_seen_when_an_event_of_a_span_has_it(leaked: Leaked) -> None:
    with trace.get_tracer("test").start_as_current_span("call") as span:
        span.add_event("sent", {"to": PHONE})
    assert leaked() == [("span", "phone")]


def test_leak_is_seen_when_a_span_notes_an_exception(leaked: Leaked) -> None:
    with pytest.raises(ValueError, match="225"), trace.get_tracer("test").start_as_current_span("call"):
        raise ValueError(PHONE)
    assert leaked() == [("span", "phone")]


def test_leak_is_seen_when_a_span_that_was_sent_has_it(leaked: Leaked, tmp_path: Path) -> None:
    span = Span(trace_id=bytes(16), name="call", attributes=[KeyValue(key="to", value=AnyValue(string_value=PHONE))])
    report = ExportTraceServiceRequest(resource_spans=[ResourceSpans(scope_spans=[ScopeSpans(spans=[span])])])
    with collecting(tmp_path) as collector:
        httpx.post(f"{collector.url}/v1/traces", content=report.SerializeToString(), trust_env=False)
    Outputs([tmp_path / TRACES]).hear()
    assert leaked() == [("output of traces", "phone")]


def test_leak_is_seen_when_a_fault_has_it(leaked: Leaked) -> None:
    sentry_sdk.set_tag("to", PHONE)
    LOG.error("not sent")
    sentry_sdk.get_isolation_scope().remove_tag("to")
    assert ("fault", "phone") in leaked()


async def test_leak_is_seen_when_a_refusal_repeats_what_was_sent(leaked: Leaked) -> None:
    said = httpx.MockTransport(lambda request: httpx.Response(422, json={"given": request.content.decode()}))
    async with httpx.AsyncClient(transport=said, event_hooks={"response": [SIEVE.exchanged]}) as http:
        await http.post("https://api.test/login", json={"password": "quatre mots"})
    assert leaked() == [("answer 422 of POST /login", "password")]


async def test_leak_is_seen_when_a_header_of_a_refusal_has_it(leaked: Leaked) -> None:
    said = httpx.MockTransport(lambda _: httpx.Response(404, headers={"location": f"/?to={quote(PHONE)}"}))
    async with httpx.AsyncClient(transport=said, event_hooks={"response": [SIEVE.exchanged]}) as http:
        await http.get("https://api.test/x")
    assert leaked() == [("answer 404 of GET /x", "phone")]


def test_leak_is_seen_when_a_label_of_a_figure_has_it(leaked: Leaked) -> None:
    registry = CollectorRegistry()
    Counter("sent", "Messages.", ["to"], registry=registry).labels(PHONE).inc()
    SIEVE.hear("figures", figures(registry))
    assert set(leaked()) == {("figures", "phone")}


def test_test_fails_when_it_leaks(request: pytest.FixtureRequest) -> None:
    with pytest.raises(pytest.fail.Exception, match="leaks\nphone in log"), failing(request.node):
        LOG.info("sent", extra={"to": PHONE})


PROJECT = """
import logging

def test_it_leaks():
    logging.getLogger("allonova.test").info("sent to %s", "+2250708091011")
"""
HERE = Path(__file__).parents[2]


def test_run_fails_when_a_test_of_it_leaks(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(PROJECT)
    options = ("-p", "tests.conftest", "-c", str(HERE / "pyproject.toml"), "--rootdir", str(tmp_path), "--no-cov")
    command = [sys.executable, "-m", "pytest", *options, str(tmp_path)]
    ended = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "test_it_leaks leaks" in ended.stdout
