"""Offers that are answered, withdrawn and swept at once: real connections, true parallelism."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import asyncpg  # type: ignore[import-untyped]
import pytest

from allonova.adapters.postgres.dispatch.doors import PostgresDoors
from allonova.adapters.postgres.runner import Connection, Pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.dispatch.accept_demande import AcceptDemande
from allonova.application.dispatch.answer_desk import AnswerDesk
from allonova.application.dispatch.broadcast_commande import BroadcastCommande
from allonova.application.dispatch.cancel_commande import CancelCommande, CancelDesk
from allonova.application.dispatch.card_desk import CardDesk
from allonova.application.dispatch.change_commande import ChangeCommande
from allonova.application.dispatch.dispatch_commandes import DispatchCommandes
from allonova.application.dispatch.drive_desk import DriveDesk
from allonova.application.dispatch.expire_demandes import ExpireDemandes
from allonova.application.dispatch.move_desk import MoveDesk
from allonova.application.dispatch.notices import NoticeDesk
from allonova.application.dispatch.offer_desk import OfferDesk
from allonova.application.dispatch.refuse_demande import RefuseDemande
from allonova.application.dispatch.trail import Trail
from allonova.domain.dispatch.client import Client
from allonova.domain.dispatch.commande import Commande
from allonova.domain.dispatch.demande import Demande, DemandeStatut
from allonova.domain.dispatch.societe import Societe
from allonova.domain.dispatch.staff import Membre, StaffRole, StaffUser
from allonova.domain.dispatch.taxi import Position, Taxi
from allonova.domain.kernel.errors import DomainError
from allonova.domain.kernel.geo import Point
from tests.support.factories import HOUR, MINUTE, NOW, NumberedIds, SetClock, new_id
from tests.support.nova import a_client, a_colleague, a_commande, a_societe, a_taxi

ROUNDS = 5
IDS = NumberedIds()
ANSWER = timedelta(seconds=180)


@dataclass(slots=True)
class Stage:
    """A company on real connections, with all that is done to its offers."""

    units: PostgresUnits
    pool: Pool
    owner: Connection
    societe: Societe
    admin: StaffUser
    client: Client
    clock: SetClock = field(default_factory=SetClock)
    taxis: list[Taxi] = field(default_factory=list)
    chauffeurs: list[StaffUser] = field(default_factory=list)

    def answers(self, clock: SetClock | None = None) -> AnswerDesk:
        clock = clock or self.clock
        notices = NoticeDesk(clock, IDS)
        return AnswerDesk(clock, OfferDesk(clock, IDS, notices), notices, Trail(clock, IDS))

    def cards(self) -> CardDesk:
        desk = self.answers()
        return CardDesk(self.clock, desk.offers, desk.notices, desk.trail)

    def accept(self, demande: Demande) -> Awaitable[object]:
        use = AcceptDemande(self.units.begin_for, self.answers())
        return use(by=self.chauffeur(demande), demande_id=demande.id)

    def refuse(self, demande: Demande) -> Awaitable[object]:
        use = RefuseDemande(self.units.begin_for, self.answers())
        return use(by=self.chauffeur(demande), demande_id=demande.id, motif=None)

    def broadcast(self, commande: Commande) -> Awaitable[object]:
        return BroadcastCommande(self.units.begin_for, self.cards())(by=self.membre, commande_id=commande.id)

    def cancel(self, commande: Commande) -> Awaitable[object]:
        use = CancelCommande(self.units.begin_for, self.cards(), CancelDesk(self.cards()))
        return use(by=self.membre, commande_id=commande.id, motif=None)

    def move(self, commande: Commande, taxi: Taxi | None) -> Awaitable[object]:
        cards = self.cards()
        moves, drives = MoveDesk(self.clock, IDS, cards), DriveDesk(self.clock, cards)
        use = ChangeCommande(self.units.begin_for, cards, moves, drives, CancelDesk(cards))
        changes = {"taxi_id": None if taxi is None else taxi.id}
        return use(by=self.membre, commande_id=commande.id, changes=changes)  # type: ignore[arg-type]

    def sweep(self, clock: SetClock | None = None) -> Awaitable[object]:
        return ExpireDemandes(self.units.begin_for, PostgresDoors(self.pool), self.answers(clock))()

    def dispatch(self) -> Awaitable[object]:
        desk, doors = self.answers(), PostgresDoors(self.pool)
        return DispatchCommandes(self.units.begin_for, doors, self.clock, desk.offers, desk.notices, desk.trail)()

    @property
    def membre(self) -> Membre:
        return Membre(self.admin.id, self.societe.id, StaffRole.ADMIN)

    def chauffeur(self, demande: Demande) -> Membre:
        return Membre(demande.chauffeur_id, self.societe.id, StaffRole.CHAUFFEUR)

    async def equip(self, count: int) -> None:
        """More taxis, each with its chauffeur."""
        for _ in range(count):
            taxi = a_taxi(self.societe)
            self.taxis.append(taxi)
            self.chauffeurs.append(a_colleague(self.societe, StaffRole.CHAUFFEUR, taxi_id=taxi.id))
        async with self.units.begin_for(self.societe.id) as unit:
            for taxi, chauffeur in zip(self.taxis[-count:], self.chauffeurs[-count:], strict=True):
                await unit.taxis.add(taxi)
                await unit.staff.add(chauffeur)

    async def commande(self, **given: object) -> Commande:
        """One that waits."""
        commande = a_commande(self.societe, self.client, **given)
        async with self.units.begin_for(self.societe.id) as unit:
            await unit.commandes.add(commande)
        return commande

    async def proposed(self, commande: Commande, place: int = 0) -> Demande:
        """It is put to a chauffeur."""
        await self.move(commande, self.taxis[place])
        return (await self.open_of(commande))[0]

    async def open_of(self, *commandes: Commande) -> list[Demande]:
        """The open demandes of these commandes."""
        async with self.units.begin_for(self.societe.id) as unit:
            found = [each for commande in commandes for each in await unit.demandes.of_commande(commande.id)]
        return [each for each in found if each.statut is DemandeStatut.PROPOSEE]

    async def statuts(self, commande: Commande) -> tuple[str, Counter[str]]:
        """How it stands, and how its demandes do."""
        async with self.units.begin_for(self.societe.id) as unit:
            standing = await unit.commandes.get(commande.id)
            return standing.statut, Counter(each.statut.value for each in await unit.demandes.of_commande(commande.id))

    async def told(self) -> Counter[str]:
        """What the admin was told."""
        rows = await self.owner.fetch("SELECT type FROM dispatch.notifications WHERE user_id = $1", self.admin.id)
        return Counter(row["type"] for row in rows)

    async def faults(self) -> list[str]:
        """What must never be, whatever happened."""
        return [row["fault"] for row in await self.owner.fetch(_FAULTS)]


_FAULTS = """
SELECT 'two courses at once: ' || a.id AS fault FROM dispatch.commandes a JOIN dispatch.commandes b
    ON a.id < b.id AND (a.taxi_id = b.taxi_id OR a.chauffeur_id = b.chauffeur_id)
    AND a.date_iso < b.fin_iso AND b.date_iso < a.fin_iso
    AND a.statut IN ('assignee', 'en-cours') AND b.statut IN ('assignee', 'en-cours')
UNION ALL
SELECT 'assigned without a yes: ' || c.id FROM dispatch.commandes c
    WHERE c.statut = 'assignee' AND NOT EXISTS (
        SELECT FROM dispatch.demandes d WHERE d.commande_id = c.id AND d.statut = 'acceptee'
            AND d.chauffeur_id = c.chauffeur_id AND d.taxi_id = c.taxi_id)
UNION ALL
SELECT 'a yes for nothing: ' || c.id FROM dispatch.commandes c JOIN dispatch.demandes d ON d.commande_id = c.id
    WHERE d.statut = 'acceptee' AND c.statut IN ('en-attente', 'annulee')
UNION ALL
SELECT 'asked for nothing: ' || c.id FROM dispatch.commandes c JOIN dispatch.demandes d ON d.commande_id = c.id
    WHERE d.statut = 'proposee' AND c.statut <> 'en-attente'
UNION ALL
SELECT 'on a taxi that nobody asked: ' || c.id FROM dispatch.commandes c
    WHERE c.statut = 'en-attente' AND c.taxi_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM dispatch.demandes d
        WHERE d.commande_id = c.id AND d.statut = 'proposee' AND d.taxi_id = c.taxi_id)
"""


@pytest.fixture
async def stage(units: PostgresUnits, pool: Pool, owner: Connection) -> Stage:
    societe = a_societe(dispatch_auto=True)
    admin, client = a_colleague(societe), a_client(societe)
    async with units.begin_for(societe.id) as unit:
        await unit.societes.add(societe)
        await unit.staff.add(admin)
        await unit.clients.add(client)
    return Stage(units, pool, owner, societe, admin, client)


async def outcome(deed: Awaitable[object]) -> str:
    """`done`, or which refusal."""
    try:
        await deed
    except DomainError as error:
        return type(error).__name__
    return "done"


async def together(*deeds: Awaitable[object]) -> list[str]:
    """What became of deeds that were done at once."""
    return await asyncio.gather(*(outcome(deed) for deed in deeds))


@pytest.mark.parametrize("crowd", [30, pytest.param(200, marks=pytest.mark.prove)])
async def test_one_wins_when_all_accept_one_broadcast_at_once(stage: Stage, crowd: int) -> None:
    await stage.equip(crowd)
    for n in range(2):  # in the first round, connections still learn their statements and hardly meet
        commande = await stage.commande(date_iso=NOW + n * 24 * HOUR)
        await stage.broadcast(commande)
        demandes = await stage.open_of(commande)
        assert len(demandes) == crowd
        found = Counter(await together(*(stage.accept(demande) for demande in demandes)))
        assert found == {"done": 1, "DemandeOver": crowd - 1}
        assert await stage.statuts(commande) == ("assignee", Counter(acceptee=1, annulee=crowd - 1))
    assert await stage.told() == {"commande.assignee": 2}
    assert await stage.faults() == []


async def test_one_course_when_a_chauffeur_accepts_overlapping_ones_at_once(stage: Stage) -> None:
    await stage.equip(1)
    for n in range(ROUNDS):
        at = NOW + n * 24 * HOUR
        commandes = [await stage.commande(date_iso=at + k * 10 * MINUTE) for k in range(4)]
        demandes = [await asked_past_checks(stage, each) for each in commandes]
        found = Counter(await together(*(stage.accept(demande) for demande in demandes)))
        assert found == {"done": 1, "CommandeConflict": 3}
    assert await stage.faults() == []


async def asked_past_checks(stage: Stage, commande: Commande) -> Demande:
    """The first chauffeur is asked, though he is asked for another course of that hour already."""
    demande = Demande(
        id=new_id(),
        societe_id=stage.societe.id,
        commande_id=commande.id,
        chauffeur_id=stage.chauffeurs[0].id,
        taxi_id=stage.taxis[0].id,
        expire_at=NOW + ANSWER,
        created_at=NOW,
        updated_at=NOW,
    )
    async with stage.units.begin_for(stage.societe.id) as unit:
        commande = await unit.commandes.get(commande.id, lock=True)
        commande.taxi_id = stage.taxis[0].id
        await unit.commandes.save(commande)
        await unit.demandes.add(demande)
    return demande


async def test_nobody_drives_when_it_is_cancelled_while_he_accepts(stage: Stage) -> None:
    await stage.equip(1)
    for _ in range(ROUNDS):
        demande = await stage.proposed(commande := await stage.commande())
        accepted, cancelled = await together(stage.accept(demande), stage.cancel(commande))
        assert (accepted in ("done", "DemandeOver"), cancelled) == (True, "done")
        assert await stage.statuts(commande) == ("annulee", Counter(annulee=1))
    assert await stage.faults() == []


async def test_the_new_one_is_asked_when_it_is_moved_while_he_accepts(stage: Stage) -> None:
    await stage.equip(2)
    for _ in range(ROUNDS):
        demande = await stage.proposed(commande := await stage.commande())
        accepted, moved = await together(stage.accept(demande), stage.move(commande, stage.taxis[1]))
        assert (accepted in ("done", "DemandeOver"), moved) == (True, "done")
        assert await stage.statuts(commande) == ("en-attente", Counter(annulee=1, proposee=1))
        assert [each.taxi_id for each in await stage.open_of(commande)] == [stage.taxis[1].id]
        await stage.cancel(commande)
    assert await stage.faults() == []


async def test_either_when_it_is_swept_while_he_accepts(stage: Stage) -> None:
    await stage.equip(1)
    later = SetClock(NOW + ANSWER)
    for n in range(ROUNDS):
        commande = await stage.commande(date_iso=NOW + (n + 1) * 24 * HOUR)
        demande = await stage.proposed(commande)
        accepted, _ = await together(stage.accept(demande), stage.sweep(later))
        statut, demandes = await stage.statuts(commande)
        expected = {"done": ("assignee", {"acceptee": 1}), "DemandeOver": ("en-attente", {"expiree": 1})}
        assert (statut, demandes) == expected[accepted]
    assert await stage.faults() == []


async def test_each_is_given_back_once_when_three_sweep_at_once(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    await stage.equip(6)
    for n in range(1, 4):
        commandes = [await stage.commande() for _ in range(6)]
        for place, commande in enumerate(commandes):
            await stage.proposed(commande, place)
        stage.clock.advance(ANSWER)
        await asyncio.gather(stage.sweep(), stage.sweep(), stage.sweep())
        assert await stage.told() == {"demande.expiree": 6 * n}
        for commande in commandes:
            assert await stage.statuts(commande) == ("en-attente", Counter(expiree=1))
    lines = await stage.owner.fetchval("SELECT count(*) FROM dispatch.audit_log WHERE action = 'commande.rendue'")
    assert (lines, caplog.text) == (18, "")


async def test_each_is_offered_once_when_three_dispatch_at_once(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    await stage.equip(4)
    await seen(stage)
    for _ in range(ROUNDS):
        commandes = [await stage.commande(date_iso=NOW + 30 * MINUTE, auto_at=NOW) for _ in range(4)]
        await asyncio.gather(stage.dispatch(), stage.dispatch(), stage.dispatch())
        await stage.dispatch()  # where two wanted one chauffeur, the later run finds the next
        demandes = await stage.open_of(*commandes)
        assert len({each.chauffeur_id for each in demandes}) == len({each.commande_id for each in demandes}) == 4
        assert len(demandes) == 4
        for commande in commandes:
            await stage.cancel(commande)
    assert (await stage.faults(), caplog.text) == ([], "")


async def seen(stage: Stage) -> None:
    """Every taxi says where it is."""
    async with stage.units.begin_for(stage.societe.id) as unit:
        for n, (taxi, chauffeur) in enumerate(zip(stage.taxis, stage.chauffeurs, strict=True)):
            position = Position(
                id=new_id(),
                societe_id=stage.societe.id,
                taxi_id=taxi.id,
                chauffeur_id=chauffeur.id,
                point=Point(5.3 + n / 1000, -4.0),
                at=stage.clock.now(),
            )
            await unit.positions.record(position)


@pytest.mark.promise("jobs-are-rows")
async def test_nothing_is_half_done_when_the_sweeper_is_killed_in_the_middle(
    stage: Stage, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    await stage.equip(1)
    await stage.proposed(commande := await stage.commande())
    stage.clock.advance(ANSWER)
    async with held(stage.owner, stage.admin):
        sweeping = asyncio.ensure_future(stage.sweep())
        await killed_when_it_waits(database)
        assert await sweeping == 0
    assert "demandes not expired" in caplog.text
    assert await stage.statuts(commande) == ("en-attente", Counter(proposee=1))
    assert await stage.sweep() == 1
    assert await stage.statuts(commande) == ("en-attente", Counter(expiree=1))
    assert await stage.told() == {"demande.expiree": 1}


@asynccontextmanager
async def held(owner: Connection, reader: StaffUser) -> AsyncIterator[None]:
    """Nobody can tell him anything meanwhile: his row is locked."""
    async with owner.transaction():
        await owner.execute("SELECT FROM dispatch.users WHERE id = $1 FOR UPDATE", reader.id)
        yield


async def killed_when_it_waits(dsn: str) -> None:
    """End the connection that waits for a lock, as the death of its process would."""
    connection = await asyncpg.connect(dsn)
    async with asyncio.timeout(10):
        while not await connection.fetchval(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ):
            await asyncio.sleep(0.01)
    await connection.close()


async def test_others_are_swept_when_one_commande_fails(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    await stage.equip(3)
    commandes = [await stage.commande() for _ in range(3)]
    for place, commande in enumerate(commandes):
        await stage.proposed(commande, place)
    stage.clock.advance(ANSWER)
    rule = f"CHECK (statut <> 'expiree' OR commande_id <> '{commandes[1].id}')"
    await stage.owner.execute(f"ALTER TABLE dispatch.demandes ADD CONSTRAINT ck_broken {rule}")
    try:
        assert await stage.sweep() == 2
    finally:
        await stage.owner.execute("ALTER TABLE dispatch.demandes DROP CONSTRAINT ck_broken")
    found = [list((await stage.statuts(each))[1]) for each in commandes]
    assert found == [["expiree"], ["proposee"], ["expiree"]]
    assert caplog.text.count("demandes not expired") == 2  # again in the second round, which found nothing else
    assert await stage.sweep() == 1


@pytest.mark.parametrize("rounds", [4, pytest.param(100, marks=pytest.mark.prove)])
async def test_nothing_is_wrong_when_everything_happens_at_once(
    stage: Stage, rounds: int, caplog: pytest.LogCaptureFixture
) -> None:
    await stage.equip(4)
    chance = random.Random(4)
    commandes = [await stage.commande(date_iso=NOW + n * 20 * MINUTE, auto_at=NOW) for n in range(5)]
    done: Counter[str] = Counter()
    for _ in range(rounds):
        await seen(stage)
        deeds: list[Awaitable[object]] = [stage.sweep(), stage.dispatch()]
        for commande in commandes:
            deeds += [stage.broadcast(commande), stage.move(commande, chance.choice([*stage.taxis, None]))]
        for demande in await stage.open_of(*commandes):
            deeds.append(stage.accept(demande) if chance.random() < 0.7 else stage.refuse(demande))
        deeds.append(stage.cancel(dead := chance.choice(commandes)))
        chance.shuffle(deeds)
        done.update(await together(*deeds))
        assert await stage.faults() == []
        commandes.remove(dead)
        commandes.append(await stage.commande(date_iso=NOW + chance.randrange(100) * MINUTE, auto_at=NOW))
        stage.clock.advance(timedelta(seconds=chance.randrange(120)))
    refusals = {"DemandeOver", "CommandeConflict", "InvalidTransition", "NobodyFree"}
    assert set(done) <= {"done"} | refusals
    assert done["done"] > 5 * rounds
    assert caplog.text == ""
