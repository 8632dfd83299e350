"""The figures of the business, and who sets them."""

from __future__ import annotations

from allonova.application.carpool.change_settings import ChangeSettings
from allonova.application.carpool.settings_book import SettingsBook
from allonova.application.carpool.settings_ports import SettingsQueries, SettingsUnit
from allonova.application.carpool.show_settings import ShowSettings
from allonova.application.kernel.ports import Begin
from allonova.domain.kernel.events import Event
from allonova.main.parts import Outside, Part, Platform

HEARD: dict[type[Event], tuple[str, ...]] = {}
EVERY_S: dict[str, int] = {}


def build(platform: Platform, outside: Outside, book: SettingsBook) -> Part:
    """On its adapters; `book` is what this process goes by."""
    begin: Begin[SettingsUnit] = platform.begin
    queries = platform.settings
    return Part(
        use={
            SettingsQueries: queries,
            ShowSettings: ShowSettings(queries, book),
            ChangeSettings: ChangeSettings(begin, platform.clock, outside.ids, book),
        },
    )
