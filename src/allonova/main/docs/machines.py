"""The page of state machines, from the tables that the domain obeys."""

from __future__ import annotations

from enum import StrEnum
from types import ModuleType
from typing import Any

from allonova.domain.kernel.machine import Machine
from allonova.main.docs.source import NOTE, modules_of, table

HEAD = f"""{NOTE}

# State machines

Each cell says where an action leads from a state, and who may take it. An empty cell is a step that does not exist:
the API answers `invalid_transition`, or `forbidden` to whoever may never take that action.
"""


def machines_page() -> str:
    """Every machine of the domain: its table and its diagram."""
    return "\n".join([HEAD, *(_section(module, machine) for module, machine in _machines())])


def _machines() -> list[tuple[ModuleType, Machine[Any, Any]]]:
    found: dict[int, tuple[ModuleType, Machine[Any, Any]]] = {}
    for module in modules_of("allonova.domain"):
        for value in vars(module).values():
            if isinstance(value, Machine):
                found.setdefault(id(value), (module, value))
    return sorted(found.values(), key=lambda pair: pair[1].name)


def _section(module: ModuleType, machine: Machine[Any, Any]) -> str:
    file = module.__name__.replace(".", "/")
    starts = ", ".join(f"`{state}`" for state in machine.starts)
    return "\n".join(
        [
            f"## {machine.name}",
            "",
            f"Starts in {starts}. Source: [{file.rpartition('/')[2]}.py](../src/{file}.py)",
            "",
            _cells(machine),
            "",
            f"```mermaid\n{machine.mermaid()}\n```",
            "",
        ]
    )


def _cells(machine: Machine[Any, Any]) -> str:
    states: list[StrEnum] = [*type(machine.starts[0]).__members__.values()]
    actions = list(dict.fromkeys(action for _, action in machine.steps))
    rows = [[f"`{state}`", *(_cell(machine, state, action) for action in actions)] for state in states]
    return table(["", *(f"`{action}`" for action in actions)], rows)


def _cell(machine: Machine[Any, Any], state: StrEnum, action: StrEnum) -> str:
    step = machine.steps.get((state, action))
    return f"→ `{step.to}` ({', '.join(sorted(step.who))})" if step else ""
