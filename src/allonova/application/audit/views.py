"""What is shown of the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allonova.domain.audit.seal import AuditEntry
from allonova.domain.kernel.machine import Party


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorView:
    """Who acted; `email` of those of the back office alone."""

    type: Party
    id: UUID | None
    email: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntryView:
    """A deed. `meta` names facts and fields that changed, not what stood there. Once it is `sealed`, nobody changes it
    unseen.
    """

    id: UUID
    actor: ActorView
    action: str
    entity: str
    entity_id: UUID
    meta: Mapping[str, str | int]
    created_at: datetime
    sealed: bool


def audit_entry_view(entry: AuditEntry, *, email: str | None, is_sealed: bool) -> AuditEntryView:
    """A row as the back office sees it."""
    return AuditEntryView(
        id=entry.id,
        actor=ActorView(type=entry.actor_type, id=entry.actor_id, email=email),
        action=entry.action,
        entity=entry.entity,
        entity_id=entry.entity_id,
        meta=entry.meta,
        created_at=entry.created_at,
        sealed=is_sealed,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """What a proof of the whole log found. `head` is the last hash, in hexadecimal; `waiting` rows are not sealed yet;
    `faults` are the first of `fault_count`.
    """

    sealed: int
    waiting: int
    head: str
    fault_count: int
    faults: tuple[str, ...]
