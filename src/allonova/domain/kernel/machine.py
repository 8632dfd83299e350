"""State machines as tables: `(state, action) → (state, who may)`.

Guards, the `actions` that the API shows on an object and the diagrams of `docs/machines.md` come from the same table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from allonova.domain.kernel.errors import Forbidden, InvalidTransition


class Party(StrEnum):
    """Who acts on an object, as seen from that object."""

    PASSENGER = "passenger"
    DRIVER = "driver"
    CHAUFFEUR = "chauffeur"
    OWNER = "owner"
    ADMIN = "admin"
    SYSTEM = "system"
    PROVIDER = "provider"


@dataclass(frozen=True, slots=True)
class Step[S: StrEnum]:
    """Where an action leads and who may take it."""

    to: S
    who: frozenset[Party]


def step[S: StrEnum](to: S, *who: Party) -> Step[S]:
    """A cell of a machine's table."""
    return Step(to, frozenset(who))


class Machine[S: StrEnum, A: StrEnum]:
    """A named table of steps."""

    def __init__(self, name: str, start: S | Iterable[S], steps: Mapping[tuple[S, A], Step[S]]) -> None:
        self.name = name
        self.starts: tuple[S, ...] = (start,) if isinstance(start, StrEnum) else tuple(start)
        self.steps = MappingProxyType(dict(steps))
        self._who: dict[A, frozenset[Party]] = {}
        for (_, action), cell in self.steps.items():
            self._who[action] = self._who.get(action, frozenset()) | cell.who

    def go(self, state: S, action: A, by: Party) -> S:
        """The state after `action`.

        Raises:
            Forbidden: this party may never do it, whatever the state.
            InvalidTransition: not from this state.
        """
        if by not in self._who[action]:
            raise Forbidden
        cell = self.steps.get((state, action))
        if cell is None or by not in cell.who:
            raise InvalidTransition(from_=state, to=self._aim(action))
        return cell.to

    def actions(self, state: S, by: Party) -> tuple[A, ...]:
        """What this party may do now."""
        return tuple(action for (at, action), cell in self.steps.items() if at == state and by in cell.who)

    def _aim(self, action: A) -> S:
        return next(cell.to for (_, other), cell in self.steps.items() if other == action)

    def mermaid(self) -> str:
        """The diagram of the table, in Mermaid's stateDiagram-v2."""
        lines = ["stateDiagram-v2", *(f"    [*] --> {state}" for state in self.starts)]
        for (state, action), cell in self.steps.items():
            who = ", ".join(sorted(cell.who))
            lines.append(f"    {state} --> {cell.to}: {action} ({who})")
        ends = {cell.to for cell in self.steps.values()} - {state for state, _ in self.steps}
        return "\n".join([*lines, *(f"    {state} --> [*]" for state in sorted(ends))])
