"""Ways to reach people."""

from __future__ import annotations

from typing import Protocol

from allonova.application.kernel.relay import Hopeless


class Undeliverable(Hopeless):
    """This message will never arrive, however often it is tried: a number that is none, for one."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class SmsSender(Protocol):
    """Text messages. Raises ProviderUnavailable when it may be tried again, Undeliverable when that is no use."""

    async def send(self, *, to: str, text: str, template: str) -> None:
        """Send `text` to an E.164 number; `template` names what it is for."""
