"""Idempotency keys."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import Insert, insert

from allonova.adapters.postgres.failures import LOCK_TIMED_OUT
from allonova.adapters.postgres.kernel.tables import IDEMPOTENCY_KEYS as KEYS
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.application.kernel.ports import KeyRecord
from allonova.domain.kernel.errors import StillRunning

_KEY = RowMapper(KeyRecord, KEYS, beside={"id"})
_read = _KEY.reader()


def _insert() -> Insert:
    return insert(KEYS).values({name: bindparam(name) for name in _KEY.names})


def _replacing(statement: Insert) -> dict[str, object]:
    return {name: statement.excluded[name] for name in _KEY.names if name != "scope"}


_NEW = _insert()
# The row that stands is locked even where it is not stale, and so not replaced.
_CLAIM = compile_once(
    _NEW.on_conflict_do_update(
        index_elements=["scope"], set_=_replacing(_NEW), where=KEYS.c.created_at < bindparam("stale_before")
    ).returning(KEYS.c.scope)
)
SETTLE = compile_once(_NEW.on_conflict_do_update(index_elements=["scope"], set_=_replacing(_NEW)))
_STANDING = compile_once(select(*_KEY.columns()).where(KEYS.c.scope == bindparam("scope")).with_for_update())


class PostgresIdempotencyKeys:
    """Idempotency keys and their stored answers. A changed one leaves with all else that a unit has to say."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._changed: KeyRecord | None = None

    async def claim(self, record: KeyRecord, *, stale_before: datetime) -> KeyRecord | None:
        """Insert it; None when it is now this unit's, else the record that stands, locked.

        Raises:
            StillRunning: another unit held the same scope for longer than the lock timeout.
        """
        arguments = _CLAIM.args(**_KEY.values(record), stale_before=stale_before)
        try:
            if await self._runner.fetchval(_CLAIM.sql, *arguments) is not None:
                return None
        except LOCK_TIMED_OUT as error:
            raise StillRunning from error
        row = await self._runner.fetchrow(_STANDING.sql, *_STANDING.args(scope=record.scope))
        if row is None:
            raise RuntimeError("a locked key is gone")
        return _read(row)

    async def update(self, record: KeyRecord) -> None:
        """Keep the changed record (insert or replace by scope) when the unit ends."""
        if self._changed is not None and self._changed.scope != record.scope:
            raise RuntimeError("a unit has one key")
        self._changed = record

    def settled(self) -> list[object] | None:
        """The parameters of `SETTLE`, if there is something to keep."""
        return None if self._changed is None else SETTLE.args(**_KEY.values(self._changed))
