"""What refusals say, in English and French, by the name of their class; one without its own says its code's."""

from __future__ import annotations

from allonova.adapters.http.messages import identity, kernel, money, nova, rides

MESSAGES: dict[str, dict[str, str]] = (
    kernel.MESSAGES | identity.MESSAGES | money.MESSAGES | rides.MESSAGES | nova.MESSAGES
)
