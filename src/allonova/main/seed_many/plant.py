"""Puts it all in, in batches, with a bar that says how far it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import batched
from typing import Any, Protocol
from uuid import UUID

from tqdm import tqdm

from allonova.adapters.postgres.bulk import PostgresBulk
from allonova.adapters.postgres.pool import open_pool
from allonova.application.dispatch.ports import Doors
from allonova.application.identity.ports import PasswordHasher
from allonova.application.kernel.ports import BeginFor, Sealer
from allonova.main.full import running_service
from allonova.main.seed import DEMO_PASSWORD
from allonova.main.seed_many.courses import Month, add_month
from allonova.main.seed_many.people import MOST_USERS, SEEDS, People
from allonova.main.seed_many.rides import rides
from allonova.main.settings import Misconfigured, Settings

PEOPLE_AT_A_TIME = 500
DRIVERS_AT_A_TIME = 100
FEWEST_USERS = 10  # so that every driver finds passengers


class Bulk(Protocol):
    """Keeps many things at once."""

    async def is_there(self, user_id: UUID) -> bool:
        """Whether somebody is there already."""

    async def add(self, things: Sequence[object]) -> None:
        """Keep new ones of any kind, with all that belongs to them."""

    async def take_scores(self, user_ids: Sequence[UUID]) -> None:
        """What was said of these people and is shown counts for them."""

    async def demote(self, until: Sequence[tuple[UUID, datetime]]) -> None:
        """Search puts these drivers after others until then."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many users, from which number, on which day."""

    users: int
    seed: int
    now: datetime

    def __post_init__(self) -> None:
        if not FEWEST_USERS <= self.users <= MOST_USERS:
            raise ValueError(f"N is {FEWEST_USERS} to {MOST_USERS} users")
        if self.seed not in SEEDS:
            raise ValueError(f"SEED is a number from 0 to {SEEDS[-1]}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """Puts a plan's people, rides and courses in. Cut short, it leaves whole batches, and says so the next time."""

    bulk: Bulk
    begin_for: BeginFor[Any]
    doors: Doors
    sealer: Sealer
    hasher: PasswordHasher
    is_quiet: bool = False

    async def __call__(self, plan: Plan) -> bool:
        """False when this number's people are there already: then nothing is added."""
        password = await self.hasher.hash(DEMO_PASSWORD)
        people = People(plan.seed, plan.users, plan.now, self.sealer, password)
        if await self.bulk.is_there(people.user_id(0)):
            return False
        for numbers in self._shown("people", range(plan.users), PEOPLE_AT_A_TIME):
            await self.bulk.add([thing for number in numbers for thing in people.made(number)])
        demoted: list[tuple[UUID, datetime]] = []
        for numbers in self._shown("rides", people.drivers(), DRIVERS_AT_A_TIME):
            stories = [story for number in numbers for story in rides(people, number)]
            await self.bulk.add([thing for story in stories for thing in story.things()])
            demoted += [fault for story in stories for fault in story.demoted]
        for numbers in self._shown("ratings", range(plan.users), PEOPLE_AT_A_TIME):
            await self.bulk.take_scores([people.user_id(number) for number in numbers])
        await self.bulk.demote(demoted)
        await add_month(self.begin_for, self.doors, Month(plan.seed, plan.now, password))
        return True

    def _shown(self, what: str, numbers: Sequence[int], size: int) -> Iterator[tuple[int, ...]]:
        """Batches, each of which moves the bar when it is done."""
        with closing(tqdm(total=len(numbers), desc=what, unit="", disable=self.is_quiet)) as bar:
            for batch in batched(numbers, size):
                yield batch
                bar.update(len(batch))


async def plant(settings: Settings, *, users: int, seed: int, day: date | None = None) -> bool:
    """Put many people into DATABASE_URL, as if it were noon of that day; see Plant.

    Raises:
        Misconfigured: numbers that are out of range.
    """
    async with (
        running_service(settings) as service,
        await open_pool(settings.database_url, max_size=2, pooled=settings.database_pooled) as pool,
    ):
        platform, outside = service.platform, service.outside
        noon = datetime.combine(day or platform.clock.now().date(), time(12), UTC)
        try:
            plan = Plan(users, seed, noon)
        except ValueError as error:
            raise Misconfigured([str(error)]) from None
        put_in = Plant(
            bulk=PostgresBulk(pool),
            begin_for=platform.dispatch.begin_for,
            doors=platform.dispatch.doors,
            sealer=outside.sealer,
            hasher=outside.hasher,
        )
        return await put_in(plan)
