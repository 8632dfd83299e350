"""Reads of papers."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import bindparam, select

from allonova.adapters.postgres.identity.tables import USERS
from allonova.adapters.postgres.kyc.stores import PAPER_SHELF
from allonova.adapters.postgres.kyc.tables import KYC_DOCUMENTS
from allonova.adapters.postgres.lists import Listing
from allonova.adapters.postgres.runner import Row, Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.application.kernel.listing import ListQuery, Page
from allonova.application.kyc.ports import KycQueries, Waiting
from allonova.application.kyc.views import ApplicantView
from allonova.domain.kyc.document import KycDocument, KycStatus

_OF = compile_once(
    PAPER_SHELF.select(KYC_DOCUMENTS.c.user_id == bindparam("owner")).order_by(
        KYC_DOCUMENTS.c.created_at.desc(), KYC_DOCUMENTS.c.id.desc()
    )
)
_WAITING = Listing(
    select(
        *PAPER_SHELF.mapper.columns("k_"),
        USERS.c.id.label("u_id"),
        USERS.c.first_name.label("u_first_name"),
        USERS.c.last_name.label("u_last_name"),
    )
    .join(USERS, USERS.c.id == KYC_DOCUMENTS.c.user_id)
    .where(KYC_DOCUMENTS.c.status == KycStatus.PENDING.value),
    {"id": KYC_DOCUMENTS.c.id, "doc_type": KYC_DOCUMENTS.c.doc_type, "created_at": KYC_DOCUMENTS.c.created_at},
)
_read = PAPER_SHELF.mapper.reader()
_read_waiting = PAPER_SHELF.mapper.reader("k_")


class PostgresKycQueries:
    """One round trip each."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def papers_of(self, user_id: UUID) -> list[KycDocument]:
        """Somebody's papers, the newest first."""
        return [_read(row) for row in await self._runner.fetch(_OF.sql, *_OF.args(owner=user_id))]

    async def waiting(self, query: ListQuery) -> Page[Waiting]:
        """Papers that wait for their review; fields: doc_type, created_at."""
        rows, total = await _WAITING.rows(self._runner, query)
        return Page([_show(row) for row in rows], total)


def _show(row: Row) -> Waiting:
    owner = ApplicantView(id=row["u_id"], first_name=row["u_first_name"], last_name=row["u_last_name"])
    return Waiting(_read_waiting(row), owner)


def _conforms(queries: PostgresKycQueries) -> KycQueries:
    return queries
