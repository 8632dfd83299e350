"""Who blocks whom, and who reported whom, in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any
from uuid import UUID

from allonova.adapters.memory.identity import USERS
from allonova.adapters.memory.kyc import KYC_DOCUMENTS
from allonova.adapters.memory.listing import listed
from allonova.adapters.memory.rules import Check, Foreign, Table, Unique
from allonova.adapters.memory.store import MemoryStore, Rows, Transaction, stored
from allonova.application.carpool.people_ports import REFUSALS
from allonova.application.carpool.people_queries import PeopleQueries
from allonova.application.carpool.people_views import BlockView, UserReportView, block_view, user_report_view
from allonova.application.carpool.views import Person
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.carpool.block import Block
from allonova.domain.carpool.user_report import ReportStatus, UserReport
from allonova.domain.kyc.document import IDENTITY_PAPERS, KycStatus

NO_BOOKING = UUID(int=0)
BLOCK_FIELDS: Mapping[str, Callable[[Block], Any]] = {name: attrgetter(name) for name in ("id", "created_at")}
REPORT_FIELDS: Mapping[str, Callable[[UserReport], Any]] = {name: attrgetter(name) for name in ("id", "created_at")}

BLOCKS = Table(
    name="blocks",
    row=Block,
    uniques=(Unique("uq_blocks_user_id_blocked_id", ("user_id", "blocked_id")),),
    foreigns=(Foreign("user_id", "users"), Foreign("blocked_id", "users")),
    checks=(Check("others", lambda block: block.user_id != block.blocked_id),),
)
USER_REPORTS = Table(
    name="user_reports",
    row=UserReport,
    uniques=(
        Unique(
            "uq_user_reports_open",
            ("reporter_id", "reported_id", "booking_id"),
            where=lambda report: report.status is ReportStatus.OPEN,
            key=lambda report: (report.reporter_id, report.reported_id, report.booking_id or NO_BOOKING),
        ),
    ),
    foreigns=(Foreign("reporter_id", "users"), Foreign("reported_id", "users"), Foreign("booking_id", "bookings")),
    checks=(Check("others", lambda report: report.reporter_id != report.reported_id),),
    refusals=REFUSALS,
)


def is_blocked(source: Rows, one_id: UUID | None, other_id: UUID) -> bool:
    """Whether either blocks the other."""
    pairs = {(one_id, other_id), (other_id, one_id)}
    return any((block.user_id, block.blocked_id) in pairs for block in source.rows(BLOCKS).values())


class MemoryBlocks:
    """Who blocks whom. Nobody waits: units are serial."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def put(self, block: Block) -> Block:
        """See BlockStore."""
        standing = self._find(block.user_id, block.blocked_id)
        if standing is None:
            self._transaction.insert(BLOCKS, block)
        return stored(standing or block)

    async def remove(self, user_id: UUID, blocked_id: UUID) -> bool:
        """See BlockStore."""
        found = self._find(user_id, blocked_id)
        if found is None:
            return False
        self._transaction.remove(BLOCKS, found.id)
        return True

    async def between(self, one_id: UUID, other_id: UUID) -> bool:
        """See BlockStore."""
        return is_blocked(self._transaction, one_id, other_id)

    async def forget(self, user_id: UUID) -> None:
        """See BlockStore."""
        for block in list(self._transaction.rows(BLOCKS).values()):
            if user_id in (block.user_id, block.blocked_id):
                self._transaction.remove(BLOCKS, block.id)

    def _find(self, user_id: UUID, blocked_id: UUID) -> Block | None:
        rows = self._transaction.rows(BLOCKS).values()
        return next((row for row in rows if (row.user_id, row.blocked_id) == (user_id, blocked_id)), None)


class MemoryReports(MemoryStore[UserReport]):
    """Reports about people."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, USER_REPORTS)


class MemoryPeopleQueries:
    """Reads of blocks and reports."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def blocks(self, user_id: UUID, query: ListQuery) -> Page[BlockView]:
        """See PeopleQueries."""
        mine = [block for block in self._source.rows(BLOCKS).values() if block.user_id == user_id]
        return listed(
            mine, query, fields=BLOCK_FIELDS, show=lambda b: block_view(b, person(self._source, b.blocked_id))
        )

    async def reports(self, reporter_id: UUID, query: ListQuery) -> Page[UserReportView]:
        """See PeopleQueries."""
        mine = [report for report in self._source.rows(USER_REPORTS).values() if report.reporter_id == reporter_id]
        return listed(mine, query, fields=REPORT_FIELDS, show=user_report_view)


def person(source: Rows, user_id: UUID) -> Person:
    """A user and whether an identity paper of his is approved."""
    papers = source.rows(KYC_DOCUMENTS).values()
    approved = {p.doc_type for p in papers if p.user_id == user_id and p.status is KycStatus.APPROVED}
    return Person(source.rows(USERS)[user_id], bool(approved & IDENTITY_PAPERS))


def _conforms(queries: MemoryPeopleQueries) -> PeopleQueries:
    return queries
