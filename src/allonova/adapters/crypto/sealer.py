"""Personal values at rest: AES-256-GCM."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from allonova.adapters.crypto.keys import checked_keys
from allonova.application.kernel.ports import Sealer
from allonova.application.kernel.sealed_values import VERSION

KEY_BYTES = 32
NONCE_BYTES = 12  # NIST SP 800-38D §8.2.2: random, so at most 2³² values under one key
PURPOSE = b"allonova seal v1"


class AesSealer:
    """Seals with the current key and opens with whichever the value names: `v1.<key>.<base64url of nonce and text>`.

    The context and the key's name are bound in as associated data, so that a value moved to another row, column or
    key does not open.
    """

    def __init__(self, keys: Mapping[str, str], current_kid: str) -> None:
        self._ciphers = {kid: AESGCM(_key(secret)) for kid, secret in checked_keys(keys, current_kid).items()}
        self._current_kid = current_kid

    def seal(self, value: str, *, context: str) -> str:
        """See Sealer. The same value seals to another text each time."""
        kid, nonce = self._current_kid, secrets.token_bytes(NONCE_BYTES)
        sealed = self._ciphers[kid].encrypt(nonce, value.encode(), _bound(kid, context))
        return f"{VERSION}.{kid}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, *, context: str) -> str:
        """See Sealer."""
        version, kid, text = (*sealed.split("."), "", "", "")[:3]
        cipher = self._ciphers.get(kid)
        if version != VERSION or cipher is None or sealed.count(".") != 2:
            raise ValueError("not a sealed value of ours")
        raw = base64.b64decode(text, altchars=b"-_", validate=True)
        if base64.urlsafe_b64encode(raw).decode() != text:  # the last letter has bits that decoding ignores
            raise ValueError("not as we spell it")
        try:
            return cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], _bound(kid, context)).decode()
        except InvalidTag as error:
            raise ValueError("tampered with or moved") from error


def _key(secret: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=PURPOSE).derive(secret)


def _bound(kid: str, context: str) -> bytes:
    return f"{VERSION}.{kid}.{context}".encode()


def _conforms(sealer: AesSealer) -> Sealer:
    return sealer
