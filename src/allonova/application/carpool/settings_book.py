"""The settings as this process knows them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from allonova.application.carpool.settings_document import read_settings
from allonova.application.carpool.settings_ports import SettingsQueries
from allonova.domain.carpool.rules import Rules
from allonova.domain.carpool.settings import BusinessSettings, SettingsRecord
from allonova.domain.money.rules import MoneyRules
from allonova.domain.notifications.stored_templates import MessageRules

log = logging.getLogger(__name__)

REFRESH_S = 1.0


class SettingsBook:
    """Answers from memory. A task of each process asks every second whether somebody has changed something; a change
    that this process made is known at once. While the store is down the last that was known holds.

    Args:
        defaults: what holds for settings that nobody has set.
        every_s: seconds between two looks.
    """

    def __init__(self, queries: SettingsQueries, defaults: BusinessSettings, *, every_s: float = REFRESH_S) -> None:
        self._queries = queries
        self._every_s = every_s
        self.defaults = defaults
        self._known = defaults
        self._version = 0

    def rides(self) -> Rules:
        """See RulesNow."""
        return self._known.rides

    def money(self) -> MoneyRules:
        """See MoneyRulesNow."""
        return self._known.money

    def messages(self) -> MessageRules:
        """See MessageRulesNow."""
        return self._known.messages

    def read(self, record: SettingsRecord | None) -> BusinessSettings:
        """What a record says; without one, the defaults."""
        return self.defaults if record is None else read_settings(record.document, self.defaults)

    def take(self, record: SettingsRecord) -> None:
        """This process has just committed it. Another change may have been faster."""
        if record.version > self._version:
            self._keep(record)

    async def refresh(self) -> None:
        """Learn what others changed; also an older version, for a database may have been restored."""
        asked = self._version
        found = await self._queries.settings(unless=asked)
        if found is not None and self._version == asked:
            self._keep(found)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Knows the settings when the block begins, and keeps up until it ends. Raises what the store raises when it
        cannot be read at first: no process may work by figures that nobody has set.
        """
        await self.refresh()
        task = asyncio.create_task(self._keep_up(), name="settings")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _keep(self, record: SettingsRecord) -> None:
        self._known, self._version = self.read(record), record.version

    async def _keep_up(self) -> None:
        is_down = False
        while True:
            await asyncio.sleep(self._every_s)
            try:
                await self.refresh()
                is_down = False
            except Exception as error:  # noqa: BLE001 - whatever it is, the next look may be better
                if not is_down:
                    log.warning("settings not refreshed", extra={"error": type(error).__name__})
                is_down = True
