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
    """Derives with the current key; what was derived before a rotation is looked for under all keys (`derivations`)."""

    def __init__(self, keys: Mapping[str, str], current_kid: str) -> None:
        roots = dict(checked_keys(keys, current_kid))
        self._kid = current_kid
        self._roots = (roots.pop(current_kid), *roots.values())
        self._subkeys: dict[str, tuple[bytes, ...]] = {}

    @property
    def kid(self) -> str:
        """The current key's id."""
        return self._kid

    def token(self) -> str:
        """256 random bits in base64url."""
        return secrets.token_urlsafe(TOKEN_BYTES)

    def derive(self, purpose: str, value: str) -> bytes:
        """HMAC-SHA256 under a key of the purpose's own. Purposes are constants of the code, so they are few."""
        return _hmac(self._of(purpose)[0], value)

    def derivations(self, purpose: str, value: str) -> tuple[bytes, ...]:
        """The same by every key, the current one's first."""
        return tuple(_hmac(subkey, value) for subkey in self._of(purpose))

    def _of(self, purpose: str) -> tuple[bytes, ...]:
        found = self._subkeys.get(purpose)
        if found is None:
            found = self._subkeys[purpose] = tuple(_hmac(root, f"derive:{purpose}") for root in self._roots)
        return found


def _hmac(key: bytes, value: str) -> bytes:
    return hmac.digest(key, value.encode("utf-8", "surrogatepass"), hashlib.sha256)


def _conforms(found: ServerSecrets) -> Secrets:
    return found
