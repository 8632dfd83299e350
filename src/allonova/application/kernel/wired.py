"""How use cases, desks and adapters are declared: things that hold others, and do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import dataclass_transform


@dataclass_transform(frozen_default=True, eq_default=False, field_specifiers=(field,))
def wired[T](cls: type[T]) -> type[T]:
    """A dataclass that is put together once, and then only called. Nobody assigns to it, and the type checker sees to
    that; it is equal to itself alone, and shows nothing of what it holds.

    A frozen dataclass says so at run time, by methods that are compiled at each start of a process, for each class.
    """
    return dataclass(slots=True, eq=False, repr=False)(cls)
