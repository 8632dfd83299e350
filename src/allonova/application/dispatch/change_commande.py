"""Change a card: its place on the board, its words, its state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, TypedDict
from uuid import UUID

from allonova.application.dispatch.cancel_commande import CancelDesk
from allonova.application.dispatch.card_desk import Card, CardDesk
from allonova.application.dispatch.drive_desk import DriveDesk
from allonova.application.dispatch.move_desk import Move, MoveDesk
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.views import CommandeView, ConflitView, conflit_views
from allonova.application.dispatch.wire import wire
from allonova.application.kernel.ports import BeginFor
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.commande import CommandeAction, CommandeStatut
from allonova.domain.dispatch.conflits import CommandeConflict, ConflitCode
from allonova.domain.dispatch.demande import DemandeOver
from allonova.domain.dispatch.notification import NotificationType
from allonova.domain.dispatch.staff import Membre, StaffRole
from allonova.domain.kernel.errors import (
    DomainError,
    FieldError,
    Forbidden,
    InvalidTransition,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    ValidationError,
)
from allonova.domain.kernel.geo import Point
from allonova.domain.kernel.machine import Party

MOVED = frozenset({"date_iso", "taxi_id", "duree_minutes"})
CLOSED = (CommandeStatut.TERMINEE, CommandeStatut.ANNULEE)


class CommandeChanges(TypedDict, total=False):
    """What is to be otherwise; what is left out stays."""

    date_iso: datetime
    duree_minutes: int
    taxi_id: UUID | None
    statut: CommandeStatut
    client_id: UUID
    prise_en_charge: str
    destination: str
    prise_en_charge_point: Point | None
    destination_point: Point | None
    passagers: int
    bagages: int
    vol: str | None
    commentaire: str | None


@wire
class Possibility:
    """What a move would meet. `possible` is whether it would be taken as it was asked for."""

    possible: bool
    conflits: tuple[ConflitView, ...]


def require_motif(motif: str | None, *, force: bool) -> None:
    """Raise ValidationError for a `force` without its reason."""
    if force and not motif:
        raise ValidationError((FieldError("motif", "missing", "force needs a reason"),))


@wired
class ChangeCommande:
    """A dispatcher moves, edits, confirms, starts, ends, takes back or cancels; a chauffeur starts and ends his own
    course. What is asked for at once happens at once, in this order: words, place, state.
    """

    begin_for: BeginFor[DispatchUnit]
    cards: CardDesk
    moves: MoveDesk
    drives: DriveDesk
    cancels: CancelDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (
        NotFound,
        Forbidden,
        ValidationError,
        InvalidTransition,
        CommandeConflict,
        DemandeOver,
        PreconditionFailed,
        PreconditionRequired,
    )

    async def __call__(
        self,
        *,
        by: Membre,
        commande_id: UUID,
        changes: CommandeChanges,
        expected: int | None = None,
        force: bool = False,
        motif: str | None = None,
    ) -> CommandeView:
        """The card as it is then. Raises as `errors` says; nothing has changed in that case."""
        _require_allowed(by, changes)
        require_motif(motif, force=force)
        async with self.begin_for(by.societe_id) as unit:
            card = await self.cards.take(unit, by, commande_id, expected=expected)
            facts = {"motif": motif} if motif else {}
            is_edited = await self._edit(unit, card, changes)
            is_moved = await self._move(unit, card, changes, force=force)
            done = await self._step(unit, card, changes, by, motif)
            action = done or (CommandeAction.MOVE if is_moved else "edit")
            if is_moved or is_edited or done is not None:
                await self.cards.keep(unit, card, action, by=by, audited=AUDITED[action], facts=facts)
            if is_moved:
                await self.moves.remember(unit, card, by)
            return await self.cards.show(unit, by, commande_id)

    async def try_move(
        self, *, by: Membre, commande_id: UUID, changes: CommandeChanges, expected: int | None = None, force: bool
    ) -> Possibility:
        """What a move would meet; nothing is written."""
        _require_allowed(by, changes)
        async with self.begin_for(by.societe_id) as unit:
            card = await self.cards.take(unit, by, commande_id, expected=expected)
            spot = await self.moves.look(unit, card, _move_of(card, changes, force=force), lock=False)
        obstacles = [] if spot is None else spot.obstacles
        passable = (force and each.code is not ConflitCode.SANS_CHAUFFEUR for each in obstacles)
        return Possibility(possible=all(passable), conflits=conflit_views(obstacles))

    async def _edit(self, unit: DispatchUnit, card: Card, changes: Mapping[str, Any]) -> bool:
        commande = card.commande
        words = {name: value for name, value in changes.items() if name not in MOVED and name != "statut"}
        changed = {name: value for name, value in words.items() if getattr(commande, name) != value}
        if not changed:
            return False
        if commande.statut in CLOSED:
            raise InvalidTransition(from_=commande.statut, to=commande.statut)
        if "client_id" in changed and not (await unit.clients.get(changed["client_id"])).active:
            raise NotFound
        for name, value in changed.items():
            setattr(commande, name, value)
        commande.index()
        commande.updated_at = self.cards.clock.now()
        if commande.chauffeur_id is not None:
            kind = NotificationType.COMMANDE_MODIFIEE
            await self.cards.tell(unit, card, [commande.chauffeur_id], kind, "Une course a changé")
        else:
            await self.cards.offers.announce_open(unit, commande)
        return True

    async def _move(self, unit: DispatchUnit, card: Card, changes: CommandeChanges, *, force: bool) -> bool:
        if not changes.keys() & MOVED:
            return False
        confirm = changes.get("statut") is CommandeStatut.ASSIGNEE and changes.get("taxi_id") is not None
        return await self.moves.apply(unit, card, _move_of(card, changes, force=force), confirm=confirm)

    async def _step(
        self, unit: DispatchUnit, card: Card, changes: CommandeChanges, by: Membre, motif: str | None
    ) -> CommandeAction | None:
        wanted = changes.get("statut")
        if wanted is None or wanted is card.commande.statut:
            return None
        match wanted:
            case CommandeStatut.ASSIGNEE:
                await self.drives.confirm(unit, card)
                return CommandeAction.CONFIRM
            case CommandeStatut.EN_COURS:
                await self.drives.start(unit, card, by)
                return CommandeAction.START
            case CommandeStatut.TERMINEE:
                await self.drives.end(unit, card, by)
                return CommandeAction.END
            case CommandeStatut.ANNULEE:
                await self.cancels.cancel(unit, card, motif)
                return CommandeAction.CANCEL
            case CommandeStatut.EN_ATTENTE:
                card.commande.require(CommandeAction.TAKE_BACK, Party.ADMIN)
                await self.moves.take_back(unit, card)
                return CommandeAction.TAKE_BACK


def _require_allowed(by: Membre, changes: CommandeChanges) -> None:
    """A chauffeur starts and ends. Raises Forbidden."""
    if by.role is StaffRole.CHAUFFEUR:
        wanted = changes.get("statut")
        if changes.keys() != {"statut"} or wanted not in (CommandeStatut.EN_COURS, CommandeStatut.TERMINEE):
            raise Forbidden


def _move_of(card: Card, changes: CommandeChanges, *, force: bool) -> Move:
    commande = card.commande
    return Move(
        date_iso=changes.get("date_iso", commande.date_iso),
        duree_minutes=changes.get("duree_minutes", commande.duree_minutes),
        taxi_id=changes.get("taxi_id", commande.taxi_id),
        is_placed="taxi_id" in changes,
        force=force,
    )


AUDITED = {
    "edit": "modifiee",
    CommandeAction.MOVE: "deplacee",
    CommandeAction.CONFIRM: "confirmee",
    CommandeAction.START: "commencee",
    CommandeAction.END: "terminee",
    CommandeAction.CANCEL: "annulee",
    CommandeAction.TAKE_BACK: "reprise",
}
"""How the company's log calls what was done."""
