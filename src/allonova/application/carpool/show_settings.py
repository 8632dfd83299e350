"""Show the settings."""

from __future__ import annotations

from typing import ClassVar

from allonova.application.carpool.settings_book import SettingsBook
from allonova.application.carpool.settings_ports import SettingsQueries
from allonova.application.carpool.settings_views import SettingsView, settings_view
from allonova.application.kernel.wired import wired
from allonova.domain.kernel.errors import DomainError


@wired
class ShowSettings:
    """As they are kept, which another process may know a second earlier than this one."""

    queries: SettingsQueries
    book: SettingsBook

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self) -> SettingsView:
        """All of them."""
        record = await self.queries.settings()
        return settings_view(self.book.read(record), record)
