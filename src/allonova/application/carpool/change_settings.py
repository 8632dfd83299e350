"""Change the figures of the business."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from allonova.application.carpool.settings_book import SettingsBook
from allonova.application.carpool.settings_document import changes_between, read_settings, written
from allonova.application.carpool.settings_ports import SettingsUnit
from allonova.application.carpool.settings_views import SettingsView, settings_view
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.versions import require_version
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.settings import SettingsRecord, SettingsRevision
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, PreconditionFailed, PreconditionRequired, ValidationError
from allonova.domain.kernel.machine import Party


@wired
class ChangeSettings:
    """Set some of them; the others stay. What changes nothing leaves the version. This process follows at once, the
    others within about a second. What was promised before stays as it was promised: the commission of a booking that
    was made, the deadline of seats that are held.
    """

    begin: Begin[SettingsUnit]
    clock: Clock
    ids: Ids
    book: SettingsBook

    errors: ClassVar[tuple[type[DomainError], ...]] = (ValidationError, PreconditionFailed, PreconditionRequired)

    async def __call__(self, *, admin_id: UUID, change: Mapping[str, Any], expected: int | None) -> SettingsView:
        """`change` as a document has it; `expected` is the version of `If-Match`.

        Raises:
            PreconditionRequired: no version was named.
            PreconditionFailed: the settings have changed since.
            ValidationError: they must not stay so.
        """
        if expected is None:
            raise PreconditionRequired
        now = self.clock.now()
        async with self.begin() as unit:
            record = await unit.settings.the(new=SettingsRecord(id=self.ids.new(), created_at=now, updated_at=now))
            before = self.book.read(record)
            require_version(expected, record.version, settings_view(before, record))
            after = read_settings(change, before)
            if faults := after.faults():
                raise ValidationError(faults)
            if changes := changes_between(before, after):
                record.document |= written(after, changes)
                record.updated_at = now
                await self._keep(unit, record, changes, admin_id, now)
        self.book.take(record)
        return settings_view(after, record)

    async def _keep(
        self, unit: SettingsUnit, record: SettingsRecord, changes: dict[str, Any], admin_id: UUID, now: datetime
    ) -> None:
        await unit.settings.save(record)
        revision = SettingsRevision(
            id=self.ids.new(), version=record.version, admin_id=admin_id, changes=changes, created_at=now
        )
        await unit.settings.note(revision)
        meta: dict[str, str | int] = {"changed": ",".join(changes), "version": record.version}
        actor = Actor(Party.ADMIN, admin_id)
        await unit.audit.put(actor=actor, action="settings.changed", entity="settings", entity_id=record.id, meta=meta)
