"""Schemathesis as two passengers: neither reads what only the other may, whatever it finds in his lists."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from allonova.domain.carpool.booking import Booking
from allonova.main.docs import OPENAPI
from tests.e2e.conftest import Quote
from tests.e2e.stage import Stage

ROOT = Path(__file__).parents[2]
PEERS = ("one", "other")
PUBLIC = "/api/v1/public/"
CONFIG = """
[auth.wfc]
path = "{auth}"
peers = ["one", "other"]
"""
COUNTS = [pytest.param(3, id="sample"), pytest.param(100, id="full", marks=pytest.mark.prove)]
PATIENCE_S = 600.0


async def a_life(stage: Stage) -> Booking:
    """A passenger with something of everything that one can list."""
    booking = await stage.a_held_booking()
    headers, trip = stage.headers(booking.passenger_id), f"/api/v1/bookings/{booking.id}"
    for path, body in (
        (f"{trip}/messages", {"content": "Bonjour"}),
        ("/api/v1/me/alerts", {"from": {"lat": 5.36, "lng": -4.01}, "to": {"lat": 6.82, "lng": -5.28}}),
        ("/api/v1/me/devices", {"token": f"{booking.id.hex * 2}", "platform": "android"}),
    ):
        await stage.a.post(path, json=body, headers=headers)
    return booking


def written(folder: Path, stage: Stage, lives: list[Booking]) -> Path:
    """What Schemathesis wants to know of the two: its configuration's path."""
    auth = [
        {"name": name, "fixedHeaders": [{"name": n, "value": v} for n, v in stage.headers(life.passenger_id).items()]}
        for name, life in zip(PEERS, lives, strict=True)
    ]
    (folder / "auth.json").write_text(json.dumps({"auth": auth}))
    config = folder / "schemathesis.toml"
    config.write_text(CONFIG.format(auth=folder / "auth.json"))
    return config


async def run(config: Path, url: str, number: int) -> tuple[int, str]:
    """Every read of AlloCar's own people, made up so many times; how it ended, and what it said."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run", str(ROOT / OPENAPI)),
        *("--url", url, "--include-method", "GET", "--include-path-regex", "^/api/v1/(?!admin)"),
        *("--checks", "object_level_authorization,not_a_server_error", "--max-examples", str(number)),
        *("--phases", "fuzzing,stateful", "--mode", "positive", "--no-color", "--seed", "1"),
    ]
    child = await asyncio.create_subprocess_exec(
        *command, cwd=config.parent, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    async with asyncio.timeout(PATIENCE_S):
        said, _ = await child.communicate()
    return child.returncode or 0, said.decode()


@pytest.mark.promise("who-may")
@pytest.mark.parametrize("number", COUNTS)
async def test_neither_reads_what_is_the_others_when_schemathesis_is_both(
    stage: Stage, tmp_path: Path, number: int, quote: Quote
) -> None:
    lives = [await a_life(stage) for _ in PEERS]
    code, said = await run(written(tmp_path, stage, lives), stage.fleet.urls[0], number)
    assert code == 0, said[-6000:]
    quote(" ".join(said.splitlines()[-8:])[:400])
