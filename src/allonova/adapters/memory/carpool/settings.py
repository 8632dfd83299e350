"""The settings of the back office and their history, in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

from allonova.adapters.memory.identity import ADMIN_USERS
from allonova.adapters.memory.listing import listed
from allonova.adapters.memory.rules import Check, Foreign, Table, Unique
from allonova.adapters.memory.store import MemoryStore, Rows, Transaction, stored
from allonova.application.carpool.settings_ports import SettingsQueries, SettingsStore
from allonova.application.carpool.settings_views import SettingsRevisionView, revision_view
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.carpool.settings import SettingsRecord, SettingsRevision

FIELDS: Mapping[str, Callable[[SettingsRevision], Any]] = {
    name: attrgetter(name) for name in ("id", "version", "admin_id", "created_at")
}

SETTINGS = Table(
    name="settings",
    row=SettingsRecord,
    uniques=(Unique("uq_settings_one", ("one",), key=lambda _: (True,)),),
    checks=(Check("one", lambda _: True),),
)
SETTINGS_HISTORY = Table(
    name="settings_history",
    row=SettingsRevision,
    uniques=(Unique("uq_settings_history_version", ("version",)),),
    foreigns=(Foreign("admin_id", "admin_users"),),
)


class MemorySettings(MemoryStore[SettingsRecord]):
    """The one record. Nobody waits: units are serial."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, SETTINGS)

    async def the(self, *, new: SettingsRecord) -> SettingsRecord:
        """See SettingsStore."""
        found = await self.find(lock=True)
        if found is None:
            await self.add(new)
        return found or stored(new)

    async def note(self, revision: SettingsRevision) -> None:
        """See SettingsStore."""
        self._transaction.insert(SETTINGS_HISTORY, revision)


class MemorySettingsQueries:
    """Reads of settings."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def settings(self, *, unless: int = 0) -> SettingsRecord | None:
        """See SettingsQueries."""
        rows = self._source.rows(SETTINGS).values()
        return next((stored(row) for row in rows if row.version != unless), None)

    async def history(self, query: ListQuery) -> Page[SettingsRevisionView]:
        """See SettingsQueries."""
        admins = self._source.rows(ADMIN_USERS)
        return listed(
            self._source.rows(SETTINGS_HISTORY).values(),
            query,
            fields=FIELDS,
            show=lambda revision: revision_view(stored(revision), admins[revision.admin_id].email),
        )


def _conforms(queries: MemorySettingsQueries, store: MemorySettings) -> tuple[SettingsQueries, SettingsStore]:
    return queries, store
