"""Figures of the fleet and of chauffeurs, also on the days on which clocks change."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from allonova.domain.dispatch.commande import CommandeStatut as C
from allonova.domain.dispatch.demande import DemandeStatut as D
from allonova.domain.dispatch.intervention import Intervention, InterventionType
from allonova.domain.dispatch.semaine import Semaine
from allonova.domain.dispatch.taxi import TaxiStatut
from tests.support.api import Api
from tests.support.courses import ABIDJAN, PARIS, a_course, asked, done, local
from tests.support.factories import NOW
from tests.support.nova import Office, a_taxi, an_office, enter
from tests.support.wire import data, paths, refusal

NONE = {"total": 0, "enAttente": 0, "assignee": 0, "enCours": 0, "terminee": 0, "annulee": 0}


async def office_at(api: Api, now: datetime, **given: Any) -> Office:
    """A company whose staff logs in at that instant."""
    api.clock.at = now
    return await an_office(api, **given)


async def flotte(office: Office, day: str | None = None) -> Any:
    params = {} if day is None else {"date": day}
    return data(await office.admin.get("/api/stats/flotte", **params))


async def mine(office: Office, period: str = "week") -> Any:
    return data(await office.chauffeurs[0].get("/api/me/stats", period=period))


async def reported(office: Office, at: datetime, **given: Any) -> None:
    """An intervention; of a wait that was too long, unless said otherwise."""
    course = await office.commande()
    fields = {"attente_depuis": at - timedelta(hours=2)} | given
    await office.keep(
        Intervention(
            id=uuid4(),
            societe_id=office.societe.id,
            commande_id=course.id,
            type=InterventionType.PRISE_EN_CHARGE,
            titre="T",
            description="D",
            created_at=at,
            updated_at=at,
            **fields,
        )
    )


def charged(figures: Any) -> dict[int, int]:
    """Hours in which courses begin."""
    return {row["heure"]: row["courses"] for row in figures["charge"] if row["courses"]}


async def test_day_is_counted_beside_the_one_a_week_before(api: Api) -> None:
    office = await office_at(api, local("2026-06-10T12:00"), fuseau=PARIS)
    begin = local("2026-06-10T09:00")
    waited: dict[str, Any] = {
        "en_attente_depuis": begin - timedelta(hours=2),
        "assignee_at": begin - timedelta(minutes=110),
    }
    await office.commande(date_iso=begin)
    await a_course(office, C.ASSIGNEE, local("2026-06-10T14:15"), **waited)
    await a_course(office, C.EN_COURS, begin, driver=1)
    await a_course(office, C.ANNULEE, local("2026-06-10T23:59"))
    first = await done(office, local("2026-06-10T08:30"), minutes=90)
    await done(office, local("2026-06-03T08:30"), driver=1)
    for statut in (D.ACCEPTEE, D.ANNULEE, D.REFUSEE, D.EXPIREE):
        await asked(office, statut, begin)
    await asked(office, D.ANNULEE, None)
    await asked(office, D.PROPOSEE, None)
    await asked(office, D.REFUSEE, local("2026-06-03T23:59:59"), course=first)
    await reported(office, begin)
    await reported(office, begin, attente_depuis=None)
    await reported(office, local("2026-06-03T00:00"))
    found = await flotte(office)
    past = found.pop("precedent")
    assert set(past) == set(found)
    assert found["date"] == "2026-06-10"
    assert found["courses"] == {"total": 5, "enAttente": 1, "assignee": 1, "enCours": 1, "terminee": 1, "annulee": 1}
    assert (found["tauxAcceptation"], found["minutesAvantAssignation"], found["depassementsSla"]) == (0.5, 10.0, 1)
    assert found["taxis"] == {"disponible": 2, "enCourse": 0, "horsService": 0}
    assert [(row["minutes"], row["taux"]) for row in found["occupation"]] == [(120, 0.0833), (60, 0.0417)]
    assert [row["taxiId"] for row in found["occupation"]] == [str(taxi.id) for taxi in office.taxis]
    assert charged(found) == {7: 1, 9: 2, 14: 1}
    assert [row["heure"] for row in found["charge"]] == list(range(24))
    assert (past["date"], past["courses"]) == ("2026-06-03", NONE | {"total": 1, "terminee": 1})
    assert (past["tauxAcceptation"], past["minutesAvantAssignation"], past["depassementsSla"]) == (0.0, None, 1)
    assert (past["taxis"], [row["minutes"] for row in past["occupation"]]) == (None, [0, 60])


async def test_nothing_is_said_of_nothing(api: Api) -> None:
    office = await office_at(api, NOW, taxis=0)
    found = await flotte(office, "2025-09-01")
    assert found["courses"] == NONE
    assert (found["tauxAcceptation"], found["minutesAvantAssignation"], found["depassementsSla"]) == (None, None, 0)
    assert (found["occupation"], charged(found)) == ([], {})


async def test_taxis_are_counted_as_they_stand(api: Api) -> None:
    office = await office_at(api, NOW, taxis=0)
    await office.equip(numero="2", statut=TaxiStatut.HORS_SERVICE)
    await office.equip(numero="1", statut=TaxiStatut.EN_COURSE)
    await office.keep(a_taxi(office.societe, numero="3", active=False))
    found = await flotte(office)
    assert found["taxis"] == {"disponible": 0, "enCourse": 1, "horsService": 1}
    assert [row["numero"] for row in found["occupation"]] == ["1", "2"]
    office.taxis[0] = a_taxi(office.societe, numero="0", active=False)
    await office.keep(office.taxis[0])
    await a_course(office, C.TERMINEE, NOW)
    assert [row["numero"] for row in (await flotte(office))["occupation"]] == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("fuseau", "day", "start", "hours"),
    [
        (PARIS, "2026-03-29", "2026-03-28T23:00", 23),
        (PARIS, "2026-10-25", "2026-10-24T22:00", 25),
        (ABIDJAN, "2026-03-29", "2026-03-29T00:00", 24),
        (ABIDJAN, "2026-10-25", "2026-10-25T00:00", 24),
    ],
)
async def test_day_has_its_own_length_when_the_clock_changes(
    api: Api, fuseau: str, day: str, start: str, hours: int
) -> None:
    begin = local(start, "UTC")
    end = begin + timedelta(hours=hours)
    office = await office_at(api, end - timedelta(minutes=1), fuseau=fuseau)
    half = timedelta(minutes=30)
    await a_course(office, C.ASSIGNEE, begin - half)  # half of it is the day before's
    await a_course(office, C.ASSIGNEE, begin + half)
    await a_course(office, C.ASSIGNEE, end - half)
    await a_course(office, C.ASSIGNEE, end, driver=1)
    found = await flotte(office)
    assert (found["date"], found["courses"]["total"]) == (day, 2)
    taken = found["occupation"][0]
    assert (taken["minutes"], taken["taux"]) == (120, round(120 / (hours * 60), 4))
    assert found["occupation"][1]["minutes"] == 0
    assert len(found["charge"]) == hours
    assert [row["courses"] for row in found["charge"]] == [1, *[0] * (hours - 2), 1]
    assert len(found["precedent"]["charge"]) == 24
    api.clock.at = end
    assert (await flotte(office))["date"] == (date.fromisoformat(day) + timedelta(days=1)).isoformat()


async def test_hour_that_is_shown_twice_has_two_rows(api: Api) -> None:
    office = await office_at(api, local("2026-10-25T12:00"), fuseau=PARIS)
    await office.commande(date_iso=local("2026-10-25T02:30"))
    await office.commande(date_iso=local("2026-10-25T02:30", fold=1))
    await office.commande(date_iso=local("2026-10-25T02:45", fold=1))
    assert [row["courses"] for row in (await flotte(office))["charge"] if row["heure"] == 2] == [1, 2]


async def test_figures_are_the_callers_own(api: Api) -> None:
    office = await office_at(api, NOW)
    other = await an_office(api)
    await done(other, NOW)
    await asked(other, D.ACCEPTEE, NOW)
    await reported(other, NOW)
    found = await flotte(office)
    assert (found["courses"], found["tauxAcceptation"], found["depassementsSla"]) == (NONE, None, 0)
    assert {row["taxiId"] for row in found["occupation"]} == {str(taxi.id) for taxi in office.taxis}
    await done(office, NOW, driver=1)
    await asked(office, D.ACCEPTEE, NOW, driver=1)
    assert ((await mine(office))["courses"], (await mine(office))["tauxAcceptation"]) == (0, None)


async def test_refused_for_the_other_role_and_for_what_is_no_day(api: Api) -> None:
    office = await office_at(api, NOW)
    refusal(await office.chauffeurs[0].get("/api/stats/flotte"), 403, "forbidden")
    refusal(await office.admin.get("/api/me/stats"), 403, "forbidden")
    refusal(await api.http.get("https://api.allonova.test/api/stats/flotte"), 401, "auth_required")
    for params in ({"date": "2026-02-30"}, {"date": "0"}, {"date": "1999-12-31"}, {"jour": "2026-01-01"}):
        details = refusal(await office.admin.get("/api/stats/flotte", **params), 422, "validation_error")
        assert paths(details) == list(params)
    for params in ({"period": "day"}, {"date": "2026-01-01"}):
        details = refusal(await office.chauffeurs[0].get("/api/me/stats", **params), 422, "validation_error")
        assert paths(details) == list(params)
    for edge in ("2000-01-01", "2200-12-31"):
        assert (await flotte(office, edge))["courses"] == NONE


async def test_day_that_never_was_is_empty(api: Api) -> None:
    office = await office_at(api, NOW, fuseau="Pacific/Apia")
    found = await flotte(office, "2011-12-30")  # Samoa went from the 29th to the 31st
    assert (found["charge"], [row["taux"] for row in found["occupation"]]) == ([], [0.0, 0.0])


async def test_chauffeur_sees_his_week_beside_the_one_before(api: Api) -> None:
    office = await office_at(api, local("2026-03-29T23:59"), fuseau=PARIS)
    for ended in ("2026-03-23T00:00", "2026-03-29T03:30", "2026-03-29T23:58"):
        await done(office, local(ended))
    for ended in ("2026-03-22T23:59:59", "2026-03-16T00:00", "2026-03-15T23:59:59"):
        await done(office, local(ended), minutes=50)
    await asked(office, D.ACCEPTEE, local("2026-03-23T00:00"))
    await asked(office, D.EXPIREE, local("2026-03-29T23:00"))
    await asked(office, D.REFUSEE, local("2026-03-22T23:59"))
    found = await mine(office)
    past = found.pop("precedent")
    assert (found["period"], found["du"], found["au"]) == ("week", "2026-03-23", "2026-03-29")
    assert (found["courses"], found["tauxAcceptation"], found["heures"]) == (3, 0.5, 1.5)
    assert [row["courses"] for row in found["jours"]] == [1, 0, 0, 0, 0, 0, 2]
    assert (past["du"], past["au"]) == ("2026-03-16", "2026-03-22")
    assert (past["courses"], past["tauxAcceptation"], past["heures"]) == (2, 0.0, 1.67)
    assert [(row["date"], row["courses"]) for row in past["jours"] if row["courses"]] == [
        ("2026-03-16", 1),
        ("2026-03-22", 1),
    ]


async def test_new_week_and_year_begin_at_the_companys_midnight(api: Api) -> None:
    office = await office_at(api, local("2026-10-25T23:59"), fuseau=PARIS)
    await done(office, local("2026-10-25T02:30", fold=1), minutes=120)
    assert ((await mine(office))["courses"], (await mine(office))["heures"]) == (1, 2.0)
    api.clock.at = local("2026-10-26T00:00")
    found = await mine(office)
    assert (found["du"], found["au"], found["courses"]) == ("2026-10-26", "2026-10-26", 0)
    assert found["precedent"]["courses"] == 1
    api.clock.at = local("2026-12-31T23:59:59")
    office.chauffeurs[0] = await enter(api, office.chauffeurs[0].user)
    assert (await mine(office, "year"))["du"] == "2026-01-01"
    api.clock.at = local("2027-01-01T00:00")
    assert ((await mine(office, "year"))["du"], (await mine(office, "month"))["du"]) == ("2027-01-01", "2027-01-01")
    assert (await mine(office, "week"))["du"] == "2026-12-28"
    assert (await mine(office, "year"))["precedent"]["courses"] == 1


@pytest.mark.parametrize(
    ("period", "days", "past"),
    [
        ("month", ("2026-03-01", "2026-03-04", 4), ("2026-02-01", "2026-02-28", 28)),
        ("year", ("2026-01-01", "2026-03-04", 63), ("2025-01-01", "2025-12-31", 365)),
    ],
)
async def test_every_day_has_a_row_and_counts_once(
    api: Api, period: str, days: tuple[str, str, int], past: tuple[str, str, int]
) -> None:
    office = await office_at(api, local("2026-03-04T12:00"), fuseau=PARIS)
    for ended in ("2026-03-01T12:00", "2026-02-28T12:00", "2026-02-01T12:00", "2025-12-31T23:30", "2026-01-01T00:30"):
        await done(office, local(ended))
    before = await mine(office, period)
    await api.run("weekly")
    found = await mine(office, period)
    assert found == before  # whether a week is kept or counted makes no difference
    was = found["precedent"]
    for figures, (first, last, count) in ((found, days), (was, past)):
        assert (figures["du"], figures["au"], len(figures["jours"])) == (first, last, count)
        assert figures["courses"] == sum(row["courses"] for row in figures["jours"])
    assert (found["courses"], was["courses"]) == ((1, 2) if period == "month" else (4, 1))


async def test_kept_week_is_shown_as_it_was_kept(api: Api) -> None:
    office = await office_at(api, local("2026-06-10T12:00"), fuseau=PARIS)
    await done(office, local("2026-06-04T12:00"))
    day = {"courses": 7, "proposees": 10, "acceptees": 9, "minutes": 200}
    week = Semaine(
        id=uuid4(),
        societe_id=office.societe.id,
        chauffeur_id=office.chauffeurs[0].id,
        debut=date(2026, 6, 1),
        jours={"2026-06-02": day},
        created_at=NOW,
        **day,
    )
    await office.keep(week)
    past = (await mine(office))["precedent"]
    assert (past["courses"], past["tauxAcceptation"], past["heures"]) == (7, 0.9, 3.33)
    assert [row["courses"] for row in past["jours"]] == [0, 7, 0, 0, 0, 0, 0]
