"""What runs by itself, in every mode."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Job:
    """Run every `every_s` seconds and whenever somebody asks. Running twice at once, or not at all for a while, does
    no harm: each job finds in the store what there is to do.
    """

    name: str
    run: Callable[[], Awaitable[object]]
    every_s: int


RELAY = "relay"
