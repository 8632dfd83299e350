"""What several parts of NOVA share: how offers, cards, notices and the log are written."""

from __future__ import annotations

from dataclasses import dataclass

from allonova.application.dispatch.cancel_commande import CancelDesk
from allonova.application.dispatch.card_desk import CardDesk
from allonova.application.dispatch.drive_desk import DriveDesk
from allonova.application.dispatch.move_desk import MoveDesk
from allonova.application.dispatch.notices import NoticeDesk
from allonova.application.dispatch.offer_desk import OfferDesk
from allonova.application.dispatch.order_desk import OrderDesk
from allonova.application.dispatch.trail import Trail
from allonova.main.parts import Outside, Platform


@dataclass(frozen=True, slots=True)
class Desks:
    """Each by its work."""

    notices: NoticeDesk
    trail: Trail
    offers: OfferDesk
    orders: OrderDesk
    cards: CardDesk
    moves: MoveDesk
    drives: DriveDesk
    cancels: CancelDesk


def desks(platform: Platform, outside: Outside) -> Desks:
    """All of them."""
    clock, ids = platform.clock, outside.ids
    notices, trail = NoticeDesk(clock, ids), Trail(clock, ids)
    offers = OfferDesk(clock, ids, notices)
    cards = CardDesk(clock, offers, notices, trail)
    return Desks(
        notices=notices,
        trail=trail,
        offers=offers,
        orders=OrderDesk(clock, ids, notices, trail),
        cards=cards,
        moves=MoveDesk(clock, ids, cards),
        drives=DriveDesk(clock, cards),
        cancels=CancelDesk(cards),
    )
