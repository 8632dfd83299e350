"""How NOVA's views are spelt outside: `prise_en_charge` is `priseEnCharge`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import dataclass_transform

_ODD = {"date_iso": "dateISO"}


def camel(name: str) -> str:
    """A field's name on the wire."""
    first, *rest = name.split("_")
    return _ODD.get(name) or first + "".join(word.capitalize() for word in rest)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def wire[T](kind: type[T]) -> type[T]:
    """A view: a frozen dataclass whose fields the HTTP adapter writes in camelCase."""
    view = dataclass(frozen=True, slots=True, kw_only=True)(kind)
    view.__pydantic_config__ = {"alias_generator": camel}  # type: ignore[attr-defined]
    return view
