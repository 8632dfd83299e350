"""Ways to reach people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail before it has a form: senders write it as plain text and as HTML, and both say the same.

    `code` stands by itself, large; `button` is what the link `url` is called. `data` is what a program may read
    instead of the prose: `{code}`, or `{token, url}`.
    """

    template: str
    language: str
    subject: str
    paragraphs: tuple[str, ...]
    code: str | None = None
    button: str | None = None
    url: str | None = None
    data: Mapping[str, str] = field(default_factory=dict)


class MailSender(Protocol):
    """Mail. Raises as SmsSender does."""

    async def send(self, *, to: str, letter: Letter) -> None:
        """Send it to an address."""
