"""Offers to chauffeurs: their answers, their end, the automatic dispatch."""

from __future__ import annotations

from allonova.application.dispatch.accept_demande import AcceptDemande
from allonova.application.dispatch.answer_desk import AnswerDesk
from allonova.application.dispatch.broadcast_commande import BroadcastCommande
from allonova.application.dispatch.dispatch_commandes import DispatchCommandes
from allonova.application.dispatch.expire_demandes import ExpireDemandes
from allonova.application.dispatch.offer_queries import OfferQueries
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.refuse_demande import RefuseDemande
from allonova.application.kernel.ports import BeginFor
from allonova.domain.kernel.events import Event
from allonova.main.parts import Outside, Part, Platform
from allonova.main.parts.desks import desks

HEARD: dict[type[Event], tuple[str, ...]] = {}
EVERY_S = {"demandes": 5, "dispatch": 10}


def build(platform: Platform, outside: Outside) -> Part:
    """On its adapters."""
    begin_for: BeginFor[DispatchUnit] = platform.dispatch.begin_for
    clock, doors, desk = platform.clock, platform.dispatch.doors, desks(platform, outside)
    answers = AnswerDesk(clock, desk.offers, desk.notices, desk.trail)
    return Part(
        use={
            OfferQueries: platform.dispatch.offers,
            AcceptDemande: AcceptDemande(begin_for, answers),
            RefuseDemande: RefuseDemande(begin_for, answers),
            BroadcastCommande: BroadcastCommande(begin_for, desk.cards),
        },
        jobs={
            "demandes": ExpireDemandes(begin_for, doors, answers),
            "dispatch": DispatchCommandes(begin_for, doors, clock, desk.offers, desk.notices, desk.trail),
        },
    )
