"""What is to go wrong next: faults armed by a test and used up by calls and callbacks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from allonova.adapters.sandbox.state import Json, State


class FaultKind(StrEnum):
    """The ways in which a provider fails: four for the calls made to it, five for its own callbacks."""

    TIMEOUT = "timeout"
    ERROR = "error"
    HTML = "html"
    ACCEPTED_THEN_TIMEOUT = "accepted_then_timeout"
    DUPLICATE = "duplicate"
    LATE = "late"
    LOST = "lost"
    WRONG_AMOUNT = "wrong_amount"
    BAD_SIGNATURE = "bad_signature"


CALL_KINDS: Final = frozenset({FaultKind.TIMEOUT, FaultKind.ERROR, FaultKind.HTML, FaultKind.ACCEPTED_THEN_TIMEOUT})
CALLBACK_KINDS: Final = frozenset(FaultKind) - CALL_KINDS
# Longer than any sane client waits; a late callback comes after the payer is back on our page.
DEFAULT_DELAY_S: Final = {FaultKind.TIMEOUT: 30.0, FaultKind.ACCEPTED_THEN_TIMEOUT: 30.0, FaultKind.LATE: 5.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One armed fault; `delay_s` is 0 for kinds that do not wait."""

    provider: str
    kind: FaultKind
    times: int
    delay_s: float

    def shown(self) -> Json:
        """As the controls show it; `times` is how often it will still strike."""
        kind = self.kind.value
        return {"provider": self.provider, "kind": kind, "times": self.times, "delay_s": self.delay_s}


@dataclass(frozen=True, slots=True)
class Faults:
    """The armed faults of all providers."""

    state: State

    def arm(self, provider: str, kind: FaultKind, times: int, delay_s: float | None) -> Fault:
        """Makes the next `times` calls or callbacks go wrong, instead of what was armed before; 0 clears."""
        delay = DEFAULT_DELAY_S.get(kind, 0.0) if delay_s is None else delay_s
        with self.state.transaction():
            self.state.rows("DELETE FROM faults WHERE provider = ? AND kind = ?", provider, kind.value)
            if times > 0:
                self.state.rows(
                    "INSERT INTO faults (provider, kind, times, delay_s, armed)"
                    " VALUES (?, ?, ?, ?, (SELECT coalesce(max(armed), 0) + 1 FROM faults))",
                    provider, kind.value, times, delay,
                )  # fmt: skip
        return Fault(provider=provider, kind=kind, times=times, delay_s=delay)

    def armed(self) -> list[Fault]:
        """What will still strike, in the order in which it was armed."""
        rows = self.state.rows("SELECT provider, kind, times, delay_s FROM faults WHERE times > 0 ORDER BY armed")
        return [Fault(**{**row, "kind": FaultKind(row["kind"])}) for row in map(dict, rows)]

    def strike_call(self, provider: str) -> Fault | None:
        """Uses up one fault for a call: a call fails in one way, that of the fault armed first."""
        with self.state.transaction():
            for fault in self.armed():
                if fault.provider == provider and fault.kind in CALL_KINDS:
                    self._use(fault)
                    return fault
        return None

    def strike_callback(self, provider: str) -> dict[FaultKind, Fault]:
        """Uses up one of each kind for a callback: it may well be late, doubled and wrong at once."""
        with self.state.transaction():
            hits = [f for f in self.armed() if f.provider == provider and f.kind in CALLBACK_KINDS]
            for fault in hits:
                self._use(fault)
        return {fault.kind: fault for fault in hits}

    def _use(self, fault: Fault) -> None:
        self.state.rows(
            "UPDATE faults SET times = times - 1 WHERE provider = ? AND kind = ?",
            fault.provider, fault.kind.value,
        )  # fmt: skip
