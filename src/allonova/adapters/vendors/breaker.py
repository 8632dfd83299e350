"""Leaves a vendor in peace that has stopped answering."""

from __future__ import annotations

import time
from collections.abc import Callable

FAILURES = 5
REST_S = 30.0


class Breaker:
    """Open after `FAILURES` unknown outcomes in a row: nobody calls for `REST_S`, then one call at a time tries.

    Real monotonic time: a vendor does not recover faster because the service's clock was moved.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._failures = 0
        self._rest_until = 0.0  # while open: when the next try may start

    @property
    def is_open(self) -> bool:
        """Whether too many calls in a row have failed."""
        return self._failures >= FAILURES

    def admit(self) -> bool:
        """Whether a call may start now. A try that never reports back blocks the next one for `REST_S` at most."""
        if not self.is_open:
            return True
        now = self._monotonic()
        if now < self._rest_until:
            return False
        self._rest_until = now + REST_S
        return True

    def answered(self) -> None:
        """The vendor spoke, be it to refuse."""
        self._failures = 0

    def failed(self) -> None:
        """Nothing is known of the outcome."""
        self._failures += 1
        if self.is_open:
            self._rest_until = self._monotonic() + REST_S
