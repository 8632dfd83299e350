"""The catalogue of refusals."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Mapping
from typing import get_type_hints

from allonova.domain.kernel.errors import DomainError, error_classes
from allonova.main.docs.source import NOTE, link, modules_of, table

HEAD = f"""{NOTE}

# Errors

A refusal is `{{"error": {{"code", "message", "details"}}, "meta": {{"request_id"}}}}`. The code is stable and the facts
are in `details`; the message follows `Accept-Language`. `retry_after_s` is not among the details: it is the header
`Retry-After`. The first row under a code is the code itself, the others are the rules that refuse with it.
"""


def errors_page(status: Mapping[str, int], messages: Mapping[str, Mapping[str, str]]) -> str:
    """Every refusal with its code, status, facts and messages.

    Args:
        status: HTTP status by code.
        messages: `fr` and `en` by the name of the refusal's class.
    """
    modules_of("allonova.domain")
    by_code: dict[str, list[type[DomainError]]] = {}
    for kind in error_classes():
        if kind.__module__.startswith("allonova."):
            by_code.setdefault(kind.code, []).append(kind)
    sections = [_section(code, status[code], kinds, messages) for code, kinds in sorted(by_code.items())]
    return "\n".join([HEAD, *sections])


def _section(code: str, status: int, kinds: list[type[DomainError]], messages: Mapping[str, Mapping[str, str]]) -> str:
    own, *rules = sorted(kinds, key=lambda kind: (kind.__bases__[0] is not DomainError, kind.__name__))
    rows = [_row(kind, messages[kind.__name__]) for kind in (own, *rules)]
    return f"## `{code}` ({status})\n\n{table(['Refusal', 'When', 'Facts', 'Français', 'English'], rows)}\n"


def _row(kind: type[DomainError], message: Mapping[str, str]) -> list[str]:
    when = " ".join((inspect.getdoc(kind) or "").split("\n\n")[0].split())
    return [link(kind), when, _facts(kind), message["fr"], message["en"]]


def _facts(kind: type[DomainError]) -> str:
    hints = get_type_hints(kind)
    names = [field.name for field in dataclasses.fields(kind)]
    return ", ".join(f"`{name.rstrip('_')}`: {_type(hints[name])}" for name in names) or "–"


def _type(hint: object) -> str:
    return re.sub(r"\w+\.", "", hint.__name__ if isinstance(hint, type) else str(hint))
