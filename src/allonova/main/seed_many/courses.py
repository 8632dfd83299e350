"""A taxi company with a month of courses behind it, and the next days before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from allonova.application.dispatch.ports import Doors
from allonova.application.kernel.ports import BeginFor
from allonova.domain.dispatch.calendrier import local_day, midnight
from allonova.domain.dispatch.client import Client, ClientType
from allonova.domain.dispatch.commande import (
    Commande,
    CommandeAction,
    Source,
    end_of,
)
from allonova.domain.dispatch.demande import Demande, DemandeAction
from allonova.domain.dispatch.intervention import (
    Intervention,
    InterventionChange,
    InterventionStatut,
    InterventionType,
    Priorite,
)
from allonova.domain.dispatch.societe import Societe
from allonova.domain.dispatch.staff import StaffRole, StaffUser
from allonova.domain.dispatch.taxi import TAXI, Taxi, TaxiAction
from allonova.domain.kernel.machine import Party
from allonova.main.seed_many.dice import Dice
from allonova.main.seed_nova import FUSEAU, GARE_DE_LYON, ORLY, RASPAIL, ROISSY

SLUG = "nova-seed-{seed:02d}"
ADMIN = "admin{seed:02d}@nova.seed.test"
CHAUFFEUR = "chauffeur{number}.{seed:02d}@nova.seed.test"
TAXIS, CLIENTS, PAST_DAYS, COMING_DAYS = 8, 12, 30, 3
SLOTS = (6, 8, 10, 13, 15, 18, 20)  # o'clock: two courses of one taxi never meet
NAMES = (
    "Paul Lefèvre",
    "Inès Garnier",
    "Omar Diallo",
    "Léa Fabre",
    "Hugo Muller",
    "Nora Cherif",
    "Luc Morel",
    "Eva Roy",
)
PLACES = (GARE_DE_LYON, ORLY, RASPAIL, ROISSY)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(slots=True)
class Month:
    """All that is put in."""

    seed: int
    now: datetime
    password_hash: str
    dice: Dice = field(init=False)
    societe: Societe = field(init=False)
    staff: list[StaffUser] = field(default_factory=list)
    taxis: list[Taxi] = field(default_factory=list)
    clients: list[Client] = field(default_factory=list)
    commandes: list[Commande] = field(default_factory=list)
    demandes: list[Demande] = field(default_factory=list)
    interventions: list[Intervention] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = Dice(self.seed, "nova")
        self._found()
        for day in range(-PAST_DAYS, COMING_DAYS + 1):
            start = midnight(local_day(self.now, FUSEAU) + timedelta(days=day), FUSEAU)
            for taxi, driver in zip(self.taxis, self.staff[1:], strict=True):
                if day == 0 and taxi is self.taxis[0]:
                    self._running(taxi, driver.id)
                    continue
                for hour in sorted(self.dice.sample(SLOTS, self.dice.randint(3, 6))):
                    self._course(taxi, driver.id, start + hour * HOUR)
        self.commandes.sort(key=lambda commande: (commande.created_at, commande.id))

    def _found(self) -> None:
        born = self.now - (PAST_DAYS + 2) * DAY
        self.societe = Societe(
            id=self.dice.new(),
            nom=f"Taxis NOVA {self.seed:02d}",
            slug=SLUG.format(seed=self.seed),
            adresse="10 rue de Rivoli, Paris",
            telephone="+33140000000",
            email=f"bonjour{self.seed:02d}@nova.seed.test",
            pays="FR",
            fuseau=FUSEAU,
            created_at=born,
            updated_at=born,
        )
        self.staff.append(self._user(ADMIN.format(seed=self.seed), "Nadia Benali", StaffRole.ADMIN))
        for number, name in enumerate(NAMES, 1):
            taxi = Taxi(
                id=self.dice.new(),
                societe_id=self.societe.id,
                numero=f"T{number}",
                plaque=f"NS-{100 + number}-{self.seed:02d}",
                vignette=f"75-{5000 + number}",
                created_at=born,
                updated_at=born,
            )
            user = self._user(CHAUFFEUR.format(number=number, seed=self.seed), name, StaffRole.CHAUFFEUR)
            user.taxi_id = taxi.id
            self.taxis.append(taxi)
            self.staff.append(user)
        for number in range(1, CLIENTS + 1):
            self.clients.append(self._client(number, born))

    def _user(self, email: str, name: str, role: StaffRole) -> StaffUser:
        born = self.societe.created_at
        return StaffUser(
            id=self.dice.new(),
            societe_id=self.societe.id,
            email=email,
            role=role,
            name=name,
            password_hash=self.password_hash,
            email_confirmed_at=born,
            created_at=born,
            updated_at=born,
        )

    def _client(self, number: int, at: datetime) -> Client:
        return Client(
            id=self.dice.new(),
            societe_id=self.societe.id,
            type=self.dice.choice(list(ClientType)),
            nom=f"Client {number}",
            contact_email=f"client{number}.{self.seed:02d}@seed.test",
            adresse=f"{number} rue de Rivoli, Paris",
            created_at=at,
            updated_at=at,
        )

    def _course(self, taxi: Taxi, driver_id: UUID, starts: datetime) -> None:
        """One order for a time at which the taxi has nothing else to do, and what became of it."""
        ordered = min(starts, self.now) - self.dice.randint(90, 20 * 60) * MINUTE
        commande = self._ordered(starts, ordered)
        fate, asked = self.dice.randrange(20), ordered + self.dice.randint(2, 20) * MINUTE
        if fate == 0:
            commande.cancel(Party.ADMIN, asked, "Annulée par le client")
            return
        if fate in (1, 2):  # the first says no, or nothing; the next one takes it
            refused = self._offered(commande, self._another(taxi), asked)
            self._declined(commande, refused, asked, has_expired=fate == 1)
            asked += 4 * MINUTE
        if starts > self.now and fate > 11:  # as many as wait for a chauffeur
            return
        self._accepted(commande, taxi, driver_id, asked)
        self._driven(commande, taxi, starts)

    def _accepted(self, commande: Commande, taxi: Taxi, driver_id: UUID, asked: datetime) -> None:
        demande = self._offered(commande, (taxi.id, driver_id), asked)
        answered = asked + self.dice.randint(5, 50) * timedelta(seconds=1)
        demande.go(DemandeAction.ACCEPT, Party.CHAUFFEUR, answered)
        commande.assign(
            CommandeAction.ACCEPT, Party.CHAUFFEUR, answered, taxi_id=taxi.id, chauffeur_id=driver_id, force=False
        )

    def _running(self, taxi: Taxi, driver_id: UUID) -> None:
        """The one course of the day that is under way."""
        starts = self.now - 10 * MINUTE
        self._accepted(self._ordered(starts, starts - HOUR), taxi, driver_id, starts - 50 * MINUTE)
        self.commandes[-1].start(Party.CHAUFFEUR, starts)
        taxi.statut, taxi.updated_at = TAXI.go(taxi.statut, TaxiAction.START, Party.CHAUFFEUR), starts

    def _ordered(self, starts: datetime, at: datetime) -> Commande:
        origin, target = self.dice.sample(PLACES, 2)
        commande = Commande(
            id=self.dice.new(),
            societe_id=self.societe.id,
            reference="",  # the company's counter gives it
            client_id=self.dice.choice(self.clients).id,
            prise_en_charge=origin[1],
            prise_en_charge_point=origin[0],
            destination=target[1],
            destination_point=target[0],
            date_iso=starts,
            fin_iso=end_of(starts, 60),
            passagers=self.dice.randint(1, 4),
            bagages=self.dice.randint(0, 3),
            source=Source.PUBLIC if self.dice.one_in(4) else Source.ADMIN,
            en_attente_depuis=at,
            created_at=at,
            updated_at=at,
        )
        self.commandes.append(commande)
        return commande

    def _another(self, taxi: Taxi) -> tuple[UUID, UUID]:
        number = self.dice.choice([n for n, other in enumerate(self.taxis) if other is not taxi])
        return self.taxis[number].id, self.staff[1 + number].id

    def _offered(self, commande: Commande, crew: tuple[UUID, UUID], at: datetime) -> Demande:
        taxi_id, driver_id = crew
        commande.offer(CommandeAction.PROPOSE, Party.ADMIN, at, taxi_id=taxi_id)
        demande = Demande(
            id=self.dice.new(),
            societe_id=self.societe.id,
            commande_id=commande.id,
            chauffeur_id=driver_id,
            taxi_id=taxi_id,
            expire_at=at + self.societe.answer_time,
            created_at=at,
            updated_at=at,
        )
        self.demandes.append(demande)
        return demande

    def _declined(self, commande: Commande, demande: Demande, at: datetime, *, has_expired: bool) -> None:
        if has_expired:
            over = demande.expire_at
            demande.go(DemandeAction.EXPIRE, Party.SYSTEM, over)
            commande.release(CommandeAction.EXPIRE, Party.SYSTEM, over)
        else:
            over = at + MINUTE / 2
            demande.go(DemandeAction.REFUSE, Party.CHAUFFEUR, over, motif="Trop loin")
            commande.release(CommandeAction.REFUSE, Party.CHAUFFEUR, over)

    def _driven(self, commande: Commande, taxi: Taxi, starts: datetime) -> None:
        """As far as the time has come."""
        left, arrived = starts + 5 * MINUTE, starts + self.dice.randint(25, 55) * MINUTE
        if left > self.now:
            return
        commande.start(Party.CHAUFFEUR, left)
        taxi.statut, taxi.updated_at = TAXI.go(taxi.statut, TaxiAction.START, Party.CHAUFFEUR), left
        if arrived > self.now:
            return
        commande.end(Party.CHAUFFEUR, arrived)
        taxi.statut, taxi.updated_at = TAXI.go(taxi.statut, TaxiAction.END, Party.CHAUFFEUR), arrived
        if self.dice.one_in(20):
            self.interventions.append(self._complaint(commande, arrived))

    def _complaint(self, commande: Commande, at: datetime) -> Intervention:
        made = at + HOUR
        intervention = Intervention(
            id=self.dice.new(),
            societe_id=self.societe.id,
            commande_id=commande.id,
            type=self.dice.choice((InterventionType.RETARD, InterventionType.RECLAMATION, InterventionType.AUTRE)),
            titre="Retard à la prise en charge",
            description="Le client a rappelé.",
            priorite=self.dice.choice(list(Priorite)),
            cree_par=self.staff[0].id,
            created_at=min(made, self.now),
            updated_at=min(made, self.now),
        )
        for statut in (InterventionStatut.EN_COURS, InterventionStatut.RESOLUE)[: self.dice.randint(0, 2)]:
            made += HOUR
            if made < self.now:
                intervention.change(InterventionChange(statut=statut), Party.ADMIN, made)
        return intervention

    def numbered(self) -> Iterator[tuple[int, Commande]]:
        """Orders by the year in which they came, the oldest first."""
        for commande in self.commandes:
            yield local_day(commande.created_at, FUSEAU).year, commande


async def add_month(begin_for: BeginFor[Any], doors: Doors, month: Month) -> bool:
    """Put the company in. False when it was there already."""
    if not await doors.is_slug_free(month.societe.slug):
        return False
    async with begin_for(month.societe.id) as unit:
        await _add(unit, month)
    return True


async def _add(stores: Any, month: Month) -> None:
    await stores.societes.add(month.societe)
    await stores.taxis.add_all(month.taxis)
    await stores.staff.add_all(month.staff)
    await stores.clients.add_all(month.clients)
    for year, commande in month.numbered():
        number = await stores.societes.next_number(month.societe.id, year)
        commande.reference = f"NV-{year}-{number:06d}"
        commande.index()
    await stores.commandes.add_all(month.commandes)
    await stores.demandes.add_all(month.demandes)
    await stores.interventions.add_all(month.interventions)
