"""What dispatch asks of its stores. Inside a unit of a company nothing of another one can be seen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from allonova.application.dispatch.fleet_queries import FleetQueries
from allonova.application.dispatch.views import CommandeView, DemandeView
from allonova.application.identity.ports import SessionUnit
from allonova.application.kernel.ports import Store
from allonova.domain.dispatch.audit import AuditEntry
from allonova.domain.dispatch.client import Client
from allonova.domain.dispatch.commande import Commande
from allonova.domain.dispatch.conflits import CommandeConflict, Plan
from allonova.domain.dispatch.demande import Demande
from allonova.domain.dispatch.deplacement import Deplacement
from allonova.domain.dispatch.device import StaffDevice
from allonova.domain.dispatch.intervention import Intervention
from allonova.domain.dispatch.notification import Notification
from allonova.domain.dispatch.semaine import Semaine
from allonova.domain.dispatch.societe import SlugTaken, Societe
from allonova.domain.dispatch.staff import EmailTaken, StaffUser, TaxiTaken
from allonova.domain.dispatch.taxi import Driving, NumeroTaken, PlaqueTaken, Position, Taxi
from allonova.domain.kernel.errors import DomainError, NotFound
from allonova.domain.kernel.geo import Point
from allonova.domain.kernel.machine import Party

REFUSALS: dict[str, type[DomainError]] = {
    "uq_societes_slug": SlugTaken,
    "uq_users_email": EmailTaken,
    "uq_users_taxi_id": TaxiTaken,
    "uq_taxis_societe_id_plaque": PlaqueTaken,
    "uq_taxis_societe_id_numero": NumeroTaken,
    "fk_commandes_client_id": NotFound,
    "ex_commandes_taxi": CommandeConflict,
    "ex_commandes_chauffeur": CommandeConflict,
}
"""The refusal for each unique or exclusion rule, by its name in the database; and for what was there a moment ago."""


class SocieteStore(Store[Societe], Protocol):
    """The company itself."""

    async def next_number(self, societe_id: UUID, annee: int) -> int:
        """The next number of a commande of that year, from 1; nobody else ever gets it."""


class StaffStore(Store[StaffUser], Protocol):
    """Accounts of staff."""

    async def add_all(self, entities: Sequence[StaffUser]) -> None:
        """Keep new ones; see `add`."""

    async def active_admins(self) -> list[StaffUser]:
        """The company's admins who may log in, the oldest first."""

    async def driver_of(self, taxi_id: UUID) -> StaffUser | None:
        """The active chauffeur of a taxi."""

    async def drivers(self) -> list[StaffUser]:
        """The company's active chauffeurs, the oldest first."""

    async def has_history(self, user_id: UUID) -> bool:
        """Whether anything of dispatch names the account: a course, a demande, a write in the audit log. Nothing that
        does is written before this unit ends.
        """

    async def remove(self, user: StaffUser) -> None:
        """Forget an account without history, with its devices and notifications."""


class TaxiStore(Store[Taxi], Protocol):
    """Taxis."""

    async def add_all(self, entities: Sequence[Taxi]) -> None:
        """Keep new ones; see `add`."""

    async def lock_all(self, ids: Collection[UUID]) -> list[Taxi]:
        """These taxis, locked in the order of their ids; those of nobody here are left out."""

    async def has_history(self, taxi_id: UUID) -> bool:
        """Whether a course, a demande or an intervention names it. Until this unit ends nothing new can."""

    async def remove(self, taxi: Taxi) -> None:
        """Forget a taxi without history, with its positions; former chauffeurs no longer name it."""


class ClientStore(Store[Client], Protocol):
    """Customers."""

    async def add_all(self, entities: Sequence[Client]) -> None:
        """Keep new ones; see `add`."""

    async def by_email(self, email: str) -> Client | None:
        """The oldest active one with this address, whatever its case. Others who ask for the same address wait until
        this unit ends, so that two orders at once make one client.
        """

    async def has_history(self, client_id: UUID) -> bool:
        """Whether a commande names it. Until this unit ends no new one can."""

    async def remove(self, client: Client) -> None:
        """Forget a client without history."""


class CommandeStore(Store[Commande], Protocol):
    """Orders."""

    async def lock_all(self, ids: Collection[UUID]) -> list[Commande]:
        """These, locked in the order of their ids; those of nobody here are left out."""

    async def save_all(self, commandes: Sequence[Commande]) -> None:
        """Keep changed ones, which this unit has locked."""

    async def plans(self, taxi_id: UUID, *, start: datetime, end: datetime, now: datetime) -> list[Plan]:
        """A taxi's courses that are assigned, under way or offered by an open demande, and touch `[start, end)`."""

    async def plans_by_taxi(
        self, taxi_ids: Collection[UUID], *, start: datetime, end: datetime, now: datetime
    ) -> dict[UUID, list[Plan]]:
        """The same for many taxis in one look; a taxi without any is left out."""

    async def courses_of(self, taxi_id: UUID, chauffeur_id: UUID, *, start: datetime, end: datetime) -> list[Plan]:
        """What a taxi or a chauffeur has been given for good: assigned or under way, and touching `[start, end)`."""

    async def mark_wait(self, commande: Commande, *, at: datetime) -> None:
        """Write down that the admins were told of its wait. Its `version` stays: nobody's card has changed. The unit
        has locked it.
        """

    async def promised_to(self, taxi_ids: Collection[UUID], *, now: datetime) -> dict[UUID, set[UUID]]:
        """Commandes that each of these taxis still has before it: assigned, or offered by an open demande."""

    async def look_again(self, commande_id: UUID, at: datetime | None) -> None:
        """When the automatic dispatch looks at a commande next, which this unit has locked; None for never. Nobody
        sees it on the card, so its version stays.
        """


class DemandeStore(Store[Demande], Protocol):
    """Offers."""

    async def of_commande(self, commande_id: UUID) -> list[Demande]:
        """All of a commande, locked, the oldest first."""

    async def of_commandes(self, commande_ids: Collection[UUID]) -> dict[UUID, list[Demande]]:
        """The same for several; a commande without any is left out."""

    async def add_all(self, demandes: Sequence[Demande]) -> None:
        """Keep new ones."""

    async def save_all(self, demandes: Sequence[Demande]) -> None:
        """Keep changed ones, which this unit has locked."""

    async def last_asked(self, chauffeur_ids: Collection[UUID]) -> dict[UUID, datetime]:
        """When each chauffeur got his last demande; who never did is left out."""


class DeplacementStore(Store[Deplacement], Protocol):
    """Moves."""

    async def last_of(self, commande_id: UUID, user_id: UUID) -> Deplacement | None:
        """Somebody's newest move of a card, locked."""


class InterventionStore(Store[Intervention], Protocol):
    """Interventions."""

    async def remove(self, intervention: Intervention) -> None:
        """Forget it."""


class NotificationStore(Store[Notification], Protocol):
    """Messages in the application."""

    async def add_all(self, notifications: Sequence[Notification]) -> None:
        """Keep new ones."""

    async def read_all(self, user_id: UUID, *, at: datetime) -> int:
        """Mark whatever somebody has not read; how many there were."""


class StaffDeviceStore(Store[StaffDevice], Protocol):
    """Phones of staff."""

    async def of_user(self, user_id: UUID) -> list[StaffDevice]:
        """Somebody's, the oldest first."""

    async def remove(self, device: StaffDevice) -> None:
        """Forget it."""

    async def give_up(self, token_hash: str) -> None:
        """Forget the device of this token, whose and of which company it may be: the phone has changed hands."""


class PositionStore(Protocol):
    """Where taxis are and were."""

    async def report(self, id: UUID, chauffeur_id: UUID, point: Point, *, at: datetime) -> Driving | None:
        """Record where a chauffeur's taxi is, under this id, unless it is out of service; in one statement.

        Returns:
            His taxi, None when he drives none.
        """

    async def report_all(self, positions: Sequence[Position]) -> None:
        """Record these, one of a taxi at most, in one statement; not those that are known already, nor of a taxi that
        is out of service or has another chauffeur by now.
        """

    async def record(self, position: Position) -> None:
        """Keep it; it is where the taxi is now unless a later one is known."""

    async def nearest(self, point: Point, *, seen_since: datetime, limit: int) -> list[UUID]:
        """Available taxis with an active chauffeur that were seen since then, the nearest first."""

    async def within(self, point: Point, *, radius_m: float, seen_since: datetime) -> list[UUID]:
        """Those of them that are at most so far away, the nearest first."""

    async def seen(self, *, since: datetime) -> list[UUID]:
        """Available taxis with an active chauffeur that were seen since then, wherever, in the order of their ids."""


class SemaineStore(Protocol):
    """Weeks of chauffeurs, kept when they are over."""

    async def add_missing(self, semaines: Sequence[Semaine]) -> int:
        """Keep those that are not kept yet, by chauffeur and Monday; how many there were."""

    async def have(self, debut: date) -> set[UUID]:
        """The chauffeurs whose week from this Monday is kept."""


class TrailStore(Protocol):
    """The company's audit log."""

    async def add_all(self, entries: Sequence[AuditEntry]) -> None:
        """Append them."""


class BoardReads(Protocol):
    """Cards as they are shown, read inside a unit with its own changes."""

    async def commande(self, id: UUID, *, viewer: Party, now: datetime) -> CommandeView | None:
        """One card."""

    async def demande(self, id: UUID, *, now: datetime) -> DemandeView | None:
        """One offer."""


class DispatchUnit(SessionUnit, Protocol):
    """A transaction inside one company."""

    @property
    def societes(self) -> SocieteStore: ...
    @property
    def staff(self) -> StaffStore: ...
    @property
    def taxis(self) -> TaxiStore: ...
    @property
    def clients(self) -> ClientStore: ...
    @property
    def commandes(self) -> CommandeStore: ...
    @property
    def demandes(self) -> DemandeStore: ...
    @property
    def deplacements(self) -> DeplacementStore: ...
    @property
    def interventions(self) -> InterventionStore: ...
    @property
    def notices(self) -> NotificationStore: ...
    @property
    def staff_devices(self) -> StaffDeviceStore: ...
    @property
    def positions(self) -> PositionStore: ...
    @property
    def semaines(self) -> SemaineStore: ...
    @property
    def trail(self) -> TrailStore: ...
    @property
    def board(self) -> BoardReads: ...
    @property
    def fleet(self) -> FleetQueries: ...


@dataclass(frozen=True, slots=True)
class Due:
    """A commande whose time has come, and whose it is."""

    societe_id: UUID
    commande_id: UUID


@dataclass(frozen=True, slots=True)
class Zone:
    """A company and its clock; `semaine` is the last week of its chauffeurs that is kept."""

    societe_id: UUID
    fuseau: str
    since: datetime
    semaine: date | None


class Doors(Protocol):
    """Look-ups that cross companies: whoever has no company yet learns which one is his, and nothing else.

    Each is one function of the database that runs as its owner; the application's role sees no row without a company.
    """

    async def of_email(self, email: str) -> UUID | None:
        """The company of whoever logs in by this address."""

    async def of_user(self, user_id: UUID) -> UUID | None:
        """The company of an account, by a link or a refresh token that names it."""

    async def of_form(self, slug: str | None) -> UUID | None:
        """The company that a public form names; the only one there is when it names none."""

    async def of_suivi(self, reference: str, suivi_hash: str) -> UUID | None:
        """The company of a commande, by what a follow-up link holds."""

    async def known_emails(self, emails: Collection[str]) -> set[str]:
        """Those of them with which somebody of some company logs in, spelt as they were given."""

    async def free_slugs(self, slugs: Sequence[str]) -> list[str]:
        """Those of them that are no company's, in their order."""

    async def is_slug_free(self, slug: str) -> bool:
        """Whether no company goes by it."""

    async def zones(self) -> list[Zone]:
        """Every company, for jobs that work by the calendar."""

    async def overdue_demandes(self, now: datetime, *, limit: int) -> list[Due]:
        """Commandes with a demande that should have ended, the longest overdue first."""

    async def waiting_too_long(self, now: datetime, *, limit: int) -> list[Due]:
        """Commandes whose wait is over their company's limit and has not been reported."""

    async def to_dispatch(self, now: datetime, *, limit: int) -> list[Due]:
        """Commandes that the automatic dispatch is to look at now."""

    async def forget_positions(self, before: datetime, *, limit: int) -> int:
        """Delete so many positions of taxis that are older, the oldest first, and where taxis were seen last before
        then; how many of the former there were.
        """
