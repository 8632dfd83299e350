"""Everything breaks in turn under a mixed load, and nothing that was acknowledged is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.soak.program import soak
from benchmarks.soak.report import show
from tests.e2e.conftest import Quote

SERVERS = ("redis killed", "postgres killed")
SAMPLE = pytest.param(10, 0.25, SERVERS, id="sample")
FULL = pytest.param(240, 1, (), id="full", marks=pytest.mark.prove)


@pytest.mark.promise("soak")
@pytest.mark.parametrize(("seconds", "scale", "only"), [SAMPLE, FULL])
async def test_nothing_is_lost_when_servers_die_under_load(
    tmp_path: Path, quote: Quote, seconds: float, scale: float, only: tuple[str, ...]
) -> None:
    outcome = await soak(tmp_path, seconds=seconds, scale=scale, only=only, say=lambda _: None)
    assert outcome.is_sound, show(outcome)
    record, seen = outcome.record, outcome.seen
    slowest = max(back for _, _, back, _ in record.recoveries())
    quote(
        f"{seconds} s, {len(record.attempts)} requests, {', '.join(fault.name for fault in record.faults)}: "
        f"back within {slowest:.1f} s; {seen['bookings']} bookings, {seen['payments']} payments, {seen['messages']} "
        f"messages, {seen['orders']} orders, all there"
    )
