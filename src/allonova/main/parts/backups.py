"""Backups."""

from __future__ import annotations

from allonova.application.dispatch.back_up import JOB, BackUp
from allonova.application.dispatch.notices import NoticeDesk
from allonova.domain.kernel.events import Event
from allonova.main.parts import Outside, Part, Platform

HEARD: dict[type[Event], tuple[str, ...]] = {}
EVERY_S: dict[str, int] = {JOB: 300}
LIMIT_S = {JOB: 7500}  # longer than a backup may take, so that it ends by itself


def build(platform: Platform, outside: Outside) -> Part:
    """On its adapters. Without a folder for backups there is no job."""
    if platform.backups is None:
        return Part(use={})
    job = BackUp(
        begin=platform.begin,
        begin_for=platform.dispatch.begin_for,
        doors=platform.dispatch.doors,
        clock=platform.clock,
        backups=platform.backups,
        notices=NoticeDesk(platform.clock, outside.ids),
    )
    return Part(use={}, jobs={JOB: job})
