"""Two people who want nothing to do with each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allonova.domain.kernel.errors import Conflict


@dataclass(eq=False)
class ThatIsYou(Conflict):
    """Nobody blocks or reports himself."""


@dataclass(slots=True, kw_only=True)
class Block:
    """`user_id` blocks `blocked_id`; it works both ways. One of a kind, and never of oneself."""

    id: UUID
    user_id: UUID
    blocked_id: UUID
    created_at: datetime
