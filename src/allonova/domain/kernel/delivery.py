"""Deliveries of the outbox that were given up."""

from __future__ import annotations

from dataclasses import dataclass

from allonova.domain.kernel.errors import Conflict


@dataclass(eq=False)
class DeliveryNotDead(Conflict):
    """It is on its way still, or has arrived: only what was given up is sent again."""
