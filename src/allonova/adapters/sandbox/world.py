"""What every played provider shares, and what a provider is made of."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from starlette.requests import Request
from starlette.responses import Response

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from allonova.adapters.sandbox.callbacks import Callbacks, Manner
    from allonova.adapters.sandbox.faults import FaultKind, Faults
    from allonova.adapters.sandbox.ledger import Ledger
    from allonova.adapters.sandbox.outbox import Outbox
    from allonova.adapters.sandbox.pace import Pace
    from allonova.adapters.sandbox.state import Json, State
    from allonova.application.kernel.ports import ClockControl

type Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxConfig:
    """Where the state lies, where a browser reaches `/sandbox`, where our API listens, the shared secrets, and on which
    site the forms are.
    """

    state_path: Path
    public_url: str
    webhook_base_url: str
    wave_webhook_secret: str = field(repr=False)
    stripe_webhook_secret: str = field(default="whsec_sandbox", repr=False)
    brevo_webhook_token: str = field(default="brevo-hook-sandbox", repr=False)
    orange_sms_receipt_secret: str = field(default="orange-sms-sandbox", repr=False)
    form_hostname: str = "localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The shared mechanisms, handed to each provider."""

    config: SandboxConfig
    state: State
    clock: ClockControl
    pace: Pace
    faults: Faults
    ledger: Ledger
    outbox: Outbox
    callbacks: Callbacks
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    def checkout_url(self, provider_ref: str) -> str:
        """Where the payer's page of this payment is."""
        return f"{self.config.public_url.rstrip('/')}/sandbox/checkout/{provider_ref}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutView:
    """A payment as the payer sees it; `status` is open, paid, failed or expired, `raw` the provider's words.

    `may_retry`: an attempt that fails leaves it open.
    """

    provider: str
    provider_ref: str
    business_name: str
    amount: int
    currency: str
    status: str
    reference: str | None
    last_failure: str | None
    expires_at: datetime | None
    success_url: str
    error_url: str
    raw: Json
    may_retry: bool = True


class Checkout(Protocol):
    """The payer's side of a provider: somebody looks at the page and presses a button."""

    def view(self, provider_ref: str) -> CheckoutView | None:
        """The payment with this id, or None when it is not this provider's."""
        ...

    async def pay(self, provider_ref: str) -> CheckoutView:
        """The payer pays; a no-op unless open. Tells our webhook, waiting for the first try."""
        ...

    async def fail(self, provider_ref: str) -> CheckoutView:
        """The payer's attempt fails; a no-op unless open. Tells our webhook likewise."""
        ...


class ProviderRefused(Exception):
    """A refusal in the provider's own words."""

    def __init__(self, status: int, body: Json, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One endpoint of a provider; `path` is under the provider's base path. Armed faults pass by one `is_spared`: which
    call of ours fetches a token depends on what it still has, and a fault is meant for what moves money.
    """

    method: str
    path: str
    handler: Handler
    is_spared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One played provider: its calls under `/sandbox<base>`, its breakdowns' words, its payer's page."""

    name: str
    base: str
    calls: tuple[Call, ...]
    breakdown: Callable[[int], Json]
    fault_kinds: frozenset[FaultKind]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    checkout: Checkout | None = None
    callbacks: Manner | None = None
