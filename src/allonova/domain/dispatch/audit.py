"""Who of the staff changed what."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One write by a staff user (or by the service, without one). `payload` is `{before, after}`: the fields that
    changed by their names on the wire; personal ones without their values.
    """

    id: UUID
    societe_id: UUID
    user_id: UUID | None
    action: str
    entity: str
    entity_id: UUID
    payload: dict[str, Any] = field(default_factory=dict)
    ts: datetime
