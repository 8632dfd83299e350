"""When the automatic dispatch looks at a commande, and what it says when it gives up."""

from __future__ import annotations

from datetime import datetime

from allonova.application.dispatch.notices import NoticeDesk
from allonova.application.dispatch.ports import DispatchUnit
from allonova.domain.dispatch.commande import AUTO_AHEAD, AUTO_TRIES, Commande
from allonova.domain.dispatch.notification import NotificationType
from allonova.domain.dispatch.societe import Societe


def auto_at(societe: Societe, commande: Commande) -> datetime | None:
    """At once, for a pre-booking 45 minutes before it begins; never when the company does without, a taxi was chosen,
    it was tried often enough, or the course was over before it came. To be asked again whenever a commande comes back
    to the pool or is moved there; while several chauffeurs are asked, the answer is never as well.
    """
    if not societe.dispatch_auto or commande.taxi_id is not None or commande.essais_auto >= AUTO_TRIES:
        return None
    if commande.fin_iso <= commande.en_attente_depuis:
        return None
    return max(commande.en_attente_depuis, commande.date_iso - AUTO_AHEAD)


async def tell_nobody_found(notices: NoticeDesk, unit: DispatchUnit, commande: Commande) -> None:
    """The admins learn that the automatic dispatch has given up: the commande is theirs to place."""
    await notices.tell_admins(
        unit,
        commande.societe_id,
        NotificationType.DEMANDE_EXPIREE,
        titre="Aucun chauffeur trouvé",
        description=f"{commande.reference} : le dispatch automatique s’arrête",
        data={"commandeId": str(commande.id)},
    )
