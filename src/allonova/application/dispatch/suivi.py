"""Follow-up links: whoever ordered on the public form can look at his course, and nobody else."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from allonova.application.identity.codes import spelt, token_kept
from allonova.application.kernel.ports import Secrets
from allonova.domain.dispatch.commande import Commande


@dataclass(frozen=True, slots=True)
class SuiviLinks:
    """Makes the links. A token is derived from the commande's id, so that a mail sent later holds the same one; only
    its hash is kept.
    """

    secrets: Secrets
    web_url: str

    def token(self, commande_id: UUID) -> str:
        """The secret of a link that is made now: 256 bits in base64url."""
        return spelt(self.secrets.derive("suivi", str(commande_id)))

    def url(self, reference: str, token: str) -> str:
        """Where it leads; the token stands in the fragment, which browsers keep to themselves."""
        return f"{self.web_url}/nova/suivi/{reference}#token={token}"

    def living(self, commande: Commande) -> str | None:
        """The token of a commande that has a link, whichever of the server's keys made it. None when that one is gone:
        the link that went out first still works, and another one cannot be made from here.
        """
        derived = self.secrets.derivations("suivi", str(commande.id))
        return token_kept(map(spelt, derived), commande.suivi_hash or "")
