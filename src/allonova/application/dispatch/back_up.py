"""The backup of the night."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar

from allonova.application.dispatch.notices import NoticeDesk
from allonova.application.dispatch.ports import DispatchUnit, Doors
from allonova.application.kernel.backups import BackupBusy, BackupFailed, Backups
from allonova.application.kernel.ports import Begin, BeginFor, Clock, JobUnit
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.notification import NotificationType
from allonova.domain.kernel.errors import DomainError

log = logging.getLogger(__name__)

JOB = "backup"
DUE = time(3, tzinfo=UTC)  # nova.md, Jobs: `0 3 * * *`
LEASE = timedelta(minutes=15)


def latest_night(now: datetime) -> date:
    """The day of the last 03:00 UTC that is over."""
    return now.date() if now.timetz() >= DUE else now.date() - timedelta(days=1)


@wired
class BackUp:
    """A job: each night's backup is made once, also when nobody was up at three. A worker that dies over it loses it
    when its lease ends, and another one begins anew; one that takes longer than its lease is protected by the lock
    that `Backups` holds. When it fails, the admins of every company are told, and the next night is the next try.
    """

    begin: Begin[JobUnit]
    begin_for: BeginFor[DispatchUnit]
    doors: Doors
    clock: Clock
    backups: Backups
    notices: NoticeDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self) -> bool:
        """Whether a backup was made now."""
        night, now = latest_night(self.clock.now()), self.clock.now()
        async with self.begin() as unit:
            if not await unit.job_runs.claim(JOB, night.isoformat(), now=now, lease=LEASE):
                return False
        try:
            made = await self.backups.make(at=now)
        except BackupBusy:
            return False
        except Exception as error:
            reason = error.reason if isinstance(error, BackupFailed) else type(error).__name__
            log.exception("backup failed", extra={"night": night.isoformat(), "reason": reason})
            await self._tell(night)
            await self._finish(night, reason)
            return False
        log.info("backup made", extra={"file": made.name, "size_bytes": made.size_bytes, "rows": made.rows})
        await self._finish(night, None)
        return True

    async def _tell(self, night: date) -> None:
        for zone in await self.doors.zones():
            async with self.begin_for(zone.societe_id) as unit:
                await self.notices.tell_admins(
                    unit,
                    zone.societe_id,
                    NotificationType.SAUVEGARDE_ECHOUEE,
                    titre="Sauvegarde échouée",
                    description=f"La sauvegarde de la nuit du {night:%d/%m/%Y} n’a pas réussi. Aucune donnée n’est "
                    "perdue ; la prochaine tentative aura lieu la nuit suivante.",
                    data={"nuit": night.isoformat()},
                )

    async def _finish(self, night: date, error: str | None) -> None:
        async with self.begin() as unit:
            await unit.job_runs.finish(JOB, night.isoformat(), now=self.clock.now(), error=error)
