"""Demo data of NOVA: a taxi company with its dispatcher, four chauffeurs, clients, and a day on the board."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from allonova.application.dispatch.order_desk import OrderDesk, OrderDraft
from allonova.application.dispatch.ports import DispatchUnit, Doors
from allonova.application.identity.ports import PasswordHasher
from allonova.application.kernel.ports import BeginFor, Clock, Ids
from allonova.domain.dispatch.calendrier import local_day, midnight
from allonova.domain.dispatch.client import Client, ClientType
from allonova.domain.dispatch.commande import Source
from allonova.domain.dispatch.societe import Societe
from allonova.domain.dispatch.staff import StaffRole, StaffUser
from allonova.domain.dispatch.taxi import Taxi
from allonova.domain.kernel.geo import Point
from allonova.main.seed import DEMO_PASSWORD

SLUG = "nova-demo"
ADMIN = "admin@nova.demo.test"
CHAUFFEUR = "chauffeur{number}@nova.demo.test"
FUSEAU = "Europe/Paris"
NAMES = ("Michel Arnaud", "Sophie Lambert", "Karim Haddad", "Julie Moreau")
CLIENTS = (
    (ClientType.HOTEL, "Hôtel Lutetia", "concierge@lutetia.demo.test", "45 boulevard Raspail, Paris"),
    (ClientType.HOPITAL, "Hôpital Necker", "transports@necker.demo.test", "149 rue de Sèvres, Paris"),
    (ClientType.ENTREPRISE, "Studio Vauban", "office@vauban.demo.test", "3 place Vauban, Paris"),
    (ClientType.PARTICULIER, "Claire Petit", "claire.petit@demo.test", "12 rue des Martyrs, Paris"),
)
GARE_DE_LYON = (Point(48.8443, 2.3743), "Gare de Lyon, Paris")
ORLY = (Point(48.7262, 2.3652), "Aéroport d’Orly, terminal 3")
RASPAIL = (Point(48.8510, 2.3272), "45 boulevard Raspail, Paris")
ROISSY = (Point(49.0097, 2.5479), "Aéroport Charles-de-Gaulle, 2E")
# Client, from, to, hours from tomorrow's eight o'clock, flight.
ORDERS = (
    (0, RASPAIL, ROISSY, 0, "AF 006"),
    (1, RASPAIL, GARE_DE_LYON, 1, None),
    (2, GARE_DE_LYON, ORLY, 3, "AF 7406"),
    (3, ORLY, RASPAIL, 5, "TO 3120"),
    (0, ROISSY, RASPAIL, 8, "AF 1681"),
)


@dataclass(frozen=True, slots=True)
class NovaDemo:
    """All that is put in, made before the unit opens: passwords take their time."""

    societe: Societe
    staff: list[StaffUser]
    taxis: list[Taxi]
    clients: list[Client]
    orders: list[tuple[Client, OrderDraft]]


async def seed_nova(
    begin_for: BeginFor[DispatchUnit],
    doors: Doors,
    orders: OrderDesk,
    *,
    clock: Clock,
    ids: Ids,
    hasher: PasswordHasher,
) -> bool:
    """Put the demo company in. False when it was there already."""
    if not await doors.is_slug_free(SLUG):
        return False
    demo = await _demo(clock.now(), ids, hasher)
    async with begin_for(demo.societe.id) as unit:
        await unit.societes.add(demo.societe)
        for taxi in demo.taxis:
            await unit.taxis.add(taxi)
        for user in demo.staff:
            await unit.staff.add(user)
        for client in demo.clients:
            await unit.clients.add(client)
        for client, draft in demo.orders:
            await orders.place(unit, demo.societe, client, draft, source=Source.ADMIN)
    return True


async def _demo(now: datetime, ids: Ids, hasher: PasswordHasher) -> NovaDemo:
    societe = Societe(
        id=ids.new(),
        nom="NOVA Démo",
        slug=SLUG,
        siret="12345678900011",
        adresse="10 rue de Rivoli, Paris",
        telephone="+33140000000",
        email="bonjour@nova.demo.test",
        pays="FR",
        fuseau=FUSEAU,
        created_at=now,
        updated_at=now,
    )
    password = await hasher.hash(DEMO_PASSWORD)
    admin = _user(ids, societe, email=ADMIN, name="Nadia Benali", role=StaffRole.ADMIN)
    taxis, staff = [], [admin]
    for number, name in enumerate(NAMES, 1):
        taxi = Taxi(
            id=ids.new(),
            societe_id=societe.id,
            numero=f"T{number}",
            plaque=f"NV-{100 + number}-DM",
            vignette=f"75-{4000 + number}",
            created_at=now,
            updated_at=now,
        )
        chauffeur = _user(ids, societe, email=CHAUFFEUR.format(number=number), name=name, role=StaffRole.CHAUFFEUR)
        chauffeur.taxi_id = taxi.id
        taxis.append(taxi)
        staff.append(chauffeur)
    for user in staff:
        user.password_hash = password
    clients = [_client(ids, societe, kind, *facts) for kind, *facts in CLIENTS]
    return NovaDemo(societe, staff, taxis, clients, _orders(clients, now))


def _user(ids: Ids, societe: Societe, *, email: str, name: str, role: StaffRole) -> StaffUser:
    return StaffUser(
        id=ids.new(),
        societe_id=societe.id,
        email=email,
        role=role,
        name=name,
        email_confirmed_at=societe.created_at,
        created_at=societe.created_at,
        updated_at=societe.created_at,
    )


def _client(ids: Ids, societe: Societe, kind: ClientType, nom: str, email: str, adresse: str) -> Client:
    return Client(
        id=ids.new(),
        societe_id=societe.id,
        type=kind,
        nom=nom,
        contact_email=email,
        adresse=adresse,
        created_at=societe.created_at,
        updated_at=societe.created_at,
    )


def _orders(clients: list[Client], now: datetime) -> list[tuple[Client, OrderDraft]]:
    eight = midnight(local_day(now, FUSEAU) + timedelta(days=1), FUSEAU) + timedelta(hours=8)
    return [
        (
            clients[who],
            OrderDraft(
                prise_en_charge=origin[1],
                prise_en_charge_point=origin[0],
                destination=target[1],
                destination_point=target[0],
                date_iso=eight + timedelta(hours=hours),
                passagers=1 + who,
                vol=vol,
            ),
        )
        for who, origin, target, hours, vol in ORDERS
    ]
