"""Orders and the board."""

from __future__ import annotations

from allonova.application.dispatch.board_queries import BoardQueries
from allonova.application.dispatch.cancel_commande import CancelCommande
from allonova.application.dispatch.change_commande import ChangeCommande
from allonova.application.dispatch.create_commande import CreateCommande
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.undo_move import UndoMove
from allonova.application.kernel.ports import BeginFor
from allonova.domain.kernel.events import Event
from allonova.main.parts import Outside, Part, Platform
from allonova.main.parts.desks import desks

HEARD: dict[type[Event], tuple[str, ...]] = {}
EVERY_S: dict[str, int] = {}


def build(platform: Platform, outside: Outside) -> Part:
    """On its adapters."""
    begin_for: BeginFor[DispatchUnit] = platform.dispatch.begin_for
    desk = desks(platform, outside)
    return Part(
        use={
            BoardQueries: platform.dispatch.board,
            CreateCommande: CreateCommande(begin_for, desk.orders, desk.moves),
            ChangeCommande: ChangeCommande(begin_for, desk.cards, desk.moves, desk.drives, desk.cancels),
            CancelCommande: CancelCommande(begin_for, desk.cards, desk.cancels),
            UndoMove: UndoMove(begin_for, platform.clock, desk.moves),
        }
    )
