"""One trace over two processes: from a request at the API to the provider that the worker calls."""

from __future__ import annotations

from tests.e2e.conftest import Quote
from tests.e2e.stage import AUTH, Stage
from tests.support.collector import Collector, Seen
from tests.support.processes import eventually

CALLER = "4bf92f3577b34da6a3ce929d0e0e4736"
WAY = [
    ("allonova-api", "POST /api/v1/auth/otp/send"),
    ("allonova-api", "SendOtp"),
    ("allonova-worker", "deliver otp.requested send_code"),
    ("allonova-worker", "call brevo"),
]


def way_to(name: str, spans: list[Seen]) -> list[tuple[str, str]]:
    """Which processes did what, up to the last span of that name."""
    found = {span.id: span for span in spans if span.trace == CALLER}
    at = next((span for span in found.values() if span.name == name), None)
    way: list[tuple[str, str]] = []
    while at is not None:
        way.insert(0, (at.process, at.name))
        at = found.get(at.parent)
    return way


async def test_trace_leads_through_both_processes_when_the_worker_sends_a_code(
    stage: Stage, collector: Collector, quote: Quote
) -> None:
    user = stage.a_user()
    await stage.keep(user)

    async def is_whole() -> bool:
        return way_to("call brevo", list(spans)) == WAY

    with collector.recording() as spans:
        headers = {"traceparent": f"00-{CALLER}-00f067aa0ba902b7-01"}
        answer = await stage.a.post(f"{AUTH}/otp/send", json={"phone": user.phone}, headers=headers)
        assert answer.is_success
        await eventually("the trace is whole", is_whole)
    statements = {span.process for span in spans if span.trace == CALLER and span.name == "COMMIT"}
    assert statements == {"allonova-api", "allonova-worker"}
    quote(f"{len([span for span in spans if span.trace == CALLER])} spans of one request over two processes")
