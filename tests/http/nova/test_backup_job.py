"""The backup of the night: once, caught up, taken over; when it fails, everybody who runs a company is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from allonova.adapters.postgres.backup.backups import LIMIT_S as BACKUP_LIMIT_S
from allonova.application.dispatch.back_up import JOB, LEASE, BackUp, latest_night
from allonova.application.dispatch.notices import NoticeDesk
from allonova.application.kernel.backups import Backup, BackupBusy, BackupFailed
from allonova.domain.dispatch.notification import NotificationType
from allonova.domain.dispatch.staff import StaffRole
from allonova.domain.kernel.errors import NotFound
from allonova.main.full import schedule_of
from allonova.main.settings import Settings
from allonova.main.wiring import LIMIT_S
from tests.support.api import Api
from tests.support.nova import Colleague, an_office

NIGHT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@dataclass(slots=True)
class Dumps:
    """Backups that cost nothing: each outcome in its turn, then good ones."""

    outcomes: list[Exception] = field(default_factory=list)
    made: list[datetime] = field(default_factory=list)

    async def make(self, *, at: datetime) -> Backup:
        """See Backups."""
        self.made.append(at)
        if self.outcomes:
            raise self.outcomes.pop(0)
        return Backup("allonova.backup", 1, 1, 1)


def job(api: Api, backups: Dumps) -> BackUp:
    platform = api.service.platform
    desk = NoticeDesk(api.clock, api.service.outside.ids)
    nova = platform.dispatch
    return BackUp(platform.begin, nova.begin_for, nova.doors, api.clock, backups, desk)


async def told(api: Api, colleague: Colleague) -> NotificationType | None:
    """What the only message to somebody is about."""
    async with api.service.platform.dispatch.begin_for(colleague.user.societe_id) as unit:
        notice = await unit.notices.find(user_id=colleague.id)
        return notice.type if notice else None


@pytest.mark.parametrize(
    ("now", "night"),
    [
        (NIGHT - SECOND, date(2026, 11, 21)),
        (NIGHT, date(2026, 11, 22)),
        (NIGHT + timedelta(hours=20), date(2026, 11, 22)),
        (NIGHT + timedelta(hours=24) - SECOND, date(2026, 11, 22)),
    ],
)
def test_night_begins_when_it_is_three_in_utc(now: datetime, night: date) -> None:
    assert latest_night(now) == night


async def test_made_once_when_the_job_runs_every_five_minutes(api: Api) -> None:
    api.clock.at = NIGHT
    run = job(api, dumps := Dumps())
    made = []
    for _ in range(3):
        made.append(await run())
        api.clock.advance(timedelta(minutes=5))
    assert made == [True, False, False]
    assert dumps.made == [NIGHT]


async def test_made_once_a_night_when_days_go_by(api: Api) -> None:
    api.clock.at = NIGHT - SECOND
    run = job(api, dumps := Dumps())
    for _ in range(3 * 24):
        await run()
        api.clock.advance(timedelta(hours=1))
    assert [at.date() for at in dumps.made] == [date(2026, 11, day) for day in (22, 22, 23, 24)]


@pytest.mark.promise("jobs-are-rows")
async def test_caught_up_once_when_nobody_was_up_for_days(api: Api) -> None:
    run = job(api, dumps := Dumps())
    api.clock.at = NIGHT
    await run()
    api.clock.at = NIGHT + timedelta(days=3, hours=7)
    assert [await run(), await run()] == [True, False]
    assert dumps.made == [NIGHT, NIGHT + timedelta(days=3, hours=7)]


async def test_taken_over_when_a_worker_died_over_it(api: Api) -> None:
    api.clock.at = NIGHT
    run = job(api, dumps := Dumps([BackupBusy()]))  # ends without a word, as one that is killed does
    assert [await run(), await run()] == [False, False]
    api.clock.advance(LEASE - SECOND)
    assert not await run()
    assert len(dumps.made) == 1
    api.clock.advance(SECOND)
    assert await run()


@pytest.mark.parametrize("failure", [BackupFailed("disk full"), RuntimeError("anything")])
async def test_admins_of_every_company_are_told_when_it_fails(api: Api, failure: Exception) -> None:
    api.clock.at = NIGHT
    here, there = await an_office(api, taxis=1), await an_office(api, taxis=1)
    second, gone = await here.hire(StaffRole.ADMIN), await there.hire(StaffRole.ADMIN, active=False)
    assert not await job(api, Dumps([failure]))()
    for admin in (here.admin, second, there.admin):
        assert await told(api, admin) is NotificationType.SAUVEGARDE_ECHOUEE
    for other in (gone, *here.chauffeurs):
        assert await told(api, other) is None


async def test_tried_again_the_next_night_when_it_failed(api: Api) -> None:
    api.clock.at = NIGHT
    run = job(api, dumps := Dumps([BackupFailed("disk full")]))
    assert [await run(), await run()] == [False, False]
    api.clock.advance(2 * LEASE)
    assert not await run()
    assert len(dumps.made) == 1
    api.clock.advance(timedelta(days=1))
    assert await run()


async def test_nobody_is_told_when_it_succeeds(api: Api) -> None:
    api.clock.at = NIGHT
    office = await an_office(api, taxis=1)
    assert await job(api, Dumps())()
    assert await told(api, office.admin) is None


def test_worker_wakes_for_it_when_a_folder_is_named_and_lets_it_end_by_itself() -> None:
    with_folder = Settings.model_construct(backup_dir=Path("/backups"))
    assert schedule_of(with_folder)[JOB] == 300
    assert JOB not in schedule_of(Settings.model_construct(backup_dir=None))
    assert LIMIT_S[JOB] > BACKUP_LIMIT_S


async def test_there_is_no_such_job_when_no_folder_is_named(api: Api) -> None:
    with pytest.raises(NotFound):
        await api.run("backup")
