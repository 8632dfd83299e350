"""Colleagues who change the same things at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass

import pytest

from allonova.adapters.crypto.secrets import ServerSecrets
from allonova.adapters.crypto.tokens import JoseTokens
from allonova.adapters.http.fields import read_phone
from allonova.adapters.postgres.runner import Connection
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.dispatch.cancel_commande import CancelDesk
from allonova.application.dispatch.card_desk import CardDesk
from allonova.application.dispatch.change_commande import ChangeCommande, CommandeChanges
from allonova.application.dispatch.change_staff_user import ChangeStaffUser
from allonova.application.dispatch.drive_desk import DriveDesk
from allonova.application.dispatch.invitations import InvitationDesk
from allonova.application.dispatch.move_desk import MoveDesk
from allonova.application.dispatch.notices import NoticeDesk
from allonova.application.dispatch.offer_desk import OfferDesk
from allonova.application.dispatch.remove_staff_user import RemoveStaffUser
from allonova.application.dispatch.staff_accounts import AccountDesk
from allonova.application.dispatch.staff_changes import StaffLocks
from allonova.application.dispatch.staff_taxis import TaxiHandover
from allonova.application.dispatch.trail import Trail
from allonova.application.identity.open_session import SessionDesk
from allonova.application.identity.send_link import LinkDesk
from allonova.domain.dispatch.commande import Commande, CommandeStatut
from allonova.domain.dispatch.societe import Societe
from allonova.domain.dispatch.staff import Membre, StaffChange, StaffRole, StaffUser
from allonova.domain.kernel.errors import DomainError
from tests.support.factories import NumberedIds, SetClock
from tests.support.nova import a_client, a_colleague, a_commande, a_societe, a_taxi

ROUNDS = [pytest.param(4), pytest.param(60, marks=pytest.mark.prove)]


@dataclass(frozen=True, slots=True)
class Bureau:
    """The use cases on real connections."""

    units: PostgresUnits
    change: ChangeStaffUser
    remove: RemoveStaffUser
    move: ChangeCommande

    async def ordered(self, societe: Societe) -> Commande:
        """A card in the pool."""
        client = a_client(societe)
        card = a_commande(societe, client)
        async with self.units.begin_for(societe.id) as unit:
            await unit.clients.add(client)
            await unit.commandes.add(card)
        return card

    async def staffed(self, *roles: StaffRole) -> tuple[Societe, list[StaffUser]]:
        """A company with such people, each chauffeur with a taxi of his own."""
        societe, people = a_societe(), []
        async with self.units.begin_for(societe.id) as unit:
            await unit.societes.add(societe)
            for role in roles:
                person = a_colleague(societe, role)
                if role is StaffRole.CHAUFFEUR:
                    taxi = a_taxi(societe)
                    await unit.taxis.add(taxi)
                    person.taxi_id = taxi.id
                await unit.staff.add(person)
                people.append(person)
        return societe, people

    async def people(self, societe: Societe) -> list[StaffUser]:
        """Who is active there now."""
        async with self.units.begin_for(societe.id) as unit:
            return [*await unit.staff.active_admins(), *await unit.staff.drivers()]


@pytest.fixture
def bureau(units: PostgresUnits) -> Bureau:
    clock, ids = SetClock(), NumberedIds()
    keys = {"one": "a-secret-of-at-least-thirty-two-letters"}
    secrets = ServerSecrets(keys, "one")
    trail = Trail(clock, ids)
    sessions = SessionDesk(clock, ids, secrets, JoseTokens(keys, "one", issuer="test", clock=clock))
    accounts = AccountDesk(clock, sessions, trail)
    invitations = InvitationDesk(clock, LinkDesk(clock, ids, secrets), holds=False)
    notices = NoticeDesk(clock, ids)
    offers = OfferDesk(clock, ids, notices)
    locks = StaffLocks(TaxiHandover(clock, offers, trail))
    begin_for = units.begin_for
    cards = CardDesk(clock, offers, notices, trail)
    moves, drives, cancels = MoveDesk(clock, ids, cards), DriveDesk(clock, cards), CancelDesk(cards)
    return Bureau(
        units,
        ChangeStaffUser(begin_for, accounts, invitations, locks, read_phone),
        RemoveStaffUser(begin_for, accounts, locks),
        ChangeCommande(begin_for, cards, moves, drives, cancels),
    )


def membre(user: StaffUser) -> Membre:
    """As use cases know him."""
    return Membre(user.id, user.societe_id, user.role)


async def outcome(deed: Awaitable[object]) -> str:
    """`done`, or the code of the refusal; anything else is an error of ours."""
    try:
        await deed
    except DomainError as error:
        return error.code
    return "done"


@pytest.mark.parametrize("rounds", ROUNDS)
async def test_one_admin_stays_when_all_take_each_others_rights(bureau: Bureau, rounds: int) -> None:
    for n in range(rounds):
        societe, admins = await bureau.staffed(*[StaffRole.ADMIN] * 4)
        deeds: list[Awaitable[object]] = []
        for by, victim in zip(admins, [*admins[1:], admins[0]], strict=True):
            if n % 2:
                deeds.append(bureau.remove(by=membre(by), user_id=victim.id, force=False))
            else:
                change = StaffChange(role=StaffRole.CHAUFFEUR)
                deeds.append(bureau.change(by=membre(by), user_id=victim.id, change=change, force=False))
        said = Counter(await asyncio.gather(*map(outcome, deeds)))
        left = [user for user in await bureau.people(societe) if user.is_admin]
        assert len(left) == 4 - said["done"] >= 1
        assert set(said) <= {"done", "auth_required"}


@pytest.mark.parametrize("rounds", ROUNDS)
async def test_each_taxi_has_one_chauffeur_when_they_are_swapped_in_a_ring(bureau: Bureau, rounds: int) -> None:
    for _ in range(rounds):
        roles = [StaffRole.ADMIN, *[StaffRole.CHAUFFEUR] * 4]
        societe, (admin, *drivers) = await bureau.staffed(*roles)
        taxis = [driver.taxi_id for driver in drivers]
        deeds = [
            bureau.change(by=membre(admin), user_id=driver.id, change=StaffChange(taxi_id=taxi), force=False)
            for driver, taxi in zip(drivers * 2, [*taxis[1:], taxis[0], *taxis[2:], *taxis[:2]], strict=True)
        ]
        said = Counter(await asyncio.gather(*map(outcome, deeds)))
        assert set(said) <= {"done", "conflict"}
        assert said["done"] >= 1
        driven = [user.taxi_id for user in await bureau.people(societe) if user.taxi_id is not None]
        assert len(driven) == len(set(driven))


# Courses and open offers of somebody who does not drive that taxi.
_ORPHANS = """
SELECT count(*) FROM (
    SELECT taxi_id, chauffeur_id FROM dispatch.commandes WHERE statut = 'assignee'
    UNION ALL SELECT taxi_id, chauffeur_id FROM dispatch.demandes WHERE statut = 'proposee'
) AS promised
WHERE NOT EXISTS (
    SELECT FROM dispatch.users AS u WHERE u.id = promised.chauffeur_id AND u.taxi_id = promised.taxi_id AND u.active
)
"""


@pytest.mark.parametrize("rounds", ROUNDS)
async def test_no_course_stays_with_a_chauffeur_who_lost_his_taxi(
    bureau: Bureau, owner: Connection, rounds: int
) -> None:
    for n in range(rounds * 2):
        societe, (admin, koffi, ali) = await bureau.staffed(StaffRole.ADMIN, *[StaffRole.CHAUFFEUR] * 2)
        card, by = await bureau.ordered(societe), membre(admin)
        changes: CommandeChanges = {"taxi_id": koffi.taxi_id}
        if n % 2:
            changes["statut"] = CommandeStatut.ASSIGNEE
        said = await asyncio.gather(
            outcome(bureau.move(by=by, commande_id=card.id, changes=changes, expected=None)),
            outcome(bureau.change(by=by, user_id=ali.id, change=StaffChange(taxi_id=koffi.taxi_id), force=n % 4 < 2)),
        )
        assert set(said) <= {"done", "conflict"}
        assert await owner.fetchval(_ORPHANS) == 0
