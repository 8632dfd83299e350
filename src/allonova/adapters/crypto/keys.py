"""Server secrets by name, so that a new one can take over while values made with the old one still hold."""

from __future__ import annotations

import re
from collections.abc import Mapping

MIN_SECRET_BYTES = 32  # RFC 7518 §3.2: an HS256 key is at least as long as its hash
KID = re.compile(r"[A-Za-z0-9_-]{1,32}")  # stands in tokens and in sealed values, between dots


def checked_keys(keys: Mapping[str, str], current_kid: str) -> dict[str, bytes]:
    """The secrets as bytes. Raises ValueError for an unknown current one, an odd name or a short secret."""
    if current_kid not in keys:
        raise ValueError("the current key is not among the keys")
    if not all(KID.fullmatch(kid) for kid in keys):
        raise ValueError("a key's name has 1 to 32 letters, digits, - or _")
    found = {kid: secret.encode() for kid, secret in keys.items()}
    if min(map(len, found.values())) < MIN_SECRET_BYTES:
        raise ValueError(f"a key has at least {MIN_SECRET_BYTES} bytes")
    return found
