"""The settings of the back office and their history."""

from __future__ import annotations

from sqlalchemy import bindparam, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from allonova.adapters.postgres.carpool.settings_tables import SETTINGS, SETTINGS_HISTORY
from allonova.adapters.postgres.failures import refusing
from allonova.adapters.postgres.identity.tables import ADMIN_USERS
from allonova.adapters.postgres.lists import Listing
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.adapters.postgres.store import PostgresStore, Shelf
from allonova.application.carpool.settings_ports import SettingsQueries, SettingsStore
from allonova.application.carpool.settings_views import SettingsRevisionView, revision_view
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.carpool.settings import SettingsRecord, SettingsRevision

SHELF = Shelf(RowMapper(SettingsRecord, SETTINGS, beside=["one"]), {})
REVISION = RowMapper(SettingsRevision, SETTINGS_HISTORY)

_MAKE = compile_once(
    upsert(SETTINGS)
    .values({name: bindparam(name) for name in SHELF.mapper.names})
    .on_conflict_do_nothing(index_elements=["one"])
)
_NOTE = compile_once(insert(SETTINGS_HISTORY).values({name: bindparam(name) for name in REVISION.names}))
_UNLESS = compile_once(SHELF.select(SETTINGS.c.version != bindparam("unless")))
_read = SHELF.mapper.reader()

_HISTORY = Listing(
    select(*REVISION.columns(), ADMIN_USERS.c.email.label("email")).join_from(
        SETTINGS_HISTORY, ADMIN_USERS, ADMIN_USERS.c.id == SETTINGS_HISTORY.c.admin_id
    ),
    {name: SETTINGS_HISTORY.c[name] for name in ("id", "version", "admin_id", "created_at")},
)
_read_revision = REVISION.reader()


class PostgresSettings(PostgresStore[SettingsRecord]):
    """The one record."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, SHELF)

    async def the(self, *, new: SettingsRecord) -> SettingsRecord:
        """See SettingsStore. Whoever makes it at the same time waits for the one who was first."""
        found = await self.find(lock=True)
        if found is None:
            await self._runner.execute(_MAKE.sql, *_MAKE.args(**SHELF.mapper.values(new)))
            found = await self.find(lock=True)
        if found is None:
            raise RuntimeError("the settings were made and are not there")
        return found

    async def note(self, revision: SettingsRevision) -> None:
        """See SettingsStore."""
        with refusing({}):
            await self._runner.execute(_NOTE.sql, *_NOTE.args(**REVISION.values(revision)))


class PostgresSettingsQueries:
    """Reads of settings."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def settings(self, *, unless: int = 0) -> SettingsRecord | None:
        """See SettingsQueries."""
        row = await self._runner.fetchrow(_UNLESS.sql, *_UNLESS.args(unless=unless))
        return None if row is None else _read(row)

    async def history(self, query: ListQuery) -> Page[SettingsRevisionView]:
        """See SettingsQueries."""
        rows, total = await _HISTORY.rows(self._runner, query)
        return Page([revision_view(_read_revision(row), row["email"]) for row in rows], total)


def _conforms(queries: PostgresSettingsQueries, store: PostgresSettings) -> tuple[SettingsQueries, SettingsStore]:
    return queries, store
