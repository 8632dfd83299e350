"""Who blocks whom, and who reported whom."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import insert

from allonova.adapters.postgres.carpool.people_tables import BLOCKS, USER_REPORTS
from allonova.adapters.postgres.carpool.selects import person_columns, person_reader
from allonova.adapters.postgres.identity.tables import USERS
from allonova.adapters.postgres.lists import Listing
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.adapters.postgres.store import PostgresStore, Shelf
from allonova.application.carpool.people_ports import REFUSALS
from allonova.application.carpool.people_queries import PeopleQueries
from allonova.application.carpool.people_views import BlockView, UserReportView, block_view, user_report_view
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.carpool.block import Block
from allonova.domain.carpool.user_report import UserReport

BLOCK = RowMapper(Block, BLOCKS)
REPORT_SHELF = Shelf(RowMapper(UserReport, USER_REPORTS), REFUSALS)

_INSERT = insert(BLOCKS).values({name: bindparam(name) for name in BLOCK.names})
# A row that stands is written as it is: only so does it come back.
_PUT = compile_once(
    _INSERT.on_conflict_do_update(
        index_elements=["user_id", "blocked_id"], set_={"user_id": BLOCKS.c.user_id}
    ).returning(*BLOCK.columns())
)
_read_block = BLOCK.reader()
_REMOVE = "DELETE FROM carpool.blocks WHERE user_id = $1::uuid AND blocked_id = $2::uuid RETURNING id"
ONE_BLOCKS_THE_OTHER = text("""EXISTS (
    SELECT FROM carpool.blocks
    WHERE (user_id = :one ::uuid AND blocked_id = :other ::uuid)
        OR (user_id = :other ::uuid AND blocked_id = :one ::uuid)
)""").bindparams(bindparam("one"), bindparam("other"))
_BETWEEN = compile_once(select(ONE_BLOCKS_THE_OTHER))
_FORGET = "DELETE FROM carpool.blocks WHERE user_id = $1::uuid OR blocked_id = $1::uuid"


_BLOCKED = USERS.alias("blocked")
_BLOCKS = Listing(
    select(*BLOCK.columns("b_"), *person_columns("p_", _BLOCKED))
    .join_from(BLOCKS, _BLOCKED, _BLOCKED.c.id == BLOCKS.c.blocked_id)
    .where(BLOCKS.c.user_id == bindparam("user_id")),
    {"id": BLOCKS.c.id, "created_at": BLOCKS.c.created_at},
)
_read_named, _read_blocked = BLOCK.reader("b_"), person_reader("p_")
_REPORTS = Listing(
    REPORT_SHELF.select(USER_REPORTS.c.reporter_id == bindparam("reporter_id")),
    {"id": USER_REPORTS.c.id, "created_at": USER_REPORTS.c.created_at},
)
_read_report = REPORT_SHELF.mapper.reader()


class PostgresBlocks:
    """Who blocks whom."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def put(self, block: Block) -> Block:
        """Keep it. The one that stands: another when he blocked him already; waits while another unit keeps it."""
        row = await self._runner.fetchrow(_PUT.sql, *_PUT.args(**BLOCK.values(block)))
        if row is None:
            raise RuntimeError("neither kept nor there")
        return _read_block(row)

    async def remove(self, user_id: UUID, blocked_id: UUID) -> bool:
        """Take it back. False when there was none."""
        return await self._runner.fetchval(_REMOVE, user_id, blocked_id) is not None

    async def between(self, one_id: UUID, other_id: UUID) -> bool:
        """Whether either blocks the other."""
        return bool(await self._runner.fetchval(_BETWEEN.sql, *_BETWEEN.args(one=one_id, other=other_id)))

    async def forget(self, user_id: UUID) -> None:
        """All that name somebody who is erased."""
        await self._runner.execute(_FORGET, user_id)


class PostgresReports(PostgresStore[UserReport]):
    """Reports about people."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, REPORT_SHELF)


class PostgresPeopleQueries:
    """Reads of blocks and reports."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def blocks(self, user_id: UUID, query: ListQuery) -> Page[BlockView]:
        """Whom somebody has blocked; fields: created_at."""
        rows, total = await _BLOCKS.rows(self._runner, query, user_id=user_id)
        return Page([block_view(_read_named(row), _read_blocked(row)) for row in rows], total)

    async def reports(self, reporter_id: UUID, query: ListQuery) -> Page[UserReportView]:
        """What somebody has reported; fields: created_at."""
        rows, total = await _REPORTS.rows(self._runner, query, reporter_id=reporter_id)
        return Page([user_report_view(_read_report(row)) for row in rows], total)


def _conforms(queries: PostgresPeopleQueries) -> PeopleQueries:
    return queries
