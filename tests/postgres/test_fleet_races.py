"""Taxis and clients that are given up while others count on them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass

import pytest

from allonova.adapters.local.bus import LocalBus
from allonova.adapters.postgres.runner import Connection
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.adapters.ws.frames import FrameChannels
from allonova.application.dispatch.cancel_commande import CancelDesk
from allonova.application.dispatch.card_desk import CardDesk
from allonova.application.dispatch.change_commande import ChangeCommande, CommandeChanges
from allonova.application.dispatch.change_taxi import ChangeTaxi
from allonova.application.dispatch.create_commande import CreateCommande
from allonova.application.dispatch.drive_desk import DriveDesk
from allonova.application.dispatch.move_desk import MoveDesk
from allonova.application.dispatch.notices import NoticeDesk
from allonova.application.dispatch.offer_desk import OfferDesk
from allonova.application.dispatch.order_desk import OrderDesk, OrderDraft
from allonova.application.dispatch.remove_client import RemoveClient
from allonova.application.dispatch.remove_taxi import RemoveTaxi
from allonova.application.dispatch.report_position import ReportPosition
from allonova.application.dispatch.taxi_desk import TaxiDesk
from allonova.application.dispatch.track_taxis import TaxiKeeper, TaxiScreen, TaxiTracks
from allonova.application.dispatch.trail import Trail
from allonova.application.kernel.idempotency import UNKEYED
from allonova.application.kernel.tracks import Tracks
from allonova.domain.dispatch.client import Client
from allonova.domain.dispatch.commande import Commande, CommandeStatut
from allonova.domain.dispatch.societe import Societe
from allonova.domain.dispatch.staff import Membre, StaffRole, StaffUser
from allonova.domain.dispatch.taxi import Position, Taxi, TaxiChange, TaxiStatut
from allonova.domain.kernel.errors import DomainError
from allonova.domain.kernel.geo import Point
from tests.support.factories import HOUR, NOW, NumberedIds, SetClock
from tests.support.nova import a_client, a_colleague, a_commande, a_societe, a_taxi

TURNS = [pytest.param(12), pytest.param(200, marks=pytest.mark.prove)]


@dataclass(slots=True)
class Depot:
    """A company with two dispatchers, on real connections."""

    units: PostgresUnits
    societe: Societe
    admins: list[StaffUser]
    cards: CardDesk
    clock: SetClock
    ids: NumberedIds

    @property
    def membres(self) -> list[Membre]:
        """The dispatchers."""
        return [Membre(admin.id, self.societe.id, StaffRole.ADMIN) for admin in self.admins]

    @property
    def taxis(self) -> TaxiDesk:
        """Where taxis are changed."""
        return TaxiDesk(self.clock, self.cards.offers, self.cards.trail)

    @property
    def moves(self) -> MoveDesk:
        """Where cards are moved."""
        return MoveDesk(self.clock, self.ids, self.cards)

    async def equip(self) -> tuple[Taxi, StaffUser]:
        """One more taxi with its chauffeur."""
        taxi = a_taxi(self.societe)
        chauffeur = a_colleague(self.societe, StaffRole.CHAUFFEUR, taxi_id=taxi.id)
        async with self.units.begin_for(self.societe.id) as unit:
            await unit.taxis.add(taxi)
            await unit.staff.add(chauffeur)
        return taxi, chauffeur

    async def enter(self, count: int) -> tuple[Client, list[Commande]]:
        """A client with cards in the pool, an hour apart."""
        client = a_client(self.societe)
        cards = [a_commande(self.societe, client, date_iso=NOW + 2 * n * HOUR) for n in range(1, count + 1)]
        async with self.units.begin_for(self.societe.id) as unit:
            await unit.clients.add(client)
            for card in cards:
                await unit.commandes.add(card)
        return client, cards

    def put(self, card: Commande, taxi: Taxi, *, confirm: bool) -> Awaitable[object]:
        """Drag a card there, or give it to the chauffeur at once."""
        changes: CommandeChanges = {"taxi_id": taxi.id}
        if confirm:
            changes["statut"] = CommandeStatut.ASSIGNEE
        drives, cancels = DriveDesk(self.clock, self.cards), CancelDesk(self.cards)
        change = ChangeCommande(self.units.begin_for, self.cards, self.moves, drives, cancels)
        return change(by=self.membres[0], commande_id=card.id, changes=changes, expected=None)

    def withdraw(self, taxi: Taxi, *, force: bool) -> Awaitable[object]:
        """Take it out of service."""
        change = ChangeTaxi(self.units.begin_for, self.clock, self.taxis)
        out = TaxiChange(statut=TaxiStatut.HORS_SERVICE)
        return change(by=self.membres[1], taxi_id=taxi.id, change=out, expected=None, force=force)

    def remove(self, taxi: Taxi) -> Awaitable[object]:
        """Give it up."""
        remove = RemoveTaxi(self.units.begin_for, self.clock, self.taxis)
        return remove(by=self.membres[1], taxi_id=taxi.id, expected=None, force=True)


@pytest.fixture
async def depot(units: PostgresUnits) -> Depot:
    clock, ids = SetClock(), NumberedIds()
    notices = NoticeDesk(clock, ids)
    cards = CardDesk(clock, OfferDesk(clock, ids, notices), notices, Trail(clock, ids))
    societe = a_societe()
    admins = [a_colleague(societe), a_colleague(societe)]
    async with units.begin_for(societe.id) as unit:
        await unit.societes.add(societe)
        for admin in admins:
            await unit.staff.add(admin)
    return Depot(units, societe, admins, cards, clock, ids)


async def settled(*deeds: Awaitable[object]) -> list[object]:
    """What came of deeds done at once; anything but a refusal of the domain is a failure."""
    found = await asyncio.gather(*deeds, return_exceptions=True)
    assert [each for each in found if isinstance(each, BaseException) and not isinstance(each, DomainError)] == []
    return list(found)


# Courses that a taxi counts on although it is out of service or given up, and none that a dispatcher has forced.
_BROKEN = """
SELECT count(*) FROM dispatch.taxis AS t WHERE (t.statut = 'hors-service' OR NOT t.active) AND (
    EXISTS (SELECT FROM dispatch.commandes AS c WHERE c.taxi_id = t.id AND c.statut IN ('assignee', 'en-cours'))
    OR EXISTS (SELECT FROM dispatch.demandes AS d WHERE d.taxi_id = t.id AND d.statut = 'proposee'))
"""


@pytest.mark.parametrize("turns", TURNS)
async def test_no_taxi_is_out_of_service_with_courses_before_it(depot: Depot, owner: Connection, turns: int) -> None:
    for turn in range(turns):
        taxi, _ = await depot.equip()
        _, cards = await depot.enter(3)
        await settled(depot.put(cards[0], taxi, confirm=turn % 2 == 0))
        await settled(
            depot.put(cards[1], taxi, confirm=turn % 3 == 0),
            depot.withdraw(taxi, force=turn % 4 < 3),
            depot.put(cards[2], taxi, confirm=turn % 3 == 1),
        )
        assert await owner.fetchval(_BROKEN) == 0, turn


@pytest.mark.parametrize("turns", TURNS)
async def test_no_course_stands_on_a_taxi_that_was_given_up(depot: Depot, owner: Connection, turns: int) -> None:
    for turn in range(turns):
        taxi, _ = await depot.equip()
        idle, chauffeur = await depot.equip()
        _, cards = await depot.enter(2)
        membre = Membre(chauffeur.id, depot.societe.id, StaffRole.CHAUFFEUR)
        keeper = TaxiKeeper(depot.units.begin_for)
        tracks: TaxiTracks = Tracks(TaxiScreen(FrameChannels(LocalBus(), depot.clock)), keeper)
        report = ReportPosition(depot.units.begin_for, depot.clock, depot.ids, tracks)
        where = Position(
            id=depot.ids.new(),
            societe_id=depot.societe.id,
            taxi_id=idle.id,
            chauffeur_id=chauffeur.id,
            point=Point(5.3, -4.0),
            at=depot.clock.now(),
        )
        await settled(
            depot.put(cards[0], taxi, confirm=turn % 2 == 0),
            depot.remove(taxi),
            *(report(by=membre, point=Point(5.3, -4.0)) for _ in range(3)),
            keeper.keep([(chauffeur.id, where)]),
            depot.remove(idle),
            depot.put(cards[1], taxi, confirm=False),
        )
        assert await owner.fetchval(_BROKEN) == 0, turn


@pytest.mark.parametrize("turns", TURNS)
async def test_client_is_kept_when_an_order_comes_at_the_same_moment(
    depot: Depot, owner: Connection, turns: int
) -> None:
    trail = depot.cards.trail
    orders = OrderDesk(depot.clock, depot.ids, depot.cards.notices, trail)
    create = CreateCommande(depot.units.begin_for, orders, depot.moves)
    remove = RemoveClient(depot.units.begin_for, depot.clock, trail)
    draft = OrderDraft(prise_en_charge="A", destination="B", date_iso=NOW + HOUR)
    for _ in range(turns):
        client, _ = await depot.enter(0)
        order, gone = await settled(
            create(
                by=depot.membres[0], client_id=client.id, draft=draft, taxi_id=None, force=False, motif=None,
                once=UNKEYED,
            ),
            remove(by=depot.membres[1], client_id=client.id, expected=None),
        )  # fmt: skip
        assert gone is None
        left = await owner.fetchval("SELECT active FROM dispatch.clients WHERE id = $1", client.id)
        ordered = await owner.fetchval("SELECT count(*) FROM dispatch.commandes WHERE client_id = $1", client.id)
        # He is gone, and the order was refused; or he is kept for it. One who was struck out first takes no order.
        assert (left, ordered, isinstance(order, DomainError)) in {(None, 0, True), (False, 1, False)}
