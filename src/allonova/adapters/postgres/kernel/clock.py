"""The service's clock, which every process can be told to move forward."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from allonova.adapters.postgres.runner import Runner
from allonova.application.kernel.ports import Clock, ClockControl

_READ = "SELECT offset_s FROM platform.clock"
_ADVANCE = "UPDATE platform.clock SET offset_s = offset_s + $1::float8 RETURNING offset_s"


async def read_offset(runner: Runner) -> timedelta:
    """How far the service's time is ahead of the wall's."""
    return timedelta(seconds=await runner.fetchval(_READ))


@dataclass(slots=True)
class PostgresClockControl:
    """The wall's time plus the offset kept in the database, as last seen by this process."""

    runner: Runner
    wall: Clock
    offset: timedelta = timedelta()

    def now(self) -> datetime:
        """The service's time."""
        return self.wall.now() + self.offset

    async def advance(self, seconds: float) -> datetime:
        """Move every process forward; the others see it when they `refresh`."""
        self.offset = timedelta(seconds=await self.runner.fetchval(_ADVANCE, seconds))
        return self.now()

    async def refresh(self) -> None:
        """Learn what other processes did."""
        self.offset = await read_offset(self.runner)


def _conforms(control: PostgresClockControl) -> ClockControl:
    return control
