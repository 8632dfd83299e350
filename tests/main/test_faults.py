"""What leaves for Sentry when something breaks: read off the wire, as it is sent."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.collector import Collector, collecting
from tests.support.processes import plain_environment

SECRET = "+2250700009999"
PROGRAM = f"""
import logging
from allonova.main.logs import set_up_logs
from allonova.main.observing import observed
from allonova.main.settings import Settings

log = logging.getLogger("allonova.test")

def choke(phone):
    raise ValueError(f"not a phone: {{phone}}")

settings = Settings()
set_up_logs("INFO", process="api")
with observed(settings, process="api"):
    try:
        try:
            choke("{SECRET}")
        except ValueError as error:
            raise LookupError("{SECRET} is unknown") from error
    except LookupError:
        log.exception("request failed", extra={{"phone": "{SECRET}", "path": "/api/v1/me", "user_id": "{SECRET}"}})
    log.warning("only odd", extra={{"phone": "{SECRET}"}})
    log.error("delivery failed", extra={{"event": "booking_paid", "attempts": 12, "given_up": True}})
"""


@pytest.fixture
def sent(tmp_path: Path) -> tuple[str, list[dict[str, Any]]]:
    """All that was sent, as text; and the events in it."""
    with collecting(tmp_path) as collector:
        _play(collector)
    lines = [json.loads(line) for line in collector.faults.splitlines() if line]
    return collector.faults, [line for line in lines if "logentry" in line]


def _play(collector: Collector) -> None:
    """Sentry's own thread sends: the program ends when it has."""
    env = plain_environment() | collector.env | {"ALLONOVA_ENV": "embedded", "ALLONOVA_RELEASE": "1.2.3"}
    subprocess.run([sys.executable, "-c", PROGRAM], env=env, capture_output=True, check=True, timeout=60)


@pytest.mark.promise("no-leaks")
def test_fault_names_kind_and_place_when_something_breaks(sent: tuple[str, list[dict[str, Any]]]) -> None:
    _, (broken, _) = sent
    errors = broken["exception"]["values"]
    assert [error["type"] for error in errors] == ["ValueError", "LookupError"]
    assert errors[0]["stacktrace"]["frames"][-1]["function"] == "choke"
    assert (broken["logentry"]["message"], broken["extra"]) == ("request failed", {"path": "/api/v1/me"})
    assert (broken["release"], broken["environment"], broken["tags"]["process"]) == ("1.2.3", "embedded", "api")


@pytest.mark.promise("no-leaks")
def test_nothing_of_anybody_leaves_when_a_message_quotes_him(sent: tuple[str, list[dict[str, Any]]]) -> None:
    text, events = sent
    assert events
    assert SECRET.removeprefix("+") not in text


def test_line_of_an_error_is_a_fault_when_nothing_was_raised(sent: tuple[str, list[dict[str, Any]]]) -> None:
    _, events = sent
    assert [event["logentry"]["message"] for event in events] == ["request failed", "delivery failed"]
    assert events[1]["extra"] == {"event": "booking_paid", "attempts": 12, "given_up": True}
