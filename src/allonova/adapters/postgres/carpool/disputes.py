"""Disputes and their evidence."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Uuid, bindparam, or_, select

from allonova.adapters.postgres.carpool.dispute_tables import DISPUTE_EVIDENCE, DISPUTES
from allonova.adapters.postgres.identity.stores import USER_SHELF
from allonova.adapters.postgres.identity.tables import USERS
from allonova.adapters.postgres.lists import Listing, LongListing
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.adapters.postgres.store import PostgresStore, Shelf
from allonova.application.carpool.dispute_ports import REFUSALS, DisputeStore, EvidenceStore
from allonova.application.carpool.dispute_queries import DisputeQueries
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.carpool.dispute import Dispute, Evidence
from allonova.domain.identity.user import User

DISPUTE_SHELF = Shelf(RowMapper(Dispute, DISPUTES), REFUSALS)
EVIDENCE_SHELF = Shelf(RowMapper(Evidence, DISPUTE_EVIDENCE), {})
_read = DISPUTE_SHELF.mapper.reader()
_read_evidence = EVIDENCE_SHELF.mapper.reader()
_read_user = USER_SHELF.mapper.reader()

_IS_DISPUTED = """
SELECT EXISTS (
    SELECT FROM carpool.disputes
    WHERE booking_id = $1::uuid AND status IN ('open', 'in_review') AND id IS DISTINCT FROM $2::uuid
)
"""
_ERASE = """
UPDATE carpool.disputes SET description = NULL, version = version + 1
WHERE opened_by = $1::uuid AND description IS NOT NULL
"""
_COUNT = "SELECT count(*) FROM carpool.dispute_evidence WHERE dispute_id = $1::uuid AND user_id = $2::uuid"
_ERASE_EVIDENCE = """
WITH given AS (
    SELECT id, object_key FROM carpool.dispute_evidence WHERE user_id = $1::uuid ORDER BY id FOR NO KEY UPDATE
), emptied AS (
    UPDATE carpool.dispute_evidence AS e SET object_key = NULL, note = NULL, version = e.version + 1
    FROM given WHERE e.id = given.id
)
SELECT object_key FROM given WHERE object_key IS NOT NULL
"""


class PostgresDisputes(PostgresStore[Dispute]):
    """Disputes."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, DISPUTE_SHELF)

    async def is_disputed(self, booking_id: UUID, *, but: UUID | None = None) -> bool:
        """Whether a dispute about a booking, `but` for this one, waits for a decision."""
        return bool(await self._runner.fetchval(_IS_DISPUTED, booking_id, but))

    async def erase(self, user_id: UUID) -> None:
        """Forget the words of somebody who is erased."""
        await self._runner.execute(_ERASE, user_id)


class PostgresEvidence(PostgresStore[Evidence]):
    """What the sides give."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, EVIDENCE_SHELF)

    async def count_of(self, dispute_id: UUID, user_id: UUID) -> int:
        """How much one side has given."""
        return int(await self._runner.fetchval(_COUNT, dispute_id, user_id))

    async def erase(self, user_id: UUID) -> list[str]:
        """Forget the words and files of somebody who is erased; the files' keys."""
        return [row[0] for row in await self._runner.fetch(_ERASE_EVIDENCE, user_id)]


_DISPUTE = compile_once(DISPUTE_SHELF.select(DISPUTES.c.id == bindparam("dispute_id", type_=Uuid)))
_SIDE = bindparam("user_id", type_=Uuid)
_FIELDS = {name: DISPUTES.c[name] for name in ("id", "booking_id", "status", "category", "created_at", "updated_at")}
_OF = Listing(DISPUTE_SHELF.select(or_(DISPUTES.c.opened_by == _SIDE, DISPUTES.c.other_id == _SIDE)), _FIELDS)
_ALL = LongListing(
    select(DISPUTES.c.id), _FIELDS | {"opened_by": DISPUTES.c.opened_by}, shown=select(*DISPUTE_SHELF.mapper.columns())
)
_GIVEN = (DISPUTE_EVIDENCE.c.created_at, DISPUTE_EVIDENCE.c.id)
_EVIDENCE = compile_once(
    EVIDENCE_SHELF.select(DISPUTE_EVIDENCE.c.dispute_id == bindparam("dispute_id", type_=Uuid)).order_by(*_GIVEN)
)
_GIVEN_BY = compile_once(EVIDENCE_SHELF.select(DISPUTE_EVIDENCE.c.user_id == _SIDE).order_by(*_GIVEN))
_SIDES = compile_once(
    select(*USER_SHELF.mapper.columns())
    .join_from(DISPUTES, USERS, USERS.c.id.in_((DISPUTES.c.opened_by, DISPUTES.c.other_id)))
    .where(DISPUTES.c.id == bindparam("dispute_id", type_=Uuid))
    .order_by(USERS.c.id != DISPUTES.c.opened_by)
)


class PostgresDisputeQueries:
    """Reads of disputes."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def dispute(self, id: UUID) -> Dispute | None:
        """See DisputeQueries."""
        row = await self._runner.fetchrow(_DISPUTE.sql, *_DISPUTE.args(dispute_id=id))
        return None if row is None else _read(row)

    async def disputes_of(self, user_id: UUID, query: ListQuery) -> Page[Dispute]:
        """See DisputeQueries."""
        rows, total = await _OF.rows(self._runner, query, user_id=user_id)
        return Page([_read(row) for row in rows], total)

    async def disputes(self, query: ListQuery) -> Page[Dispute]:
        """See DisputeQueries."""
        rows, total = await _ALL.rows(self._runner, query)
        return Page([_read(row) for row in rows], total)

    async def evidence_of(self, dispute_id: UUID) -> list[Evidence]:
        """See DisputeQueries."""
        rows = await self._runner.fetch(_EVIDENCE.sql, *_EVIDENCE.args(dispute_id=dispute_id))
        return [_read_evidence(row) for row in rows]

    async def given_by(self, user_id: UUID) -> list[Evidence]:
        """See DisputeQueries."""
        rows = await self._runner.fetch(_GIVEN_BY.sql, *_GIVEN_BY.args(user_id=user_id))
        return [_read_evidence(row) for row in rows]

    async def sides(self, dispute_id: UUID) -> list[User]:
        """See DisputeQueries."""
        rows = await self._runner.fetch(_SIDES.sql, *_SIDES.args(dispute_id=dispute_id))
        return [_read_user(row) for row in rows]


def _conforms(
    queries: PostgresDisputeQueries, disputes: PostgresDisputes, evidence: PostgresEvidence
) -> tuple[DisputeQueries, DisputeStore, EvidenceStore]:
    return queries, disputes, evidence
