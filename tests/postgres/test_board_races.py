"""Dispatchers who drag cards at the same moment."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import combinations

import pytest

from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.dispatch.cancel_commande import CancelDesk
from allonova.application.dispatch.card_desk import CardDesk
from allonova.application.dispatch.change_commande import ChangeCommande, CommandeChanges
from allonova.application.dispatch.drive_desk import DriveDesk
from allonova.application.dispatch.move_desk import MoveDesk
from allonova.application.dispatch.notices import NoticeDesk
from allonova.application.dispatch.offer_desk import OfferDesk
from allonova.application.dispatch.trail import Trail
from allonova.application.dispatch.views import CommandeView
from allonova.domain.dispatch.client import Client
from allonova.domain.dispatch.commande import Commande, CommandeStatut
from allonova.domain.dispatch.conflits import CommandeConflict
from allonova.domain.dispatch.demande import DemandeStatut
from allonova.domain.dispatch.societe import Societe
from allonova.domain.dispatch.staff import Membre, StaffRole, StaffUser
from allonova.domain.dispatch.taxi import Taxi
from allonova.domain.kernel.errors import DomainError, PreconditionFailed
from tests.support.factories import NOW, NumberedIds, SetClock
from tests.support.nova import a_client, a_colleague, a_commande, a_societe, a_taxi

SOON = NOW + timedelta(hours=2)


@dataclass(slots=True)
class Board:
    """A company with two dispatchers, on real connections."""

    units: PostgresUnits
    societe: Societe
    admins: list[StaffUser]
    client: Client
    change: ChangeCommande
    taxis: list[Taxi] = field(default_factory=list)

    def membre(self, index: int) -> Membre:
        """A dispatcher."""
        return Membre(self.admins[index].id, self.societe.id, StaffRole.ADMIN)

    async def equip(self, count: int) -> None:
        """More taxis, each with its chauffeur."""
        async with self.units.begin_for(self.societe.id) as unit:
            for _ in range(count):
                taxi = a_taxi(self.societe)
                await unit.taxis.add(taxi)
                await unit.staff.add(a_colleague(self.societe, StaffRole.CHAUFFEUR, taxi_id=taxi.id))
                self.taxis.append(taxi)

    async def enter(self, count: int) -> list[Commande]:
        """Cards for the same hour, in the pool."""
        cards = [a_commande(self.societe, self.client, date_iso=SOON) for _ in range(count)]
        async with self.units.begin_for(self.societe.id) as unit:
            for card in cards:
                await unit.commandes.add(card)
        return cards

    async def put(
        self, card: Commande, taxi: Taxi | None, *, by: int = 0, version: int | None = None, confirm: bool = False
    ) -> CommandeView:
        """Drag a card."""
        changes: CommandeChanges = {"taxi_id": None if taxi is None else taxi.id}
        if confirm:
            changes["statut"] = CommandeStatut.ASSIGNEE
        return await self.change(by=self.membre(by), commande_id=card.id, changes=changes, expected=version)


@pytest.fixture
async def board(units: PostgresUnits) -> Board:
    clock, ids = SetClock(), NumberedIds()
    notices = NoticeDesk(clock, ids)
    offers = OfferDesk(clock, ids, notices)
    cards = CardDesk(clock, offers, notices, Trail(clock, ids))
    change = ChangeCommande(
        units.begin_for, cards, MoveDesk(clock, ids, cards), DriveDesk(clock, cards), CancelDesk(cards)
    )
    societe = a_societe()
    admins, client = [a_colleague(societe), a_colleague(societe)], a_client(societe)
    async with units.begin_for(societe.id) as unit:
        await unit.societes.add(societe)
        for admin in admins:
            await unit.staff.add(admin)
        await unit.clients.add(client)
    return Board(units, societe, admins, client, change)


async def outcomes(*deeds: Awaitable[object]) -> list[object]:
    """What came of deeds done at once; anything but a refusal of the domain is a failure."""
    found = await asyncio.gather(*deeds, return_exceptions=True)
    strange = [each for each in found if isinstance(each, BaseException) and not isinstance(each, DomainError)]
    assert strange == []
    return list(found)


@pytest.mark.promise("lost-updates")
async def test_one_of_two_dispatchers_wins_each_of_100_times_and_the_other_gets_the_current_card(board: Board) -> None:
    await board.equip(3)
    (card,) = await board.enter(1)
    view: CommandeView | None = None
    for _ in range(100):
        version = card.version if view is None else view.version
        here = None if view is None else view.taxi_id
        left, right = [taxi for taxi in board.taxis if taxi.id != here][:2]
        answers = await outcomes(
            board.put(card, left, by=0, version=version), board.put(card, right, by=1, version=version)
        )
        won = [answer for answer in answers if isinstance(answer, CommandeView)]
        lost = [answer for answer in answers if isinstance(answer, PreconditionFailed)]
        assert (len(won), len(lost)) == (1, 1)
        view = won[0]
        assert lost[0].current == view
        assert view.version == version + 1


async def test_one_of_two_cards_of_an_hour_is_put_to_a_taxi_when_both_are_dragged_there_at_once(board: Board) -> None:
    await board.equip(1)
    for turn in range(10):
        cards = await board.enter(6)
        answers = await outcomes(*(board.put(card, board.taxis[0], by=index % 2) for index, card in enumerate(cards)))
        kinds = Counter(type(answer) for answer in answers)
        assert kinds == {CommandeView: 1, CommandeConflict: 5}, turn
        await outcomes(*(board.put(card, None) for card in cards))


async def test_no_taxi_has_two_courses_at_once_when_many_drag_and_confirm_in_any_order(board: Board) -> None:
    await board.equip(3)
    cards, dice = await board.enter(6), random.Random(4)
    for _ in range(6):
        deeds = [
            board.put(
                dice.choice(cards), dice.choice([*board.taxis, None]), by=dice.randrange(2), confirm=turn % 3 == 0
            )
            for turn in range(12)
        ]
        await outcomes(*deeds)
        async with board.units.begin_for(board.societe.id) as unit:
            now = [await unit.commandes.get(card.id) for card in cards]
            offers = [await unit.demandes.of_commande(card.id) for card in cards]
        driven = [card for card in now if card.statut is CommandeStatut.ASSIGNEE]
        assert not [1 for one, other in combinations(driven, 2) if one.taxi_id == other.taxi_id]
        for card, demandes in zip(now, offers, strict=True):
            standing = Counter(demande.statut for demande in demandes)
            assert standing[DemandeStatut.ACCEPTEE] == (card.statut is CommandeStatut.ASSIGNEE)
            assert standing[DemandeStatut.PROPOSEE] == (
                card.statut is CommandeStatut.EN_ATTENTE and card.taxi_id is not None
            )
