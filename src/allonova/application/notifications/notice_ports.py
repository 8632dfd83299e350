"""What messages to users ask of their stores."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

from allonova.application.identity.ports import IdentityUnit
from allonova.application.kernel.ports import Store, Unit
from allonova.domain.notifications.notice import Notice


class NoticeStore(Store[Notice], Protocol):
    """Notices."""

    async def post(self, notice: Notice) -> bool:
        """Keep a new one. False when one with its id is there already, which stays as it is."""

    async def read_all(self, user_id: UUID, *, at: datetime) -> int:
        """Mark all that somebody has not read as read; how many they were."""

    async def has_unread(self, user_id: UUID, kind: str, about: Mapping[str, str]) -> bool:
        """Whether somebody has not read one of a type whose `data` has these ids."""

    async def read_about(self, user_id: UUID, kind: str, about: Mapping[str, str], *, at: datetime) -> None:
        """Mark those as read."""

    async def count_before(self, notice: Notice, *, since: datetime) -> int:
        """How many of its type its reader was told from an instant on, before it."""


class InboxUnit(Unit, Protocol):
    """A transaction that may tell somebody something."""

    @property
    def inbox(self) -> NoticeStore: ...


class NoticeUnit(InboxUnit, IdentityUnit, Protocol):
    """A transaction over notices and their readers."""
