"""Both adapters find the same figures, waits and weeks in the same rows."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from allonova.adapters.memory.store import MemoryDatabase
from allonova.adapters.memory.unit import MemoryUnits
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.domain.dispatch.calendrier import days, jour
from allonova.domain.dispatch.client import Client
from allonova.domain.dispatch.commande import Commande, CommandeStatut
from allonova.domain.dispatch.demande import Demande, DemandeStatut
from allonova.domain.dispatch.intervention import Intervention, InterventionType
from allonova.domain.dispatch.semaine import Semaine
from allonova.domain.dispatch.societe import Societe
from allonova.domain.dispatch.staff import StaffRole, StaffUser
from allonova.domain.dispatch.taxi import Taxi
from allonova.domain.kernel.errors import NotFound
from allonova.main.memory import memory_dispatch
from allonova.main.parts import Dispatch
from allonova.main.platforms import postgres_dispatch
from tests.support.factories import HOUR, MINUTE, NumberedIds, SetClock, new_id
from tests.support.nova import a_client, a_colleague, a_commande, a_societe, a_taxi
from tests.support.postgres import wipe

PARIS = "Europe/Paris"
SPRING = datetime.fromisoformat("2026-03-29T01:00Z")  # when clocks are put forward in Paris
STAND = (CommandeStatut.ASSIGNEE, CommandeStatut.EN_COURS, CommandeStatut.TERMINEE, CommandeStatut.ANNULEE)
MONDAY = date(2026, 3, 23)


def memory() -> Dispatch:
    """An empty store."""
    database = MemoryDatabase()
    units = MemoryUnits(database, subscribers={}, ids=NumberedIds(), clock=SetClock(), wake=lambda _: None)
    return memory_dispatch(database, units)


@pytest.fixture
async def postgres(database: str) -> AsyncIterator[Dispatch]:
    """An empty database."""
    async with await open_pool(database, max_size=2) as pool, await open_pool(database, max_size=1, role=None) as owner:
        await wipe(owner)
        units = PostgresUnits(pool, subscribers={}, ids=NumberedIds(), clock=SetClock(), wake=lambda _: None)
        yield postgres_dispatch(pool, units)


@pytest.fixture(params=["memory", "postgres"])
def on(request: pytest.FixtureRequest) -> Dispatch:
    """Either."""
    found: Dispatch = memory() if request.param == "memory" else request.getfixturevalue("postgres")
    return found


@dataclass(frozen=True, slots=True)
class Firm:
    """A company and all that it has, not kept anywhere yet."""

    societe: Societe
    taxis: list[Taxi]
    chauffeurs: list[StaffUser]
    client: Client

    async def keep(self, on: Dispatch, *things: Any) -> None:
        """Put the company and more of its things into a store."""
        async with on.begin_for(self.societe.id) as unit:
            await unit.societes.add(self.societe)
            await unit.clients.add(self.client)
            for taxi in self.taxis:
                await unit.taxis.add(taxi)
            for chauffeur in self.chauffeurs:
                await unit.staff.add(chauffeur)
            stores = {Commande: unit.commandes, Demande: unit.demandes, Intervention: unit.interventions}
            for thing in things:
                await stores[type(thing)].add(thing)


def a_firm(**given: Any) -> Firm:
    """With two taxis and their chauffeurs."""
    societe = a_societe(fuseau=PARIS, **given)
    taxis = [a_taxi(societe) for _ in range(2)]
    drivers = [a_colleague(societe, StaffRole.CHAUFFEUR, taxi_id=taxi.id) for taxi in taxis]
    return Firm(societe, taxis, drivers, a_client(societe))


def near(chance: random.Random) -> datetime:
    """An instant of the week around the change, often at the edge of a day."""
    if chance.random() < 0.4:
        day = jour(SPRING.date() + timedelta(days=chance.randint(-3, 3)), PARIS).span
        return day.debut + chance.choice([-MINUTE / 60, timedelta(), MINUTE / 60])
    return SPRING + chance.randint(-4_000, 4_000) * MINUTE


def a_past(firm: Firm, chance: random.Random) -> list[Any]:
    """Courses, demandes and interventions of a week."""
    things: list[Any] = []
    for _ in range(60):
        index = chance.randint(0, 1)
        begin, ended, asked = near(chance), near(chance), near(chance)
        fields: dict[str, Any] = {"date_iso": begin, "en_attente_depuis": near(chance), "assignee_at": near(chance)}
        fields |= {"duree_minutes": chance.randint(1, 1440), "chevauchement_force": True}
        if chance.random() < 0.7:
            fields |= {"statut": chance.choice(STAND), "terminee_at": ended, "commencee_at": ended - 20 * MINUTE}
            fields |= {"taxi_id": firm.taxis[index].id, "chauffeur_id": firm.chauffeurs[index].id}
        elif chance.random() < 0.5:
            fields["sla_signale_at"] = ended
        course = a_commande(firm.societe, firm.client, **fields)
        demande = Demande(
            id=new_id(), societe_id=firm.societe.id, commande_id=course.id, chauffeur_id=firm.chauffeurs[index].id,
            taxi_id=firm.taxis[index].id, statut=chance.choice(list(DemandeStatut)),
            expire_at=asked, repondue_at=chance.choice([asked, None]), created_at=asked, updated_at=asked,
        )  # fmt: skip
        intervention = Intervention(
            id=new_id(), societe_id=firm.societe.id, commande_id=course.id, type=InterventionType.PRISE_EN_CHARGE,
            titre="T", description="D", attente_depuis=chance.choice([asked, None]),
            created_at=near(chance), updated_at=asked,
        )  # fmt: skip
        things += [course, demande, intervention]
    return things


@pytest.mark.parametrize("seed", range(2))
async def test_same_is_found_in_the_same_rows(postgres: Dispatch, seed: int) -> None:
    chance, firm, other = random.Random(seed), a_firm(), a_firm()
    kept, noise, here = a_past(firm, chance), a_past(other, chance), memory()
    for on in (here, postgres):
        await firm.keep(on, *kept)
        await other.keep(on, *noise)
    week = [jour(day, PARIS) for day in days(MONDAY, MONDAY + timedelta(days=9))]
    spans, id = [each.span for each in week], firm.societe.id
    ours, theirs = await here.stats.day_facts(id, spans), await postgres.stats.day_facts(id, spans)
    assert [(f.acceptees, f.repondues, f.depassements) for f in ours] == [
        (f.acceptees, f.repondues, f.depassements) for f in theirs
    ]
    assert [sorted(map(repr, f.courses)) for f in ours] == [sorted(map(repr, f.courses)) for f in theirs]
    assert sum(f.repondues for f in ours) > 10
    for one in (None, firm.chauffeurs[0].id):
        found = await here.stats.activity(id, week, chauffeur_id=one)
        assert found == await postgres.stats.activity(id, week, chauffeur_id=one)
        assert sum(each.courses for each in found) > 5
    for _ in range(10):
        now = near(chance) + 3 * HOUR
        late = await here.doors.waiting_too_long(now, limit=500)
        assert set(late) == set(await postgres.doors.waiting_too_long(now, limit=500))
        assert {due.commande_id for due in late} == {
            each.id
            for each in (*kept, *noise)
            if isinstance(each, Commande) and each.has_waited_too_long(firm.societe.longest_wait, now)
        }


async def test_company_is_named_with_its_clock_and_taxis(on: Dispatch) -> None:
    firm, other = a_firm(), a_firm()
    for each in (firm, other):
        await each.keep(on)
    fleet = await on.stats.fleet(firm.societe.id)
    assert fleet.fuseau == PARIS
    assert {(taxi.id, taxi.numero) for taxi in fleet.taxis} == {(taxi.id, taxi.numero) for taxi in firm.taxis}
    for nobody in (on.stats.fleet(new_id()), on.stats.kept_weeks(new_id(), new_id(), since=MONDAY)):
        with pytest.raises(NotFound):
            await nobody


def a_week(firm: Firm, debut: date, index: int = 0, **given: int) -> Semaine:
    """A chauffeur's."""
    day = {"courses": 1, "proposees": 2, "acceptees": 1, "minutes": 30} | given
    return Semaine(
        id=new_id(), societe_id=firm.societe.id, chauffeur_id=firm.chauffeurs[index].id, debut=debut,
        jours={debut.isoformat(): day}, created_at=SPRING, **day,
    )  # fmt: skip


async def test_weeks_are_kept_once_and_found_in_order(on: Dispatch) -> None:
    firm, other = a_firm(), a_firm()
    for each in (firm, other):
        await each.keep(on)
    weeks = [a_week(firm, MONDAY + n * timedelta(weeks=1)) for n in range(3)]
    async with on.begin_for(firm.societe.id) as unit:
        assert await unit.semaines.add_missing(weeks[::-1]) == 3
        assert await unit.semaines.add_missing([a_week(firm, MONDAY, courses=9), a_week(firm, MONDAY, 1)]) == 1
        assert await unit.semaines.have(MONDAY) == {chauffeur.id for chauffeur in firm.chauffeurs}
    found = await on.stats.kept_weeks(firm.societe.id, firm.chauffeurs[0].id, since=weeks[1].debut)
    assert (found.fuseau, list(found.semaines)) == (PARIS, weeks[1:])
    assert (await on.stats.kept_weeks(firm.societe.id, firm.chauffeurs[1].id, since=weeks[1].debut)).semaines == ()
    zones = {zone.societe_id: zone.semaine for zone in await on.doors.zones()}
    assert zones == {firm.societe.id: weeks[2].debut, other.societe.id: None}


async def test_mark_of_a_wait_leaves_the_version(on: Dispatch) -> None:
    firm = a_firm()
    commande = a_commande(firm.societe, firm.client)
    await firm.keep(on, commande)
    async with on.begin_for(firm.societe.id) as unit:
        card = await unit.commandes.get(commande.id, lock=True)
        await unit.commandes.mark_wait(card, at=SPRING)
        assert card == await unit.commandes.get(commande.id)
        assert (card.sla_signale_at, card.version) == (SPRING, 1)
        await unit.commandes.save(card)
    async with on.begin_for(firm.societe.id) as unit:
        assert ((await unit.commandes.get(commande.id)).sla_signale_at, card.version) == (SPRING, 2)
