"""Ways to reach people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final, Protocol

from allonova.application.kernel.relay import Hopeless
from allonova.domain.notifications.suppression import SuppressionReason

ALLOCAR: Final = "AlloCar"
NOVA: Final = "NOVA"


class Undeliverable(Hopeless):
    """This message will never arrive, however often it is tried: a number that is none, for one."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class BadAddress(Undeliverable):
    """Nothing will ever arrive at this address: forget that there is one."""


class SmsSender(Protocol):
    """Text messages. Raises ProviderUnavailable when it may be tried again, Undeliverable when that is no use, and of
    these BadAddress when it is the number that is wrong.
    """

    async def send(self, *, to: str, text: str, template: str) -> None:
        """Send `text` to an E.164 number; `template` names what it is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail before it has a form: senders write it as plain text and as HTML, and both say the same.

    `code` stands by itself, large; `button` is what the link `url` is called. `data` is what a program may read
    instead of the prose: `{code}`, or `{token, url}`. `brand` is in whose name it is written. `stored` is a template
    that lies with the vendor, by its number there, for senders who know any: `facts` and `data` fill it in.
    """

    template: str
    language: str
    subject: str
    paragraphs: tuple[str, ...]
    code: str | None = None
    button: str | None = None
    url: str | None = None
    data: Mapping[str, str] = field(default_factory=dict)
    brand: str = ALLOCAR
    stored: int | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


class MailSender(Protocol):
    """Mail. Raises as SmsSender does."""

    async def send(self, *, to: str, letter: Letter) -> None:
        """Send it to an address."""


@dataclass(frozen=True, slots=True)
class MailReport:
    """What became of a mail: why its address gets no more, or, without a reason, that its owner wants no news."""

    email: str = field(repr=False)
    reason: SuppressionReason | None


class MailReports(Protocol):
    """Reads what a vendor of mails reports."""

    def read(self, headers: Mapping[str, str], body: bytes) -> Sequence[MailReport]:
        """What matters of it. Raises WebhookInvalidSignature for strangers, ValidationError for what is no report."""


class SmsReceipts(Protocol):
    """Takes in what a vendor of text messages reports."""

    def take(self, secret: str, body: bytes) -> str:
        """What it says. Raises NotFound for strangers, ValidationError for what is no receipt."""


class DeadToken(Exception):
    """No installation will ever hear under this token: forget it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class TargetKind(StrEnum):
    """How the push service knows an installation: by its registration token, or by its installation id."""

    TOKEN = "token"  # noqa: S105 - a kind
    FID = "fid"


@dataclass(frozen=True, slots=True)
class PushTarget:
    """An installation of an app."""

    kind: TargetKind
    token: str = field(repr=False)


class PushSender(Protocol):
    """Push messages to phones and browsers.

    Raises ProviderUnavailable when it may be tried again, Undeliverable when the message itself is wrong (the token
    is kept), DeadToken when the installation is gone.
    """

    async def send(
        self, *, to: PushTarget, title: str, body: str, data: Mapping[str, str], key: str, lasts: timedelta
    ) -> None:
        """Send it to one installation. A second one with the same `key` takes the place of the first on the screen;
        one that does not arrive while it `lasts` is dropped.
        """
