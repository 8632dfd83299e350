"""Identity papers."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import bindparam

from allonova.adapters.postgres.kyc.tables import IS_ON_FILE, KYC_DOCUMENTS
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.adapters.postgres.store import PostgresStore, Shelf
from allonova.application.kyc.ports import PaperStore
from allonova.domain.kyc.document import DocType, KycDocument

PAPER_SHELF = Shelf(RowMapper(KycDocument, KYC_DOCUMENTS), {})

_ON_FILE = compile_once(
    PAPER_SHELF.select(
        KYC_DOCUMENTS.c.user_id == bindparam("owner"), KYC_DOCUMENTS.c.doc_type == bindparam("kind"), IS_ON_FILE
    )
)


class PostgresPapers(PostgresStore[KycDocument]):
    """Papers."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, PAPER_SHELF)

    async def on_file(self, user_id: UUID, doc_type: DocType) -> KycDocument | None:
        """See PaperStore."""
        row = await self._runner.fetchrow(_ON_FILE.sql, *_ON_FILE.args(owner=user_id, kind=doc_type))
        return None if row is None else await self._entity(row, is_locked=False)


def _conforms(papers: PostgresPapers) -> PaperStore:
    return papers
