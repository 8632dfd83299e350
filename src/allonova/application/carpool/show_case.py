"""Look at a report or a flagged message."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.moderation_queries import ModerationQueries
from allonova.application.carpool.moderation_views import CaseDetail, case_detail
from allonova.application.files.ports import FileStore
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.moderation import CaseKind
from allonova.domain.kernel.errors import DomainError, NotFound


@wired
class ShowCase:
    """A case with its people and what was written around it."""

    queries: ModerationQueries
    files: FileStore

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound,)

    async def __call__(self, *, kind: CaseKind, id: UUID) -> CaseDetail:
        """Raises NotFound."""
        found = await self.queries.case(kind, id)
        if found is None:
            raise NotFound
        return case_detail(found, self.files)
