"""Taxis, clients, positions, devices: what their stores and lists promise."""

from __future__ import annotations

import itertools
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from allonova.adapters.memory.store import MemoryDatabase
from allonova.adapters.memory.unit import MemoryUnits
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort
from allonova.application.kernel.ports import Lane
from allonova.domain.dispatch.client import Client
from allonova.domain.dispatch.commande import CommandeStatut
from allonova.domain.dispatch.demande import Demande
from allonova.domain.dispatch.deplacement import Deplacement
from allonova.domain.dispatch.device import StaffDevice
from allonova.domain.dispatch.intervention import Intervention, InterventionType
from allonova.domain.dispatch.recherche import folded, matches
from allonova.domain.dispatch.societe import Societe
from allonova.domain.dispatch.staff import StaffRole, StaffUser
from allonova.domain.dispatch.taxi import FRESH, Driving, NumeroTaken, PlaqueTaken, Position, Taxi, TaxiStatut
from allonova.domain.identity.device import PushPlatform
from allonova.domain.kernel.errors import AlreadyExists
from allonova.domain.kernel.geo import Point
from allonova.main.memory import memory_dispatch
from allonova.main.parts import Dispatch
from allonova.main.platforms import postgres_dispatch
from tests.support.factories import HOUR, MINUTE, NOW, SECOND, NumberedIds, SetClock, new_id
from tests.support.nova import a_client, a_colleague, a_commande, a_societe, a_taxi
from tests.support.postgres import wipe

PLATEAU = Point(5.3204, -4.0161)
_numbers = itertools.count(1)


@dataclass(slots=True)
class Fleet:
    """A company on some store."""

    on: Dispatch
    societe: Societe
    taxis: list[Taxi] = field(default_factory=list)
    chauffeurs: list[StaffUser] = field(default_factory=list)

    def unit(self) -> Any:
        """A transaction of the company."""
        return self.on.begin_for(self.societe.id)

    async def equip(self, *, is_driven: bool = True, **given: Any) -> Taxi:
        """One more taxi, with its chauffeur unless it has none."""
        taxi = a_taxi(self.societe, **given)
        async with self.unit() as unit:
            await unit.taxis.add(taxi)
            if is_driven:
                self.chauffeurs.append(a_colleague(self.societe, StaffRole.CHAUFFEUR, taxi_id=taxi.id))
                await unit.staff.add(self.chauffeurs[-1])
        self.taxis.append(taxi)
        return taxi

    async def place(self, taxi: Taxi, point: Point, **given: Any) -> None:
        """Say where it is."""
        fields: dict[str, Any] = {
            "id": new_id(), "societe_id": self.societe.id, "taxi_id": taxi.id,
            "chauffeur_id": self.chauffeurs[0].id, "point": point, "at": NOW,
        }  # fmt: skip
        async with self.unit() as unit:
            await unit.positions.record(Position(**fields | given))

    async def nearest(self, *, limit: int = 100) -> list[UUID]:
        """Taxis by their distance from the Plateau."""
        async with self.unit() as unit:
            found: list[UUID] = await unit.positions.nearest(PLATEAU, seen_since=NOW - FRESH, limit=limit)
            return found

    async def within(self, radius_m: float) -> list[UUID]:
        """Taxis around the Plateau."""
        async with self.unit() as unit:
            found: list[UUID] = await unit.positions.within(PLATEAU, radius_m=radius_m, seen_since=NOW - FRESH)
            return found

    async def seen_at(self, taxi: Taxi) -> Any:
        """The taxi's place, as it is shown."""
        view = await self.on.fleet.taxi(self.societe.id, taxi.id)
        assert view is not None
        return view.position


@pytest.fixture
async def dispatch(dsn: str | None) -> AsyncIterator[Dispatch]:
    """NOVA's stores and queries, empty."""
    clock, ids = SetClock(), NumberedIds()
    if dsn is None:
        memory = MemoryDatabase()
        yield memory_dispatch(memory, MemoryUnits(memory, subscribers={}, ids=ids, clock=clock, wake=_nobody))
        return
    async with await open_pool(dsn, max_size=4) as pool, await open_pool(dsn, max_size=1, role=None) as owner:
        await wipe(owner)
        yield postgres_dispatch(pool, PostgresUnits(pool, subscribers={}, ids=ids, clock=clock, wake=_nobody))


def _nobody(lanes: frozenset[Lane]) -> None:
    """Nobody is woken."""


async def founded(dispatch: Dispatch) -> Fleet:
    """A company without anything."""
    fleet = Fleet(dispatch, a_societe())
    async with fleet.unit() as unit:
        await unit.societes.add(fleet.societe)
    return fleet


@pytest.fixture
async def fleet(dispatch: Dispatch) -> Fleet:
    return await founded(dispatch)


async def test_nearest_are_those_that_the_domain_measures(fleet: Fleet) -> None:
    dice = random.Random(7)
    far: dict[UUID, float] = {}
    for _ in range(25):
        taxi = await fleet.equip()
        point = Point(PLATEAU.lat + dice.uniform(-0.3, 0.3), PLATEAU.lon + dice.uniform(-0.3, 0.3))
        await fleet.place(taxi, point)
        far[taxi.id] = PLATEAU.distance_m(point)
    ranked = sorted(far, key=far.__getitem__)
    found = await fleet.nearest()
    # The sphere and the ellipsoid differ by at most 0.6 %: two taxis may change places only within that.
    assert set(found) == set(ranked)
    assert all(far[one] <= far[other] * 1.012 for one, other in itertools.pairwise(found))
    assert await fleet.nearest(limit=4) == found[:4]
    for radius_m in (5_000, 15_000, 30_000):
        inside = await fleet.within(radius_m)
        assert {id for id, metres in far.items() if metres < radius_m * 0.994} <= set(inside)
        assert set(inside) <= {id for id, metres in far.items() if metres < radius_m * 1.006}
        assert inside == found[: len(inside)]


async def test_taxi_is_not_near_when_it_is_not_free(fleet: Fleet) -> None:
    free = await fleet.equip()
    others = [
        await fleet.equip(statut=TaxiStatut.EN_COURSE),
        await fleet.equip(statut=TaxiStatut.HORS_SERVICE),
        await fleet.equip(active=False),
        await fleet.equip(is_driven=False),
    ]
    left = a_taxi(fleet.societe)
    async with fleet.unit() as unit:
        await unit.taxis.add(left)
        await unit.staff.add(a_colleague(fleet.societe, StaffRole.CHAUFFEUR, taxi_id=left.id, active=False))
    for taxi in (free, left, *others):
        await fleet.place(taxi, PLATEAU)
    late = await fleet.equip()
    await fleet.place(late, PLATEAU, at=NOW - FRESH - SECOND)
    edge = await fleet.equip()
    await fleet.place(edge, Point(PLATEAU.lat + 0.001, PLATEAU.lon), at=NOW - FRESH)
    await fleet.equip()  # never seen
    assert await fleet.nearest() == await fleet.within(1_000) == [free.id, edge.id]


async def test_taxi_is_not_near_when_it_is_another_companys(dispatch: Dispatch) -> None:
    mine, theirs = await founded(dispatch), await founded(dispatch)
    for each in (mine, theirs):
        await each.place(await each.equip(), PLATEAU)
    assert await mine.nearest() == [mine.taxis[0].id]
    assert await theirs.within(10) == [theirs.taxis[0].id]


async def test_newest_place_wins_when_an_older_one_comes_late(fleet: Fleet) -> None:
    taxi = await fleet.equip()
    await fleet.place(taxi, PLATEAU, at=NOW)
    await fleet.place(taxi, Point(6, -5), at=NOW - SECOND)
    assert (await fleet.seen_at(taxi)).lat == PLATEAU.lat
    await fleet.place(taxi, Point(7, -5), at=NOW)
    assert (await fleet.seen_at(taxi)).lat == 7


@pytest.mark.parametrize("statut", list(TaxiStatut))
async def test_report_is_kept_unless_the_taxi_is_out_of_service(fleet: Fleet, statut: TaxiStatut) -> None:
    taxi = await fleet.equip(statut=statut)
    async with fleet.unit() as unit:
        own = await unit.positions.report(new_id(), fleet.chauffeurs[0].id, PLATEAU, at=NOW)
    assert own == Driving(taxi_id=taxi.id, statut=statut)
    seen = await fleet.seen_at(taxi)
    assert (seen is None) is (statut is TaxiStatut.HORS_SERVICE)


async def test_report_is_nobodys_when_there_is_no_taxi(fleet: Fleet) -> None:
    gone = await fleet.equip(active=False)
    admin, resting = a_colleague(fleet.societe), a_colleague(fleet.societe, StaffRole.CHAUFFEUR, active=False)
    resting.taxi_id = (await fleet.equip()).id
    async with fleet.unit() as unit:
        await unit.staff.add(admin)
        await unit.staff.add(resting)
        for id in (fleet.chauffeurs[0].id, admin.id, resting.id, new_id()):
            assert await unit.positions.report(new_id(), id, PLATEAU, at=NOW) is None
    assert await fleet.seen_at(gone) is None


async def test_report_keeps_the_newest_when_it_comes_late(fleet: Fleet) -> None:
    taxi = await fleet.equip()
    async with fleet.unit() as unit:
        await unit.positions.report(new_id(), fleet.chauffeurs[0].id, PLATEAU, at=NOW)
        await unit.positions.report(new_id(), fleet.chauffeurs[0].id, Point(6, -5), at=NOW - SECOND)
    assert (await fleet.seen_at(taxi)).at == NOW


async def test_reports_are_kept_once_when_they_come_together(fleet: Fleet) -> None:
    moving, still, resting, passed_on = [await fleet.equip() for _ in range(4)]
    drivers = fleet.chauffeurs
    async with fleet.unit() as unit:
        away = await unit.taxis.get(resting.id)
        away.statut = TaxiStatut.HORS_SERVICE
        await unit.taxis.save(away)

    def at(taxi: Taxi, driver: int, point: Point, **given: Any) -> Position:
        fields: dict[str, Any] = {"id": new_id(), "societe_id": fleet.societe.id, "at": NOW} | given
        return Position(taxi_id=taxi.id, chauffeur_id=drivers[driver].id, point=point, **fields)

    told = [
        at(moving, 0, PLATEAU),
        at(still, 1, Point(6, -5), at=NOW - SECOND),
        at(resting, 2, PLATEAU),
        at(passed_on, 0, PLATEAU),  # another's by now
    ]
    for batch in (told, told, [at(still, 1, PLATEAU, at=NOW - MINUTE)], []):
        async with fleet.unit() as unit:
            await unit.positions.report_all(batch)
    assert (await fleet.seen_at(moving)).lat == PLATEAU.lat
    assert (await fleet.seen_at(still)).lat == 6
    assert [await fleet.seen_at(taxi) for taxi in (resting, passed_on)] == [None, None]
    assert await fleet.on.doors.forget_positions(NOW + SECOND, limit=100) == 3


async def test_old_places_go_first_and_so_many_at_once(dispatch: Dispatch) -> None:
    mine, theirs = await founded(dispatch), await founded(dispatch)
    for each in (mine, theirs):
        taxi = await each.equip()
        for hours in range(3):
            await each.place(taxi, PLATEAU, at=NOW - hours * HOUR)
    last = await theirs.equip()
    await theirs.place(last, PLATEAU, at=NOW - 9 * HOUR)
    assert await dispatch.doors.forget_positions(NOW, limit=3) == 3
    assert await theirs.seen_at(last) is None
    assert await dispatch.doors.forget_positions(NOW, limit=3) == 2
    assert await dispatch.doors.forget_positions(NOW, limit=3) == 0
    assert (await mine.seen_at(mine.taxis[0])).at == NOW


async def planted(fleet: Fleet, kind: str, taxi: Taxi, client: Client) -> None:
    """Something that names a taxi, a commande in its pool."""
    commande = a_commande(fleet.societe, client)
    if kind == "commande":
        commande = replace(commande, taxi_id=taxi.id, statut=CommandeStatut.ANNULEE)
    common: dict[str, Any] = {"id": new_id(), "societe_id": fleet.societe.id, "created_at": NOW}
    async with fleet.unit() as unit:
        await unit.commandes.add(commande)
        if kind == "demande":
            given: dict[str, Any] = {
                "commande_id": commande.id,
                "chauffeur_id": fleet.chauffeurs[0].id,
                "taxi_id": taxi.id,
            }
            await unit.demandes.add(Demande(**common, **given, expire_at=NOW, updated_at=NOW))
        if kind == "deplacement":
            move: dict[str, Any] = {"commande_id": commande.id, "user_id": fleet.chauffeurs[0].id, "taxi_id": taxi.id}
            move |= {"chauffeur_id": None, "chevauchement_force": False, "version_after": 2}
            moved: dict[str, Any] = {"statut": CommandeStatut.EN_ATTENTE, "date_iso": NOW, "duree_minutes": 60}
            await unit.deplacements.add(Deplacement(**common, **move, **moved))
        if kind == "intervention":
            words: dict[str, Any] = {"type": InterventionType.PANNE, "titre": "T", "description": "D"}
            await unit.interventions.add(Intervention(**common, **words, taxi_id=taxi.id, updated_at=NOW))


@pytest.mark.parametrize("kind", ["nothing", "commande", "demande", "deplacement", "intervention"])
async def test_taxi_has_history_when_something_names_it(fleet: Fleet, kind: str) -> None:
    taxi, client = await fleet.equip(), a_client(fleet.societe)
    async with fleet.unit() as unit:
        await unit.clients.add(client)
        assert await unit.clients.has_history(client.id) is False
    await planted(fleet, kind, taxi, client)
    async with fleet.unit() as unit:
        assert await unit.taxis.has_history(taxi.id) is (kind != "nothing")
        assert await unit.clients.has_history(client.id) is True


async def test_nothing_names_a_taxi_when_it_is_gone(fleet: Fleet) -> None:
    taxi, client = await fleet.equip(), a_client(fleet.societe)
    await fleet.place(taxi, PLATEAU)
    async with fleet.unit() as unit:
        await unit.clients.add(client)
        await unit.taxis.remove(taxi)
        await unit.clients.remove(client)
    async with fleet.unit() as unit:
        former = await unit.staff.get(fleet.chauffeurs[0].id)
        assert (former.taxi_id, former.version) == (None, 2)
    assert await fleet.on.fleet.taxi(fleet.societe.id, taxi.id) is None
    assert await fleet.on.fleet.client(fleet.societe.id, client.id) is None
    assert await fleet.nearest() == []


async def test_plate_and_number_are_free_when_their_taxi_is_given_up(fleet: Fleet) -> None:
    taxi = await fleet.equip(numero="T1", plaque="aa  11")
    for given, refused in (({"numero": "T1"}, NumeroTaken), ({"plaque": "Aa 11"}, PlaqueTaken)):
        with pytest.raises(refused):
            await add(fleet, a_taxi(fleet.societe, **given))
    async with fleet.unit() as unit:
        taxi.active = False
        await unit.taxis.save(taxi)
        await unit.taxis.add(a_taxi(fleet.societe, numero="T1", plaque="AA 11"))


def a_device(fleet: Fleet, token_hash: str) -> StaffDevice:
    """The first chauffeur's phone."""
    return StaffDevice(
        id=new_id(),
        societe_id=fleet.societe.id,
        user_id=fleet.chauffeurs[0].id,
        platform=PushPlatform.IOS,
        token="sealed",
        token_hash=token_hash,
        created_at=NOW,
        updated_at=NOW,
    )


async def add(fleet: Fleet, *things: Taxi | StaffDevice) -> None:
    """Keep them in a unit of their own."""
    async with fleet.unit() as unit:
        for thing in things:
            await (unit.taxis if isinstance(thing, Taxi) else unit.staff_devices).add(thing)


async def test_token_is_given_up_when_another_company_has_it(dispatch: Dispatch) -> None:
    mine, theirs = await founded(dispatch), await founded(dispatch)
    for each in (mine, theirs):
        await each.equip()
    await add(theirs, a_device(theirs, "hash"), a_device(theirs, "other"))
    with pytest.raises(AlreadyExists):
        await add(mine, a_device(mine, "hash"))
    async with mine.unit() as unit:
        assert await unit.staff_devices.find(token_hash="hash") is None
        await unit.staff_devices.give_up("hash")
        await unit.staff_devices.add(a_device(mine, "hash"))
    async with theirs.unit() as unit:
        assert [device.token_hash for device in await unit.staff_devices.of_user(theirs.chauffeurs[0].id)] == ["other"]


async def give_up_in_vain(fleet: Fleet) -> None:
    """Give a token up in a unit that fails."""
    async with fleet.unit() as unit:
        await unit.staff_devices.give_up("hash")
        raise ZeroDivisionError


async def test_giving_up_is_undone_when_the_unit_is(fleet: Fleet) -> None:
    await fleet.equip()
    await add(fleet, a_device(fleet, "hash"))
    with pytest.raises(ZeroDivisionError):
        await give_up_in_vain(fleet)
    async with fleet.unit() as unit:
        assert len(await unit.staff_devices.of_user(fleet.chauffeurs[0].id)) == 1


WORDS = ["Hôtel", "Ivoire", "œuvre", "50%", "a_b", "back\\slash", "Straße", "d'Été", "ÉTÉ", "x", "l’Étoile", "NV-2026"]


async def test_search_finds_what_the_domain_matches(fleet: Fleet) -> None:
    dice = random.Random(11)
    clients = [a_client(fleet.societe, nom=" ".join(dice.choices(WORDS, k=3)), contact_email=None) for _ in range(40)]
    taxis = [a_taxi(fleet.societe, vignette=" ".join(dice.choices(WORDS, k=2))) for _ in range(20)]
    async with fleet.unit() as unit:
        for client in clients:
            await unit.clients.add(client)
        for taxi in taxis:
            await unit.taxis.add(taxi)
    texts = [client.recherche for client in clients]
    cuts = {text[start : start + size] for text in texts[:8] for start in (0, 3, 7) for size in (1, 2, 3)}
    for q in sorted({*cuts, *WORDS, "%", "_", "\\", "%%", "%a%", "é", "oe", "ss"} - {"", " "}):
        query = ListQuery((Filter("q", Op.EQ, q),), page_size=100)
        found = (await fleet.on.fleet.clients(fleet.societe.id, query)).items
        assert {view.id for view in found} == {each.id for each in clients if matches(each.recherche, q)}, q
        shown = (await fleet.on.fleet.taxis(fleet.societe.id, query)).items
        assert {view.id for view in shown} == {each.id for each in taxis if matches(each.recherche, q)}, q


async def test_names_are_ordered_without_case_and_accents(fleet: Fleet) -> None:
    async with fleet.unit() as unit:
        for nom in ("Zoé", "été", "Eve", "abc", "ÉTAT", "Abd"):
            await unit.clients.add(a_client(fleet.societe, nom=nom))
    for descending in (False, True):
        query = ListQuery(sort=(Sort("nom", descending=descending),), page_size=4)
        pages = [await fleet.on.fleet.clients(fleet.societe.id, replace(query, page=page)) for page in (1, 2)]
        found = [view.nom for page in pages for view in page.items]
        assert found == sorted(found, key=folded, reverse=descending)
        assert [page.total for page in pages] == [6, 6]


async def test_queries_see_one_company(dispatch: Dispatch) -> None:
    mine, theirs = await founded(dispatch), await founded(dispatch)
    for each in (mine, theirs):
        await each.equip()
        async with each.unit() as unit:
            await unit.clients.add(a_client(each.societe, nom="Même nom"))
            await unit.staff_devices.add(a_device(each, f"hash{next(_numbers)}"))
    everything = ListQuery((Filter("q", Op.EQ, "meme nom"),))
    (client,) = (await dispatch.fleet.clients(mine.societe.id, everything)).items
    assert await dispatch.fleet.client(theirs.societe.id, client.id) is None
    assert [taxi.id for taxi in (await dispatch.fleet.taxis(mine.societe.id, ListQuery())).items] == [mine.taxis[0].id]
    assert await dispatch.fleet.taxi(theirs.societe.id, mine.taxis[0].id) is None
    assert await dispatch.fleet.taxi_detail(theirs.societe.id, mine.taxis[0].id, now=NOW) is None
    strange = await dispatch.fleet.devices(theirs.societe.id, mine.chauffeurs[0].id, ListQuery())
    assert (list(strange.items), strange.total) == ([], 0)


async def test_taxi_shows_its_day_with_the_changes_of_its_unit(fleet: Fleet) -> None:
    taxi, client = await fleet.equip(), a_client(fleet.societe)
    async with fleet.unit() as unit:
        await unit.clients.add(client)
        given: dict[str, Any] = {"taxi_id": taxi.id, "chauffeur_id": fleet.chauffeurs[0].id}
        for hours in (3, 1, 26):
            at = NOW + timedelta(hours=hours)
            assigned = a_commande(fleet.societe, client, date_iso=at, statut=CommandeStatut.ASSIGNEE, **given)
            await unit.commandes.add(assigned)
        detail = await unit.fleet.taxi_detail(fleet.societe.id, taxi.id, now=NOW)
        assert [course.date_iso for course in detail.courses_du_jour] == [NOW + HOUR, NOW + 3 * HOUR]
        taxi.numero = "neu"
        await unit.taxis.save(taxi)
        assert (await unit.fleet.taxi(fleet.societe.id, taxi.id)).numero == "neu"
