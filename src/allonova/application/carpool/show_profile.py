"""Who it is that one may ride with."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import field
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.rating_queries import RatingQueries
from allonova.application.carpool.rating_views import Figures, PublicProfile, RatingView, public_profile
from allonova.application.kernel.listing import ListQuery, Page
from allonova.application.kernel.ports import Clock
from allonova.application.kernel.wired import wired
from allonova.domain.identity.user import User
from allonova.domain.kernel.errors import DomainError, NotFound

TTL = timedelta(minutes=5)  # what is counted over months does not change in minutes
KEPT = 2_000


@wired
class FiguresBook:
    """What was counted lately, by account and version: what changes an account, a new rating too, counts anew."""

    queries: RatingQueries
    _kept: OrderedDict[tuple[UUID, int], tuple[datetime, Figures]] = field(default_factory=OrderedDict)

    async def of(self, user: User, *, now: datetime) -> Figures:
        """Somebody's, not older than five minutes."""
        key = user.id, user.version
        counted_at, figures = self._kept.get(key, (None, None))
        if figures is None or counted_at is None or not counted_at <= now < counted_at + TTL:
            figures = await self.queries.figures(user.id, now=now)
            self._kept[key] = now, figures
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return figures


@wired
class ShowProfile:
    """Somebody's public face. Who is suspended or erased has none, nor has for each other who are parted by a block."""

    queries: RatingQueries
    book: FiguresBook
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound,)

    async def __call__(self, *, caller_id: UUID, user_id: UUID) -> PublicProfile:
        """Raises NotFound."""
        person = await self.queries.person(user_id, viewer_id=caller_id)
        if person is None:
            raise NotFound
        return public_profile(person, await self.book.of(person.user, now=self.clock.now()))


@wired
class ListRatings:
    """What was said of somebody, as far as he has a public face."""

    queries: RatingQueries

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound,)

    async def __call__(self, *, caller_id: UUID, user_id: UUID, query: ListQuery) -> Page[RatingView]:
        """Raises NotFound."""
        if await self.queries.person(user_id, viewer_id=caller_id) is None:
            raise NotFound
        return await self.queries.ratings(user_id, query)
