"""What messages to users tell the channels that carry them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from allonova.domain.kernel.events import Event


@dataclass(frozen=True, slots=True)
class NoticePosted(Event):
    """Somebody is told something: it is to be pushed, mailed and texted, as far as it is worth that and he wants it."""

    name: ClassVar[str] = "notice.posted"
    notice_id: UUID


@dataclass(frozen=True, slots=True)
class NoticeAddressed(Event):
    """A notice is to be shown on one of its reader's devices."""

    name: ClassVar[str] = "notice.addressed"
    notice_id: UUID
    device_id: UUID


@dataclass(frozen=True, slots=True)
class NoticeUnpushed(Event):
    """There is no device that could show a notice: the channels that stand in for pushes have their turn."""

    name: ClassVar[str] = "notice.unpushed"
    notice_id: UUID
