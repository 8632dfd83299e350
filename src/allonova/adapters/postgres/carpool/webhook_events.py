"""What payment providers reported, once per event."""

from __future__ import annotations

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert

from allonova.adapters.postgres.money.tables import WEBHOOK_EVENTS
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.application.carpool.ports import StoredEvent

_EVENT = RowMapper(StoredEvent, WEBHOOK_EVENTS)
_PUT = compile_once(
    insert(WEBHOOK_EVENTS)
    .values({name: bindparam(name) for name in _EVENT.names})
    .on_conflict_do_nothing(index_elements=["provider", "event_id"])
    .returning(WEBHOOK_EVENTS.c.id)
)


class PostgresWebhookEvents:
    """Provider events that were taken in."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def put(self, event: StoredEvent) -> bool:
        """Keep it. False when it was kept before; waits while another unit keeps the same one."""
        return await self._runner.fetchval(_PUT.sql, *_PUT.args(**_EVENT.values(event))) is not None
