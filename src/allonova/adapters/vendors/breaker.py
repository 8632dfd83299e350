"""Leaves a vendor in peace that has stopped answering."""

from __future__ import annotations

import time
from collections.abc import Callable

from allonova.adapters.telemetry.metrics import BREAKER_OPEN, PROVIDER_SPARED

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
        self._vendor = "unnamed"

    def guard(self, vendor: str) -> None:
        """Whose it is, for the figures; before its first call."""
        self._vendor = vendor
        BREAKER_OPEN.labels(vendor)

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
            PROVIDER_SPARED.labels(self._vendor).inc()
            return False
        self._rest_until = now + REST_S
        return True

    def answered(self) -> None:
        """The vendor spoke, be it to refuse."""
        if self.is_open:
            BREAKER_OPEN.labels(self._vendor).dec()
        self._failures = 0

    def failed(self) -> None:
        """Nothing is known of the outcome."""
        self._failures += 1
        if self._failures == FAILURES:
            BREAKER_OPEN.labels(self._vendor).inc()
        if self.is_open:
            self._rest_until = self._monotonic() + REST_S
