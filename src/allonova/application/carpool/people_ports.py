"""What is asked of the stores of blocks and reports."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from allonova.application.kernel.ports import Store
from allonova.domain.carpool.block import Block
from allonova.domain.carpool.user_report import AlreadyReported, UserReport
from allonova.domain.kernel.errors import DomainError

REFUSALS: dict[str, type[DomainError]] = {"uq_user_reports_open": AlreadyReported}


class BlockStore(Protocol):
    """Who blocks whom."""

    async def put(self, block: Block) -> Block:
        """Keep it. The one that stands: another when he blocked him already; waits while another unit keeps it."""

    async def remove(self, user_id: UUID, blocked_id: UUID) -> bool:
        """Take it back. False when there was none."""

    async def between(self, one_id: UUID, other_id: UUID) -> bool:
        """Whether either blocks the other."""

    async def forget(self, user_id: UUID) -> None:
        """All that name somebody who is erased."""


class ReportStore(Store[UserReport], Protocol):
    """Reports about people."""
