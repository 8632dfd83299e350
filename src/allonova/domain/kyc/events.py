"""What the review of papers tells the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from allonova.domain.kernel.events import Event


@dataclass(frozen=True, slots=True)
class PaperEvent(Event):
    """About one document."""

    document_id: UUID


@dataclass(frozen=True, slots=True)
class PapersApproved(PaperEvent):
    """The back office said yes."""

    name: ClassVar[str] = "papers.approved"


@dataclass(frozen=True, slots=True)
class PapersRejected(PaperEvent):
    """The back office said no, and why."""

    name: ClassVar[str] = "papers.rejected"
