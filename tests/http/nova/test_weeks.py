"""The job that keeps chauffeurs' weeks, by each company's clock."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from allonova.application.dispatch.keep_weeks import CATCH_UP
from allonova.domain.dispatch.demande import DemandeStatut as D
from allonova.domain.dispatch.staff import StaffRole
from tests.support.api import Api
from tests.support.courses import ABIDJAN, PARIS, asked, done, local
from tests.support.nova import Office, a_colleague, an_office
from tests.support.wire import data

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
BOTH_CHANGES = [
    # The Monday that ends the week, its midnight in UTC, and the hours that the week has.
    (PARIS, "2026-03-30", "2026-03-29T22:00", 167),
    (PARIS, "2026-10-26", "2026-10-25T23:00", 169),
    (PARIS, "2026-06-08", "2026-06-07T22:00", 168),
    (ABIDJAN, "2026-03-30", "2026-03-30T00:00", 168),
    (ABIDJAN, "2026-10-26", "2026-10-26T00:00", 168),
]


async def kept(office: Office, index: int = 0) -> dict[date, Any]:
    """A chauffeur's weeks, by their Mondays."""
    rows = await office.api.inside.dispatch("semaines")
    return {row.debut: row for row in rows if row.chauffeur_id == office.chauffeurs[index].id}


def days_of(week: Any) -> dict[str, dict[str, int]]:
    """What is kept of each day, also where the owner's connection gives JSON as text."""
    found: dict[str, dict[str, int]] = json.loads(week.jours) if isinstance(week.jours, str) else week.jours
    return found


async def office_since(api: Api, since: datetime, **given: Any) -> Office:
    """A company that came with its staff at that instant."""
    office = await an_office(api, taxis=0, created_at=since, **given)
    for _ in range(2):
        taxi, _ = await office.equip()
        assert taxi.id == office.taxis[-1].id
    return office


@pytest.mark.parametrize(("fuseau", "monday", "midnight", "hours"), BOTH_CHANGES)
async def test_week_is_kept_at_the_companys_midnight_from_monday_to_sunday(
    api: Api, fuseau: str, monday: str, midnight: str, hours: int
) -> None:
    end = local(midnight, "UTC")
    start, last = end - timedelta(hours=hours), end - timedelta(seconds=1)
    api.clock.at = last
    office = await office_since(api, start - timedelta(hours=1), fuseau=fuseau)
    for ended in (start - timedelta(seconds=1), start, last, end):
        await done(office, ended, minutes=20)
    for statut, answered in ((D.ACCEPTEE, start), (D.ANNULEE, last), (D.EXPIREE, last), (D.ACCEPTEE, end)):
        await asked(office, statut, answered)
    debut = date.fromisoformat(monday) - timedelta(days=7)
    await api.run("weekly")
    assert debut not in await kept(office)
    api.clock.at = end
    await api.run("weekly")
    week = (await kept(office))[debut]
    assert (week.courses, week.proposees, week.acceptees, week.minutes) == (2, 3, 2, 40)
    days = days_of(week)
    sunday = (debut + timedelta(days=6)).isoformat()
    assert sorted(days) == [(debut + timedelta(days=n)).isoformat() for n in range(7)]
    assert days[debut.isoformat()] == {"courses": 1, "proposees": 1, "acceptees": 1, "minutes": 20}
    assert days[sunday] == {"courses": 1, "proposees": 2, "acceptees": 1, "minutes": 20}
    assert sum(day["courses"] for day in days.values()) == 2


async def test_each_companys_week_ends_when_its_own_monday_begins(api: Api) -> None:
    monday = date(2026, 10, 19)
    api.clock.at = local("2026-10-26T00:00")
    paris = await an_office(api, fuseau=PARIS, created_at=LONG_AGO)
    abidjan = await an_office(api, fuseau=ABIDJAN, created_at=LONG_AGO)
    await api.run("weekly")
    assert monday in await kept(paris)
    assert monday not in await kept(abidjan)
    api.clock.at = local("2026-10-26T00:00", ABIDJAN)
    await api.run("weekly")
    assert monday in await kept(abidjan)


async def test_nothing_changes_when_it_runs_again(api: Api) -> None:
    api.clock.at = local("2026-06-08T00:00")
    office = await an_office(api, fuseau=PARIS, created_at=LONG_AGO)
    await done(office, local("2026-06-07T12:00"))
    await api.run("weekly")
    before = await kept(office)
    await done(office, local("2026-06-07T13:00"))
    api.clock.advance(timedelta(minutes=5))
    await api.run("weekly")
    assert {monday: (week.id, week.courses) for monday, week in (await kept(office)).items()} == {
        monday: (week.id, week.courses) for monday, week in before.items()
    }


async def test_weeks_are_made_up_for_when_the_service_was_down(api: Api) -> None:
    api.clock.at = local("2026-03-23T00:00")
    office = await office_since(api, local("2026-03-10T12:00"), fuseau=PARIS)
    await api.run("weekly")
    assert sorted(await kept(office)) == [date(2026, 3, 9), date(2026, 3, 16)]
    for ended in ("2026-03-29T03:00", "2026-03-30T00:00", "2026-04-12T23:59", "2026-04-13T00:00"):
        await done(office, local(ended))
    api.clock.at = local("2026-04-15T10:00")
    await api.run("weekly")
    found = await kept(office)
    assert {monday.isoformat(): week.courses for monday, week in found.items() if monday > date(2026, 3, 16)} == {
        "2026-03-23": 1,
        "2026-03-30": 1,
        "2026-04-06": 1,
    }


async def test_last_weeks_alone_are_made_up_for_when_it_was_long(api: Api) -> None:
    api.clock.at = local("2026-06-10T10:00")
    office = await an_office(api, fuseau=PARIS, created_at=LONG_AGO)
    await done(office, local("2026-03-29T12:00"))
    await api.run("weekly")
    assert sorted(await kept(office)) == [date(2026, 6, 8) - timedelta(weeks=n) for n in range(CATCH_UP, 0, -1)]
    year = data(await office.chauffeurs[0].get("/api/me/stats", period="year"))
    assert year["courses"] == 1  # what is not kept is counted


async def test_week_over_new_year_is_one(api: Api) -> None:
    api.clock.at = local("2026-12-28T00:00")
    office = await an_office(api, fuseau=PARIS, created_at=LONG_AGO)
    await done(office, local("2026-12-31T23:30"))
    await done(office, local("2027-01-01T00:30"))
    api.clock.at = local("2027-01-04T00:00")
    await api.run("weekly")
    week = (await kept(office))[date(2026, 12, 28)]
    assert [day["courses"] for day in days_of(week).values() if day["courses"]] == [1, 1]


async def test_week_of_nothing_is_kept_for_who_was_there(api: Api) -> None:
    monday = local("2026-06-08T00:00")
    api.clock.at = monday
    office = await an_office(api, fuseau=PARIS, created_at=LONG_AGO, taxis=0)
    there = {"created_at": monday - timedelta(seconds=1)}
    early = a_colleague(office.societe, StaffRole.CHAUFFEUR, **there)
    late = a_colleague(office.societe, StaffRole.CHAUFFEUR, created_at=monday)
    gone = a_colleague(office.societe, StaffRole.CHAUFFEUR, active=False, **there)
    await office.keep(early, late, gone)
    await api.run("weekly")
    rows = await api.inside.dispatch("semaines")
    last = [row for row in rows if row.debut == date(2026, 6, 1)]
    assert [(row.chauffeur_id, row.courses, row.minutes) for row in last] == [(early.id, 0, 0)]


async def test_week_is_kept_of_who_has_left_since(api: Api) -> None:
    api.clock.at = local("2026-06-08T00:00")
    office = await an_office(api, fuseau=PARIS, created_at=LONG_AGO)
    await done(office, local("2026-06-03T12:00"))
    async with api.service.platform.dispatch.begin_for(office.societe.id) as unit:
        user = await unit.staff.get(office.chauffeurs[0].id, lock=True)
        user.active = False
        await unit.staff.save(user)
    await api.run("weekly")
    assert {week.courses for week in (await kept(office)).values()} == {1}


async def test_other_companies_are_kept_when_one_fails(api: Api) -> None:
    api.clock.at = local("2026-06-08T00:00")
    broken = await an_office(api, fuseau="Nowhere/At_all", created_at=LONG_AGO)
    office = await an_office(api, fuseau=PARIS, created_at=LONG_AGO)
    await api.run("weekly")
    assert await kept(broken) == {}
    assert date(2026, 6, 1) in await kept(office)
