"""Popular searches, answered before they are asked."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from allonova.application.carpool.find_trips import TTL
from allonova.application.carpool.ports import CarpoolQueries, SearchCache
from allonova.application.kernel.ports import Clock
from allonova.application.kernel.wired import wired
from allonova.domain.kernel.errors import DomainError

WARM = 50  # allocar.md, Vehicles and trips


@wired
class WarmSearches:
    """A job: run the searches most asked lately once more, before what was kept of them is over. When nobody asks,
    nothing runs.
    """

    queries: CarpoolQueries
    cache: SearchCache
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self) -> int:
        """Returns how many were run."""
        asked = await self.cache.most_asked(now=self.clock.now(), limit=WARM)
        run = 0
        for question in asked:
            now = self.clock.now()
            search = replace(question, earliest=max(question.earliest, now))
            if search.earliest < search.latest:
                await self.cache.keep(question, await self.queries.find(search), until=now + TTL)
                run += 1
        return run
