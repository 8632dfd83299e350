"""Names on one line."""

from __future__ import annotations

from typing import Final

from allonova.adapters.vendors.http import plain
from allonova.adapters.vendors.strict_json import Json

MAX_NAME: Final = 200  # of a place or a stop, as drivers may write them


def one_line(*parts: Json) -> str | None:
    """From the nearest to the widest, each once; None when none of them is text."""
    found = dict.fromkeys(filter(None, (plain(part, MAX_NAME) for part in parts)))
    return ", ".join(found)[:MAX_NAME].rstrip() or None
