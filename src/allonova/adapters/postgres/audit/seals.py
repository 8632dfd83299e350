"""The chain over the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from allonova.adapters.postgres.audit.tables import AUDIT_CHECKS, AUDIT_SEALS
from allonova.adapters.postgres.kernel.tables import AUDIT_LOGS
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.store import Shelf
from allonova.application.audit.ports import SealStore
from allonova.domain.audit.seal import AuditCheck, AuditEntry, Seal

SEAL_TURN = 4_185_370_031  # of those who seal; any number that nobody else uses

ENTRY = RowMapper(AuditEntry, AUDIT_LOGS, beside={"seq"})
SEAL = RowMapper(Seal, AUDIT_SEALS)
CHECK_SHELF = Shelf(RowMapper(AuditCheck, AUDIT_CHECKS), {})

_LAST = "SELECT seq, log_id, upto, hash FROM platform.audit_seals ORDER BY seq DESC LIMIT 1"
_WAITING = """
SELECT id, actor_type, actor_id, action, entity, entity_id, meta, created_at
FROM platform.audit_logs AS l
WHERE created_at >= $1::timestamptz AND created_at < $2::timestamptz
    AND NOT EXISTS (SELECT FROM platform.audit_seals AS s WHERE s.log_id = l.id)
ORDER BY created_at, id LIMIT $3::int
"""
_ADD = """
INSERT INTO platform.audit_seals (seq, log_id, upto, hash)
SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::timestamptz[], $4::bytea[])
"""
_read_seal = SEAL.reader()
_read_entry = ENTRY.reader()
NEVER = datetime.fromisoformat("0001-01-01T00:00:00+00:00")


class PostgresSeals:
    """See SealStore."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def take_turn(self) -> Seal | None:
        """The last seal; whoever else seals waits, and sees afterwards what was sealed here."""
        await self._runner.execute("SELECT pg_advisory_xact_lock($1)", SEAL_TURN)
        row = await self._runner.fetchrow(_LAST)
        return None if row is None else _read_seal(row)

    async def waiting(self, *, since: datetime | None, until: datetime, limit: int) -> list[AuditEntry]:
        """Rows without a seal, in the order of their time."""
        rows = await self._runner.fetch(_WAITING, since or NEVER, until, limit)
        return [_read_entry(row) for row in rows]

    async def add_all(self, seals: Sequence[Seal]) -> None:
        """Append them."""
        columns = [[getattr(seal, name) for seal in seals] for name in ("seq", "log_id", "upto", "hash")]
        await self._runner.execute(_ADD, *columns)


def _conforms(seals: PostgresSeals) -> SealStore:
    return seals
