"""When the automatic dispatch looks at a commande."""

from __future__ import annotations

from datetime import datetime

from allonova.domain.dispatch.commande import AUTO_AHEAD, AUTO_TRIES, Commande
from allonova.domain.dispatch.societe import Societe


def auto_at(societe: Societe, commande: Commande) -> datetime | None:
    """At once, for a pre-booking 45 minutes before it begins; never when the company does without, a taxi was chosen
    or it was tried often enough.
    """
    if not societe.dispatch_auto or commande.taxi_id is not None or commande.essais_auto >= AUTO_TRIES:
        return None
    return max(commande.en_attente_depuis, commande.date_iso - AUTO_AHEAD)
