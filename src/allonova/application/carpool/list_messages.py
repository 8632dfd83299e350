"""Read what was written on a booking."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.chat_queries import ChatQueries
from allonova.application.carpool.chat_views import MessageView, message_view
from allonova.application.files.ports import FileStore
from allonova.application.kernel.listing import ListQuery, Page, Sort
from allonova.application.kernel.wired import wired
from allonova.domain.kernel.errors import DomainError, NotFound


@wired
class ListMessages:
    """The messages of a booking, to its two sides, however long ago the ride was."""

    queries: ChatQueries
    files: FileStore

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound,)

    async def __call__(self, *, caller_id: UUID, booking_id: UUID, query: ListQuery) -> Page[MessageView]:
        """In the order in which they were written, unless said otherwise."""
        ordered = query if query.sort else replace(query, sort=(Sort("created_at"),))
        page = await self.queries.messages(booking_id, caller_id, ordered)
        if not page.total:  # nothing is said to strangers, nor to those who have written nothing yet
            chat = await self.queries.chat(booking_id)
            if chat is None:
                raise NotFound
            chat.require_side(caller_id)
        return Page([message_view(each, self.files, viewer_id=caller_id) for each in page.items], page.total)
