"""What is kept, and for how long."""

from __future__ import annotations

from allonova.application.files.clean_up import CleanUp
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.retention import RetentionUnit
from allonova.domain.kernel.events import Event
from allonova.domain.kernel.retention import CLEANUP
from allonova.main.parts import Outside, Part, Platform, Policies

HEARD: dict[type[Event], tuple[str, ...]] = {}
EVERY_S = {CLEANUP: 3600}
LIMIT_S = {CLEANUP: 900}  # its budget, and a batch of each kind beyond it


def build(platform: Platform, _: Outside, policies: Policies) -> Part:
    """On its adapters."""
    begin: Begin[RetentionUnit] = platform.begin
    return Part(use={}, jobs={CLEANUP: CleanUp(begin, platform.clock, policies.money)})
