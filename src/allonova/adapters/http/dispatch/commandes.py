"""Orders on the board: entered, moved, taken back, cancelled."""

from __future__ import annotations

from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field, StrictBool, StrictInt

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.dispatch.bodies import NovaBody, staff_keyed, staff_router
from allonova.adapters.http.dispatch.staff import AnyStaff, StaffAdmin
from allonova.adapters.http.fields import Instant, Line, PointBody, Text
from allonova.adapters.http.provide import IfMatch, use
from allonova.application.dispatch.cancel_commande import CancelCommande
from allonova.application.dispatch.change_commande import ChangeCommande, CommandeChanges, Possibility
from allonova.application.dispatch.create_commande import CreateCommande
from allonova.application.dispatch.order_desk import OrderDraft
from allonova.application.dispatch.undo_move import UndoMove
from allonova.application.dispatch.views import CommandeView
from allonova.application.kernel.idempotency import Once
from allonova.domain.dispatch.commande import DUREE_MAX_MINUTES, DUREE_MINUTES, CommandeStatut
from allonova.domain.kernel.errors import FieldError, ValidationError
from allonova.domain.kernel.geo import Point

router = staff_router("commandes", "/api/commandes")

type Minutes = Annotated[
    StrictInt, Field(ge=1, le=DUREE_MAX_MINUTES, description="How long the course takes, as planned.")
]
type Passagers = Annotated[StrictInt, Field(ge=1, le=50)]
type Bagages = Annotated[StrictInt, Field(ge=0, le=100)]
type Motif = Annotated[Text, Field(description="Why; needed with `force`.")]
type Force = Annotated[
    StrictBool, Field(description="Pass over every conflict but `sans-chauffeur`: an overlap is meant.")
]


def _point(body: PointBody | None) -> Point | None:
    return None if body is None else body.to_point()


class CommandeBody(NovaBody):
    """A new order of a client in the address book; with `taxiId` it is put to that taxi's chauffeur at once."""

    client_id: UUID
    prise_en_charge: Line
    destination: Line
    prise_en_charge_point: PointBody | None = None
    destination_point: PointBody | None = None
    date_iso: Instant
    duree_minutes: Minutes = DUREE_MINUTES
    passagers: Passagers = 1
    bagages: Bagages = 0
    vol: Line | None = None
    commentaire: Text | None = None
    taxi_id: UUID | None = None
    force: Force = False
    motif: Motif | None = None

    def to_draft(self) -> OrderDraft:
        """As the use case takes it."""
        return OrderDraft(
            prise_en_charge=self.prise_en_charge,
            destination=self.destination,
            prise_en_charge_point=_point(self.prise_en_charge_point),
            destination_point=_point(self.destination_point),
            date_iso=self.date_iso,
            duree_minutes=self.duree_minutes,
            passagers=self.passagers,
            bagages=self.bagages,
            vol=self.vol,
            commentaire=self.commentaire,
        )


class CommandePatch(NovaBody):
    """What is to be otherwise; what is left out stays. `taxiId: null` takes the card back into the pool."""

    date_iso: Instant | None = None
    duree_minutes: Minutes | None = None
    taxi_id: UUID | None = None
    statut: CommandeStatut | None = None
    client_id: UUID | None = None
    prise_en_charge: Line | None = None
    destination: Line | None = None
    prise_en_charge_point: PointBody | None = None
    destination_point: PointBody | None = None
    passagers: Passagers | None = None
    bagages: Bagages | None = None
    vol: Line | None = None
    commentaire: Text | None = None
    force: Force = False
    motif: Motif | None = None

    def to_changes(self) -> CommandeChanges:
        """What was sent. Raises ValidationError for a null where something must stand."""
        sent = {name: getattr(self, name) for name in self.model_fields_set if name not in ("force", "motif")}
        empty = [name for name, value in sorted(sent.items()) if value is None and name not in CLEARED]
        if empty:
            alias = type(self).model_fields
            raise ValidationError(
                tuple(FieldError(alias[name].alias or name, "missing", "may not be null") for name in empty)
            )
        plain: dict[str, Any] = {
            name: value.to_point() if isinstance(value, PointBody) else value for name, value in sent.items()
        }
        return cast("CommandeChanges", plain)


CLEARED = frozenset({"taxi_id", "prise_en_charge_point", "destination_point", "vol", "commentaire"})


@router.post("", **spec(CommandeView, CreateCommande.errors, status=201, keyed=True, row=True))
async def create_commande(
    body: CommandeBody,
    caller: StaffAdmin,
    create: Annotated[CreateCommande, use(CreateCommande)],
    once: Annotated[Once[CommandeView], staff_keyed(201)],
) -> Response:
    """Enter an order; courses of the past may be entered too."""
    view = await create(
        by=caller,
        client_id=body.client_id,
        draft=body.to_draft(),
        taxi_id=body.taxi_id,
        force=body.force,
        motif=body.motif,
        once=once,
    )
    return answer(view, status=201, once=once, etag=view.version)


@router.patch("/{id}", **spec(CommandeView | Possibility, ChangeCommande.errors, row=True))
async def change_commande(
    id: UUID,
    body: CommandePatch,
    caller: AnyStaff,
    version: IfMatch,
    change: Annotated[ChangeCommande, use(ChangeCommande)],
    dry_run: Annotated[
        bool, Query(alias="dryRun", description="Answer `{possible, conflits}` and change nothing.")
    ] = False,
) -> Response:
    """Drag and drop, edit, confirm by phone, start, end, take back: see the action table. A chauffeur starts and ends
    his own course.
    """
    changes = body.to_changes()
    if dry_run:
        possibility = await change.try_move(
            by=caller, commande_id=id, changes=changes, expected=version, force=body.force
        )
        return answer(possibility)
    view = await change(
        by=caller, commande_id=id, changes=changes, expected=version, force=body.force, motif=body.motif
    )
    return answer(view, etag=view.version)


@router.delete("/{id}", **spec(CommandeView, CancelCommande.errors, row=True))
async def cancel_commande(
    id: UUID,
    caller: StaffAdmin,
    version: IfMatch,
    cancel: Annotated[CancelCommande, use(CancelCommande)],
    motif: Annotated[Text | None, Query(description="Why.")] = None,
) -> Response:
    """Cancel before the course begins; chauffeur and client are told. It is kept."""
    view = await cancel(by=caller, commande_id=id, motif=motif, expected=version)
    return answer(view, etag=view.version)


@router.post("/{id}/undo", **spec(CommandeView, UndoMove.errors, row=True))
async def undo_move(id: UUID, caller: StaffAdmin, undo: Annotated[UndoMove, use(UndoMove)]) -> Response:
    """Take back one's own last move of this card, within ten minutes, if nothing has happened to it since."""
    view = await undo(by=caller, commande_id=id)
    return answer(view, etag=view.version)
