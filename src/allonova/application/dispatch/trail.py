"""The audit log of a company's staff: what changed, without the values that are somebody's own."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.wire import camel
from allonova.application.kernel.ports import Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.audit import AuditEntry
from allonova.domain.dispatch.staff import Membre
from allonova.domain.kernel.geo import Point

PERSONAL = frozenset(
    {
        *("name", "nom", "email", "phone", "telephone", "adresse", "contact_email", "contact_phone"),
        *("prise_en_charge", "destination", "prise_en_charge_point", "destination_point", "commentaire", "vol"),
        *("titre", "description", "motif", "motif_annulation"),
    }
)
"""Fields that may say who somebody is or where he goes: erasing a person must not mean to rewrite the log."""
HIDDEN = "***"
LEFT_OUT = frozenset(
    {
        *("id", "societe_id", "version", "created_at", "updated_at", "efface_at"),
        *("recherche", "fin_iso", "suivi_hash"),
    }
)
SECRET = frozenset({"password_hash", "token", "token_hash"})


class Audited(Protocol):
    """An entity."""

    id: UUID


@wired
class Trail:
    """Writes the log, in the transaction of the deed."""

    clock: Clock
    ids: Ids

    async def record(
        self,
        unit: DispatchUnit,
        by: Membre | None,
        societe_id: UUID,
        action: str,
        entity: str,
        *,
        before: Audited | None = None,
        after: Audited | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        """One line: of two states of an entity only what differs (`before = dataclasses.replace(entity)` keeps the
        first one); `facts` go beside `after`, as given.
        """
        await unit.trail.add_all([self._line(by, societe_id, action, entity, (before, after), facts)])

    async def record_each(
        self,
        unit: DispatchUnit,
        by: Membre | None,
        societe_id: UUID,
        action: str,
        entity: str,
        changes: Iterable[tuple[Audited, Audited]],
    ) -> None:
        """A line for each of these, (before, after), in one round trip."""
        lines = [self._line(by, societe_id, action, entity, change, None) for change in changes]
        await unit.trail.add_all(lines)

    def _line(
        self,
        by: Membre | None,
        societe_id: UUID,
        action: str,
        entity: str,
        change: tuple[Audited | None, Audited | None],
        facts: Mapping[str, Any] | None,
    ) -> AuditEntry:
        before, after = change
        subject = after or before
        if subject is None:
            raise ValueError("nothing to record")
        old, new = _shown(before), _shown(after)
        if before is not None and after is not None:
            changed = {name for name in new if old.get(name) != new[name]}
            old = {name: old[name] for name in changed}
            new = {name: new[name] for name in changed}
        payload = {"before": _masked(old), "after": _masked(new) | dict(facts or {})}
        return AuditEntry(
            id=self.ids.new(),
            societe_id=societe_id,
            user_id=None if by is None else by.id,
            action=action,
            entity=entity,
            entity_id=subject.id,
            payload=payload,
            ts=self.clock.now(),
        )


def _shown(entity: Any) -> dict[str, Any]:
    if entity is None:
        return {}
    names = (field.name for field in dataclasses.fields(entity))
    return {name: getattr(entity, name) for name in names if name not in LEFT_OUT}


def _masked(values: Mapping[str, Any]) -> dict[str, Any]:
    hidden = PERSONAL | SECRET
    return {
        camel(name): HIDDEN if name in hidden and value is not None else _plain(value)
        for name, value in sorted(values.items())
    }


def _plain(value: Any) -> Any:
    match value:
        case StrEnum():
            return value.value
        case UUID():
            return str(value)
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case Point():
            return {"lat": value.lat, "lon": value.lon}
        case _:
            return value
