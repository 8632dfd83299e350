"""What the audit log asks of its stores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from allonova.application.audit.views import AuditEntryView
from allonova.application.kernel.listing import ListQuery, Page
from allonova.application.kernel.ports import JobUnit, Store
from allonova.domain.audit.seal import AuditCheck, AuditEntry, Seal, SealedEntry


class SealStore(Protocol):
    """The chain, which only grows."""

    async def take_turn(self) -> Seal | None:
        """The last seal. Nobody else seals before this unit ends."""

    async def waiting(self, *, since: datetime | None, until: datetime, limit: int) -> list[AuditEntry]:
        """Rows without a seal whose time is not before `since` and before `until`, in the order of their time."""

    async def add_all(self, seals: Sequence[Seal]) -> None:
        """Append them."""


class AuditUnit(JobUnit, Protocol):
    """A transaction that seals."""

    @property
    def seals(self) -> SealStore: ...
    @property
    def audit_checks(self) -> Store[AuditCheck]: ...


class AuditQueries(Protocol):
    """The audit log, read outside a unit."""

    async def entries(self, query: ListQuery) -> Page[AuditEntryView]:
        """Fields: id, created_at, actor_type, actor, action, entity, entity_id."""

    async def sealed_after(self, seq: int, limit: int) -> Sequence[SealedEntry]:
        """The seals that follow one, with their rows."""

    async def unsealed_before(self, until: datetime, limit: int) -> Sequence[UUID]:
        """The first rows of a time that have no seal."""

    async def count_waiting(self, since: datetime | None) -> int:
        """How many rows have no seal, of those whose time is not before."""

    async def noted_heads(self) -> Mapping[int, str]:
        """The head of the chain as each night's proof saw it: the hash in hexadecimal by the number of seals."""
