"""Hide what nobody should have to read of himself."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.rating_views import DeskRating, desk_rating
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.versions import require_version
from allonova.application.kernel.wired import wired
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, NotFound, PreconditionFailed


@wired
class ModerateRating:
    """Hide the words of a rating, or let them be read again; its stars count all the same."""

    begin: Begin[CarpoolUnit]
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, PreconditionFailed)

    async def __call__(
        self, *, by: Actor, rating_id: UUID, comment_hidden: bool, reason: str, expected: int | None
    ) -> DeskRating:
        """`expected` is the version of `If-Match`. Nothing is written when nothing changes."""
        async with self.begin() as unit:
            rating = await unit.ratings.get(rating_id, lock=True)
            require_version(expected, rating.version, desk_rating(rating))
            if rating.moderate(comment_hidden=comment_hidden, reason=reason, at=self.clock.now()):
                await unit.ratings.save(rating)
                action = "rating.comment_hidden" if comment_hidden else "rating.comment_shown"
                await unit.audit.put(actor=by, action=action, entity="rating", entity_id=rating.id)
            return desk_rating(rating)
