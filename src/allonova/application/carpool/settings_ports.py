"""What use cases about settings ask of stores."""

from __future__ import annotations

from typing import Protocol

from allonova.application.carpool.settings_views import SettingsRevisionView
from allonova.application.kernel.listing import ListQuery, Page
from allonova.application.kernel.ports import Unit
from allonova.domain.carpool.settings import SettingsRecord, SettingsRevision


class SettingsStore(Protocol):
    """The one record of the settings, and its history."""

    async def the(self, *, new: SettingsRecord) -> SettingsRecord:
        """The record, locked; `new` is kept if there is none."""

    async def save(self, entity: SettingsRecord) -> None:
        """Keep it changed and raise its `version` by one. Raises StaleVersion when its row has moved on."""

    async def note(self, revision: SettingsRevision) -> None:
        """Add to the history, which nobody can change."""


class SettingsUnit(Unit, Protocol):
    """A transaction with the settings."""

    @property
    def settings(self) -> SettingsStore: ...


class SettingsQueries(Protocol):
    """Reads of settings."""

    async def settings(self, *, unless: int = 0) -> SettingsRecord | None:
        """The record, unless it has this version; None also when nobody has set anything."""

    async def history(self, query: ListQuery) -> Page[SettingsRevisionView]:
        """Who changed what; fields: version, created_at, admin_id."""
