"""An order for a course, from the wish to the arrival."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from allonova.domain.dispatch.efface import EFFACE
from allonova.domain.dispatch.recherche import folded
from allonova.domain.kernel.geo import Point
from allonova.domain.kernel.machine import Machine, Party, step

DUREE_MINUTES = 60  # nova.md, Objects
DUREE_MAX_MINUTES = 1440  # a day: what touches a day began on it or on the one before
AUTO_AHEAD = timedelta(minutes=45)  # nova.md, automatic: a pre-booking is offered this long before
AUTO_TRIES = 3
SLA_AHEAD = timedelta(hours=24)  # nova.md, Jobs: a pre-booking does not wait before that
SUIVI_KEPT = timedelta(hours=24)  # nova.md, Endpoints: how long after the course its link shows something


class CommandeStatut(StrEnum):
    """How it stands."""

    EN_ATTENTE = "en-attente"
    ASSIGNEE = "assignee"
    EN_COURS = "en-cours"
    TERMINEE = "terminee"
    ANNULEE = "annulee"


class CommandeAction(StrEnum):
    """The rows of nova.md's action table."""

    PROPOSE = "propose"
    BROADCAST = "broadcast"
    AUTO = "auto"
    ACCEPT = "accept"
    CONFIRM = "confirm"
    REFUSE = "refuse"
    EXPIRE = "expire"
    MOVE = "move"
    TAKE_BACK = "take-back"
    UNDO = "undo"
    START = "start"
    END = "end"
    CANCEL = "cancel"


class Source(StrEnum):
    """Who entered it."""

    ADMIN = "admin"
    PUBLIC = "public"


C, A = CommandeStatut, CommandeAction

# nova.md, The commande's states. A proposal leaves the commande waiting; `undo` may give a course back to the chauffeur
# who had accepted it (docs/decisions/0042).
COMMANDE = Machine[CommandeStatut, CommandeAction](
    "commande",
    C.EN_ATTENTE,
    {
        (C.EN_ATTENTE, A.PROPOSE): step(C.EN_ATTENTE, Party.ADMIN),
        (C.EN_ATTENTE, A.BROADCAST): step(C.EN_ATTENTE, Party.ADMIN),
        (C.EN_ATTENTE, A.AUTO): step(C.EN_ATTENTE, Party.SYSTEM),
        (C.EN_ATTENTE, A.ACCEPT): step(C.ASSIGNEE, Party.CHAUFFEUR),
        (C.EN_ATTENTE, A.CONFIRM): step(C.ASSIGNEE, Party.ADMIN),
        (C.EN_ATTENTE, A.REFUSE): step(C.EN_ATTENTE, Party.CHAUFFEUR),
        (C.EN_ATTENTE, A.EXPIRE): step(C.EN_ATTENTE, Party.SYSTEM),
        (C.EN_ATTENTE, A.MOVE): step(C.EN_ATTENTE, Party.ADMIN),
        (C.ASSIGNEE, A.MOVE): step(C.ASSIGNEE, Party.ADMIN),
        (C.EN_ATTENTE, A.TAKE_BACK): step(C.EN_ATTENTE, Party.ADMIN),
        (C.ASSIGNEE, A.TAKE_BACK): step(C.EN_ATTENTE, Party.ADMIN),
        (C.EN_ATTENTE, A.UNDO): step(C.ASSIGNEE, Party.ADMIN),
        (C.ASSIGNEE, A.START): step(C.EN_COURS, Party.CHAUFFEUR, Party.ADMIN),
        (C.EN_COURS, A.END): step(C.TERMINEE, Party.CHAUFFEUR, Party.ADMIN),
        (C.EN_ATTENTE, A.CANCEL): step(C.ANNULEE, Party.ADMIN),
        (C.ASSIGNEE, A.CANCEL): step(C.ANNULEE, Party.ADMIN),
    },
)

PROMISED = (C.ASSIGNEE, C.EN_COURS)
"""A taxi and its chauffeur count on it."""

ENDED = (C.TERMINEE, C.ANNULEE)
"""Nobody waits for it any more."""


def end_of(date_iso: datetime, duree_minutes: int) -> datetime:
    """When a course that begins then is over, as planned."""
    return date_iso + timedelta(minutes=duree_minutes)


@dataclass(slots=True, kw_only=True)
class Commande:
    """An order. `taxi_id` is the taxi that it stands on: while `en-attente` that of its open demande, if one chauffeur
    alone was asked; from `assignee` on that of `chauffeur_id`. `reference` is unique per company and year.

    `en_attente_depuis` is the latest of its creation and its last return to the pool; `sla_signale_at` is when the
    admins were told that this wait is too long. `auto_at` is when the automatic dispatch looks at it next, if it does.
    `chevauchement_force` is a dispatcher's word that an overlap is meant.
    """

    id: UUID
    societe_id: UUID
    reference: str
    client_id: UUID
    prise_en_charge: str
    destination: str
    prise_en_charge_point: Point | None = None
    destination_point: Point | None = None
    date_iso: datetime
    duree_minutes: int = DUREE_MINUTES
    fin_iso: datetime
    passagers: int = 1
    bagages: int = 0
    vol: str | None = None
    commentaire: str | None = None
    statut: CommandeStatut = CommandeStatut.EN_ATTENTE
    source: Source = Source.ADMIN
    taxi_id: UUID | None = None
    chauffeur_id: UUID | None = None
    chevauchement_force: bool = False
    en_attente_depuis: datetime
    sla_signale_at: datetime | None = None
    auto_at: datetime | None = None
    essais_auto: int = 0
    assignee_at: datetime | None = None
    commencee_at: datetime | None = None
    terminee_at: datetime | None = None
    annulee_at: datetime | None = None
    motif_annulation: str | None = None
    cree_par: UUID | None = None
    suivi_hash: str | None = None
    recherche: str = ""
    version: int = 1
    created_at: datetime
    updated_at: datetime

    def __post_init__(self) -> None:
        if not self.recherche:
            self.index()

    def index(self) -> None:
        """Write down what a search looks through, after a change."""
        self.recherche = folded(self.reference, self.prise_en_charge, self.destination, self.vol)

    def actions(self, by: Party) -> tuple[CommandeAction, ...]:
        """What this party may do now. A proposal can only be confirmed, or taken back, where one stands."""
        found = COMMANDE.actions(self.statut, by)
        needs_taxi = (CommandeAction.CONFIRM, CommandeAction.TAKE_BACK)
        return tuple(a for a in found if a is not CommandeAction.UNDO and (self.taxi_id or a not in needs_taxi))

    def require(self, action: CommandeAction, by: Party) -> None:
        """Raise InvalidTransition or Forbidden unless this party may do it now."""
        COMMANDE.go(self.statut, action, by)

    @property
    def waits_since(self) -> datetime:
        """From when a wait counts: not before the day that lies before a pre-booking."""
        return max(self.en_attente_depuis, self.date_iso - SLA_AHEAD)

    def has_waited_too_long(self, longest: timedelta, at: datetime) -> bool:
        """Whether somebody is to be told, and was not yet: once in a wait."""
        is_waiting = self.statut is CommandeStatut.EN_ATTENTE and self.sla_signale_at is None
        return is_waiting and self.waits_since + longest <= at

    def offer(self, action: CommandeAction, by: Party, at: datetime, *, taxi_id: UUID | None) -> None:
        """It is put to one chauffeur, and stands on his taxi meanwhile; or to several, and stands on none."""
        self.statut = COMMANDE.go(self.statut, action, by)
        self.taxi_id = taxi_id
        self.updated_at = at

    def assign(
        self, action: CommandeAction, by: Party, at: datetime, *, taxi_id: UUID, chauffeur_id: UUID, force: bool
    ) -> None:
        """A chauffeur has it now."""
        self.statut = COMMANDE.go(self.statut, action, by)
        self.taxi_id, self.chauffeur_id, self.chevauchement_force = taxi_id, chauffeur_id, force
        self.assignee_at = self.updated_at = at
        self.auto_at = None

    def release(self, action: CommandeAction, by: Party, at: datetime) -> None:
        """Back to the pool: a new wait begins. After a chauffeur had it, all automatic tries are to be had again."""
        before, self.statut = self.statut, COMMANDE.go(self.statut, action, by)
        if before is CommandeStatut.ASSIGNEE:
            self.essais_auto = 0
        self.taxi_id = self.chauffeur_id = self.assignee_at = self.sla_signale_at = None
        self.chevauchement_force = False
        self.en_attente_depuis = self.updated_at = at

    def shift(self, at: datetime, *, date_iso: datetime, duree_minutes: int) -> None:
        """Another time, for which the automatic dispatch has all its tries again. Raises InvalidTransition once it is
        under way.
        """
        self.statut = COMMANDE.go(self.statut, CommandeAction.MOVE, Party.ADMIN)
        self.essais_auto = 0
        self.date_iso, self.duree_minutes = date_iso, duree_minutes
        self.fin_iso = end_of(date_iso, duree_minutes)
        self.updated_at = at

    def start(self, by: Party, at: datetime) -> None:
        """The client is aboard."""
        self.statut = COMMANDE.go(self.statut, CommandeAction.START, by)
        self.commencee_at = self.updated_at = at

    def end(self, by: Party, at: datetime) -> None:
        """The client has arrived."""
        self.statut = COMMANDE.go(self.statut, CommandeAction.END, by)
        self.terminee_at = self.updated_at = at

    def cancel(self, by: Party, at: datetime, motif: str | None) -> None:
        """It is not wanted any more. `taxi_id` and `chauffeur_id` keep saying who had it."""
        self.statut = COMMANDE.go(self.statut, CommandeAction.CANCEL, by)
        self.motif_annulation = motif
        self.annulee_at = self.updated_at = at
        self.auto_at = None

    def forget_client(self, at: datetime) -> None:
        """Whose it was and where he went is gone; when, by whom and how long stays."""
        self.prise_en_charge = self.destination = EFFACE
        self.prise_en_charge_point = self.destination_point = None
        self.vol = self.commentaire = self.motif_annulation = self.suivi_hash = None
        self.updated_at = at
        self.index()
