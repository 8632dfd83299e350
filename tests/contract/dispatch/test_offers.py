"""What the automatic dispatch and a chauffeur's screens ask of their stores."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from allonova.adapters.memory.store import MemoryDatabase
from allonova.adapters.memory.unit import MemoryUnits
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.dispatch.screen_queries import TaxiNews
from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort
from allonova.domain.dispatch.client import Client
from allonova.domain.dispatch.commande import Commande, CommandeStatut
from allonova.domain.dispatch.demande import Demande, DemandeStatut
from allonova.domain.dispatch.societe import Societe
from allonova.domain.dispatch.staff import StaffRole, StaffUser
from allonova.domain.dispatch.taxi import Position, Taxi, TaxiStatut
from allonova.domain.kernel.geo import Point
from allonova.main.memory import memory_dispatch
from allonova.main.parts import Dispatch
from allonova.main.platforms import postgres_dispatch
from tests.support.factories import HOUR, MINUTE, NOW, SECOND, NumberedIds, SetClock, new_id
from tests.support.nova import a_client, a_colleague, a_commande, a_societe, a_taxi
from tests.support.postgres import wipe

ASSIGNEE, EN_COURS = CommandeStatut.ASSIGNEE, CommandeStatut.EN_COURS


@dataclass(slots=True)
class Company:
    """A company with two taxis and their chauffeurs on some store."""

    on: Dispatch
    societe: Societe
    client: Client
    taxis: list[Taxi]
    chauffeurs: list[StaffUser]

    def unit(self) -> Any:
        """A transaction of the company."""
        return self.on.begin_for(self.societe.id)

    async def commande(self, place: int | None = None, **given: Any) -> Commande:
        """One that waits, or one that a chauffeur has been given."""
        if place is not None:
            taxi, chauffeur = self.taxis[place], self.chauffeurs[place]
            given = {"statut": ASSIGNEE, "taxi_id": taxi.id, "chauffeur_id": chauffeur.id} | given
        commande = a_commande(self.societe, self.client, **given)
        async with self.unit() as unit:
            await unit.commandes.add(commande)
        return commande

    async def demande(self, commande: Commande, place: int = 0, **given: Any) -> Demande:
        """A chauffeur is asked."""
        fields: dict[str, Any] = {"expire_at": NOW + MINUTE, "created_at": NOW, "updated_at": NOW}
        demande = Demande(
            id=new_id(),
            societe_id=self.societe.id,
            commande_id=commande.id,
            chauffeur_id=self.chauffeurs[place].id,
            taxi_id=self.taxis[place].id,
            **fields | given,
        )
        async with self.unit() as unit:
            await unit.demandes.add(demande)
        return demande

    async def courses(self, *filters: Filter, now: Any = NOW, **query: Any) -> list[UUID]:
        """The first chauffeur's, by their ids."""
        wanted = ListQuery(filters=filters, sort=(Sort("dateISO"),), **query)
        page = await self.on.offers.courses(self.societe.id, self.chauffeurs[0].id, wanted, now=now)
        return [card.id for card in page.items]


@pytest.fixture
async def on(dsn: str | None) -> AsyncIterator[Dispatch]:
    """An empty store."""
    given: Any = {"subscribers": {}, "ids": NumberedIds(), "clock": SetClock(), "wake": lambda: None}
    if dsn is None:
        database = MemoryDatabase()
        yield memory_dispatch(database, MemoryUnits(database, **given))
        return
    async with await open_pool(dsn, max_size=2) as pool, await open_pool(dsn, max_size=1, role=None) as owner:
        await wipe(owner)
        yield postgres_dispatch(pool, PostgresUnits(pool, **given))


async def founded(on: Dispatch, **given: Any) -> Company:
    """A company of two."""
    societe = a_societe(**given)
    client, taxis = a_client(societe), [a_taxi(societe), a_taxi(societe)]
    chauffeurs = [a_colleague(societe, StaffRole.CHAUFFEUR, taxi_id=taxi.id) for taxi in taxis]
    async with on.begin_for(societe.id) as unit:
        await unit.societes.add(societe)
        await unit.clients.add(client)
        for taxi, chauffeur in zip(taxis, chauffeurs, strict=True):
            await unit.taxis.add(taxi)
            await unit.staff.add(chauffeur)
    return Company(on, societe, client, taxis, chauffeurs)


@pytest.fixture
async def company(on: Dispatch) -> Company:
    return await founded(on)


async def test_plans_are_courses_and_open_offers_that_touch_the_time(company: Company) -> None:
    at = NOW + 3 * HOUR
    kept = [await company.commande(0, date_iso=at), await company.commande(0, date_iso=at + HOUR, statut=EN_COURS)]
    await company.commande(0, date_iso=at + 2 * HOUR)  # begins where the time ends
    await company.commande(0, date_iso=at - HOUR)  # ends where it begins
    await company.commande(0, date_iso=at, statut=CommandeStatut.TERMINEE)
    await company.demande(asked := await company.commande(date_iso=at), 1)
    await company.demande(await company.commande(date_iso=at), 1, expire_at=NOW)
    await company.demande(await company.commande(date_iso=at), 1, statut=DemandeStatut.REFUSEE)
    one, two = (taxi.id for taxi in company.taxis)
    async with company.unit() as unit:
        found = await unit.commandes.plans_by_taxi([one, two, new_id()], start=at, end=at + 2 * HOUR, now=NOW)
        alone = await unit.commandes.plans(one, start=at, end=at + 2 * HOUR, now=NOW)
    assert {id: [plan.commande_id for plan in plans] for id, plans in found.items()} == {
        one: [each.id for each in kept],
        two: [asked.id],
    }
    assert alone == found[one]
    assert (alone[0].debut, alone[0].fin, alone[0].reference) == (at, at + HOUR, kept[0].reference)


async def test_promises_are_what_each_taxi_still_has_before_it(company: Company) -> None:
    at = NOW + 3 * HOUR
    given = await company.commande(0, date_iso=at)
    await company.commande(0, date_iso=at + HOUR, statut=EN_COURS)
    await company.commande(0, date_iso=at + 2 * HOUR, statut=CommandeStatut.TERMINEE)
    both = await company.commande(date_iso=at)
    await company.demande(both, 0)
    await company.demande(both, 1)
    await company.demande(await company.commande(date_iso=at), 1, expire_at=NOW)
    one, two, nobody = (*(taxi.id for taxi in company.taxis), new_id())
    async with company.unit() as unit:
        assert await unit.commandes.promised_to([one, two, nobody], now=NOW) == {
            one: {given.id, both.id},
            two: {both.id},
            nobody: set(),
        }
        locked = await unit.commandes.lock_all([both.id, new_id(), given.id])
        assert [each.id for each in locked] == sorted([given.id, both.id])


async def test_offers_are_of_each_commande_the_oldest_first(company: Company) -> None:
    commandes = [await company.commande() for _ in range(3)]
    second = await company.demande(commandes[0], 1, created_at=NOW + SECOND)
    first = await company.demande(commandes[0], 0)
    other = await company.demande(commandes[2], 0)
    async with company.unit() as unit:
        found = await unit.demandes.of_commandes([each.id for each in commandes])
        assert found[commandes[0].id] == await unit.demandes.of_commande(commandes[0].id)
    assert {id: [each.id for each in demandes] for id, demandes in found.items()} == {
        commandes[0].id: [first.id, second.id],
        commandes[2].id: [other.id],
    }


async def test_courses_are_the_taxis_and_the_chauffeurs_but_no_offers(company: Company) -> None:
    at = NOW + 3 * HOUR
    mine = await company.commande(0, date_iso=at)
    elsewhere = await company.commande(0, date_iso=at + HOUR, taxi_id=company.taxis[1].id)
    of_taxi = await company.commande(0, date_iso=at + 2 * HOUR, chauffeur_id=company.chauffeurs[1].id)
    await company.commande(1, date_iso=at)
    await company.demande(await company.commande(date_iso=at), 0)
    async with company.unit() as unit:
        found = await unit.commandes.courses_of(
            company.taxis[0].id, company.chauffeurs[0].id, start=at, end=at + 3 * HOUR
        )
    assert [plan.commande_id for plan in found] == [mine.id, elsewhere.id, of_taxi.id]


async def test_next_look_is_kept_and_the_version_stays(company: Company) -> None:
    commande = await company.commande(auto_at=NOW)
    assert [due.commande_id for due in await company.on.doors.to_dispatch(NOW, limit=5)] == [commande.id]
    for at in (NOW + MINUTE, None):
        async with company.unit() as unit:
            await unit.commandes.look_again(commande.id, at)
        async with company.unit() as unit:
            found = await unit.commandes.get(commande.id)
        assert (found.auto_at, found.version) == (at, 1)
        assert await company.on.doors.to_dispatch(NOW, limit=5) == []


async def test_last_asked_is_the_newest_demande_of_each(company: Company) -> None:
    for hours in (2, 1):
        at = NOW - hours * HOUR
        await company.demande(
            await company.commande(), statut=DemandeStatut.REFUSEE, created_at=at, expire_at=at, updated_at=at
        )
    one, two = (chauffeur.id for chauffeur in company.chauffeurs)
    async with company.unit() as unit:
        assert await unit.demandes.last_asked([one, two]) == {one: NOW - HOUR}
        assert await unit.demandes.last_asked([]) == {}


async def test_seen_are_available_taxis_with_a_chauffeur_and_a_fresh_position(company: Company) -> None:
    async with company.unit() as unit:
        for place, at in ((0, NOW), (1, NOW - SECOND)):
            taxi, chauffeur = company.taxis[place], company.chauffeurs[place]
            await unit.positions.record(
                Position(
                    id=new_id(),
                    societe_id=company.societe.id,
                    taxi_id=taxi.id,
                    chauffeur_id=chauffeur.id,
                    point=Point(5.3, -4.0),
                    at=at,
                )
            )
        one, two = (taxi.id for taxi in company.taxis)
        assert await unit.positions.seen(since=NOW - SECOND) == sorted([one, two])
        assert await unit.positions.seen(since=NOW) == [one]
        taxi = await unit.taxis.get(one)
        taxi.statut = TaxiStatut.EN_COURSE
        await unit.taxis.save(taxi)
        assert await unit.positions.seen(since=NOW - SECOND) == [two]


async def test_another_companys_rows_are_not_there(on: Dispatch, company: Company) -> None:
    other = await founded(on)
    course = await company.commande(0)
    await company.demande(await company.commande())
    taxi_id, chauffeur_id = company.taxis[0].id, company.chauffeurs[0].id
    start, end = NOW, NOW + 24 * HOUR
    async with other.unit() as unit:
        assert await unit.commandes.plans_by_taxi([taxi_id], start=start, end=end, now=NOW) == {}
        assert await unit.commandes.courses_of(taxi_id, chauffeur_id, start=start, end=end) == []
        assert await unit.demandes.last_asked([chauffeur_id]) == {}
    for read in (on.offers.courses, on.offers.demandes):
        assert (await read(other.societe.id, chauffeur_id, ListQuery(), now=NOW)).total == 0
        assert (await read(company.societe.id, chauffeur_id, ListQuery(), now=NOW)).total == 1
    assert course.taxi_id == taxi_id


async def test_day_is_the_companys_when_the_clock_changes(on: Dispatch) -> None:
    company = await founded(on, fuseau="Europe/Paris")
    day = date(2026, 3, 29)  # 23 hours: from 23:00 to 22:00 UTC
    begin = NOW.replace(year=2026, month=3, day=28, hour=23)
    at = [begin - MINUTE, begin, begin + 23 * HOUR - MINUTE, begin + 23 * HOUR]
    ids = [(await company.commande(0, date_iso=each, duree_minutes=1)).id for each in at]
    whole = (Filter("dateISO", Op.FROM_DAY, day), Filter("dateISO", Op.TO_DAY, day))
    assert await company.courses(*whole) == ids[1:3]
    for now in (begin, begin + 23 * HOUR - SECOND):
        assert await company.courses(Filter("aujourdhui", Op.EQ, now)) == ids[1:3]
    assert await company.courses(Filter("aujourdhui", Op.EQ, begin - SECOND)) == ids[:1]


async def test_courses_are_found_by_words_of_card_and_client(company: Company) -> None:
    one = await company.commande(0, prise_en_charge="Hôtel Ivoire, entrée 100 %", vol="AF702")
    two = await company.commande(0, date_iso=NOW + 9 * HOUR)
    expected = {
        "ivoire": [one.id],
        "HÔTEL ivo": [one.id],
        "af702": [one.id],
        "100 %": [one.id],
        "0_%": [],
        "en": [one.id],
        "tr": [],
        company.client.nom: [one.id, two.id],
    }
    for words, found in expected.items():
        assert await company.courses(Filter("q", Op.EQ, words)) == found, words


async def test_pages_hold_whole_cards_when_many_are_asked(company: Company) -> None:
    commandes = [await company.commande(0, date_iso=NOW + n * 2 * HOUR) for n in range(3)]
    for place in (0, 1):
        await company.demande(commandes[1], place)
    query: dict[str, Any] = {"page_size": 2}
    assert await company.courses(**query) == [each.id for each in commandes[:2]]
    assert await company.courses(**query, page=2) == [commandes[2].id]
    assert await company.courses(Filter("statut", Op.IN, (ASSIGNEE, EN_COURS))) == [each.id for each in commandes]
    assert await company.courses(Filter("statut", Op.EQ, EN_COURS)) == []


async def test_phone_is_shown_an_offer_without_what_others_are_asked(company: Company) -> None:
    """How the card looks to the first chauffeur, whatever became of his offer."""

    async def shown(commande: Commande, **given: Any) -> Any:
        demande = await company.demande(commande, **given)
        [view] = await company.on.screens.demandes(company.societe.id, [demande.id, new_id()], now=NOW)
        assert (view.id, view.chauffeur_id, view.commande.id) == (demande.id, company.chauffeurs[0].id, commande.id)
        return view

    alone = await shown(await company.commande(taxi_id=company.taxis[0].id))
    assert alone.commande.taxi_id == company.taxis[0].id
    assert (alone.commande.demande.id, alone.commande.diffusion) == (alone.id, None)
    broadcast = await company.commande()
    until = NOW + 2 * MINUTE
    await company.demande(broadcast, 1, expire_at=until)
    asked = await shown(broadcast)
    assert (asked.commande.demande, asked.commande.diffusion.demandes) == (None, 2)
    assert asked.commande.diffusion.expire_at == until
    refused = await company.commande()
    await company.demande(refused, 1)
    told = await shown(refused, statut=DemandeStatut.REFUSEE)
    assert (told.statut, told.commande.diffusion.demandes) == (DemandeStatut.REFUSEE, 1)
    anothers = await company.commande(taxi_id=company.taxis[1].id)
    await company.demande(anothers, 1)
    late = await company.commande(1, date_iso=NOW + 9 * HOUR)
    for commande in (anothers, late):
        hidden = (await shown(commande, statut=DemandeStatut.EXPIREE)).commande
        assert (hidden.taxi_id, hidden.taxi, hidden.chauffeur_id, hidden.demande) == (None, None, None, None)
        assert (hidden.diffusion, hidden.actions) == (None, ())


async def test_screens_see_their_own_company_alone(on: Dispatch) -> None:
    ours, theirs = await founded(on), await founded(on)
    commande = await theirs.commande()
    demande = await theirs.demande(commande)
    screens, us = on.screens, ours.societe.id
    assert await screens.card(us, commande.id, by=None, now=NOW) is None
    assert await screens.demandes(us, [demande.id], now=NOW) == []
    assert (await screens.taxi(us, theirs.taxis[0].id, by=theirs.chauffeurs[0].id)) == TaxiNews(taxi=None, par=None)
    assert await screens.staff(us, theirs.chauffeurs[0].id) is None
    assert not await screens.has_commande(us, commande.id)
    own = [(driver.id, taxi.id) for driver, taxi in zip(ours.chauffeurs, ours.taxis, strict=True)]
    assert {id: driving.taxi_id for id, driving in (await screens.driving(us)).items()} == dict(own)
