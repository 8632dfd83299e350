"""Plays both main stories against a running service, over HTTP alone, and prints each step."""

from __future__ import annotations

import sys

import httpx

from allonova.main.demo.course import course
from allonova.main.demo.ride import ride
from allonova.main.demo.stage import Stage, StepFailed


def play(base_url: str) -> int:
    """Exit code: 0 when every step was as it should be."""
    with httpx.Client(base_url=base_url, timeout=20) as http:
        stage = Stage(http)
        try:
            stage.headline("AlloCar: a ride from Abidjan towards Yamoussoukro")
            ride(stage)
            stage.headline("NOVA: a taxi to Orly")
            course(stage)
        except (StepFailed, httpx.HTTPError) as failure:
            sys.stdout.write(f"\nNot as it should be: {failure}\n")
            return 1
    sys.stdout.write("\nBoth stories are complete.\n")
    return 0
