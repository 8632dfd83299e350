"""Randomness, and values derived from the server's secrets."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping

from allonova.adapters.crypto.keys import checked_keys
from allonova.application.kernel.ports import Secrets

TOKEN_BYTES = 32


class ServerSecrets:
    """Derives with the current key alone: after a rotation, one-time codes on their way and the ten seconds of grace
    of a refresh token have to be asked for again; nothing that lives longer may be derived.
    """

    def __init__(self, keys: Mapping[str, str], current_kid: str) -> None:
        self._root = checked_keys(keys, current_kid)[current_kid]
        self._subkeys: dict[str, bytes] = {}

    def token(self) -> str:
        """256 random bits in base64url."""
        return secrets.token_urlsafe(TOKEN_BYTES)

    def derive(self, purpose: str, value: str) -> bytes:
        """HMAC-SHA256 under a key of the purpose's own. Purposes are constants of the code, so they are few."""
        subkey = self._subkeys.get(purpose)
        if subkey is None:
            subkey = self._subkeys[purpose] = hmac.digest(self._root, f"derive:{purpose}".encode(), hashlib.sha256)
        return hmac.digest(subkey, value.encode("utf-8", "surrogatepass"), hashlib.sha256)


def _conforms(found: ServerSecrets) -> Secrets:
    return found
