"""Keys of objects."""

from __future__ import annotations

import re

KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(/[A-Za-z0-9][A-Za-z0-9_-]*)*(\.[a-z0-9]{1,5})?")
MAX_KEY = 300


def checked_key(key: str) -> str:
    """The key. Raises ValueError for one that is none of ours: dots and slashes lead out of folders."""
    if len(key) > MAX_KEY or not KEY.fullmatch(key):
        raise ValueError("not a key of ours")
    return key
