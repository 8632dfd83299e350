"""The service's time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from allonova.application.kernel.ports import Clock, ClockControl


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """See Clock."""
        return datetime.now(UTC)


class OffsetClock:
    """The machine's clock moved forward; for one process, outside production."""

    def __init__(self, offset: timedelta = timedelta()) -> None:
        self._offset = offset

    def now(self) -> datetime:
        """See Clock."""
        return datetime.now(UTC) + self._offset

    async def advance(self, seconds: float) -> datetime:
        """See ClockControl. Raises ValueError for a step back."""
        if not seconds >= 0:
            raise ValueError("time goes forward")
        self._offset += timedelta(seconds=seconds)
        return self.now()


def _conforms(system: SystemClock, moved: OffsetClock) -> tuple[Clock, Clock, ClockControl]:
    return system, moved, moved
