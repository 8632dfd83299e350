"""Follow-up links: whoever ordered on the public form can look at his course, and nobody else."""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from uuid import UUID

from allonova.application.identity.codes import token_hash
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
        """The secret of a link: 256 bits in base64url."""
        return base64.urlsafe_b64encode(self.secrets.derive("suivi", str(commande_id))).rstrip(b"=").decode()

    def url(self, reference: str, token: str) -> str:
        """Where it leads; the token stands in the fragment, which browsers keep to themselves."""
        return f"{self.web_url}/nova/suivi/{reference}#token={token}"

    def living(self, commande: Commande) -> str | None:
        """The token of a commande that has a link. None when the server's key is another one since it was made: the
        link that went out first still works, and another one cannot be made from here.
        """
        token = self.token(commande.id)
        return token if hmac.compare_digest(commande.suivi_hash or "", token_hash(token)) else None
