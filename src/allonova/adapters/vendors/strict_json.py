"""JSON from strangers: what cannot be kept safely is refused with one error."""

from __future__ import annotations

import json
import math
from typing import NoReturn

MAX_DEPTH = 32
type Json = dict[str, Json] | list[Json] | str | int | float | bool | None


class MalformedJson(ValueError):
    """Not UTF-8, not JSON, or JSON that means different things to different readers."""


def loads(body: bytes) -> Json:
    """The value of a JSON text.

    Raises:
        MalformedJson: also for duplicate names, NaN and infinities, NUL and lone surrogates (PostgreSQL keeps
            neither), and nesting beyond `MAX_DEPTH`; never anything else.
    """
    try:
        value: Json = json.loads(body.decode(), object_pairs_hook=_unique, parse_constant=_refused, parse_float=_finite)
        _require_plain(value)
    except (ValueError, RecursionError) as error:
        raise MalformedJson from error
    return value


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedJson("a name stands twice")
    return found


def _refused(_: str) -> NoReturn:
    raise MalformedJson("no number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise MalformedJson("beyond a double")
    return value


def _require_plain(root: Json) -> None:
    """Walks level by level, so that depth costs no stack."""
    level: list[Json] = [root]
    for _ in range(MAX_DEPTH):
        if not level:
            return
        below: list[Json] = []
        for value in level:
            if isinstance(value, dict):
                below += [*value, *value.values()]
            elif isinstance(value, list):
                below += value
            elif isinstance(value, str):
                _require_text(value)
        level = below
    if level:
        raise MalformedJson("too deep")


def _require_text(text: str) -> None:
    if "\0" in text:
        raise MalformedJson("NUL")
    text.encode()  # UnicodeEncodeError, a ValueError, for a lone surrogate
