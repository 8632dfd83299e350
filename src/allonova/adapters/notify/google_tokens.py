"""Access tokens of a Google service account (OAuth 2.0 for server to server; providers.md 1.5)."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from google.auth.credentials import TokenState
from google.auth.exceptions import GoogleAuthError
from google.auth.transport import Request, Response

from allonova.adapters.vendors.http import TOTAL_S, Reply, VendorHttp
from allonova.domain.kernel.errors import ProviderUnavailable

if TYPE_CHECKING:
    from google.oauth2.service_account import Credentials

log = logging.getLogger(__name__)

SCOPE: Final = "https://www.googleapis.com/auth/firebase.messaging"

type Account = Mapping[str, str]
"""A service account's key file, as Google hands it out."""

NO_ACCOUNT: Final = "neither the key file of a Google service account nor its path"


def read_account(text: str) -> Account:
    """The key file, given as JSON or by its path. Raises ValueError, which quotes nothing of it, for anything else."""
    try:
        found = json.loads(text if text.lstrip().startswith("{") else Path(text).read_text())
        account = {name: value for name, value in found.items() if isinstance(value, str)}
        _credentials(account)
    except (OSError, ValueError, AttributeError, GoogleAuthError):
        raise ValueError(NO_ACCOUNT) from None
    return account


def _credentials(account: Account) -> Credentials:
    from google.oauth2.service_account import Credentials  # noqa: PLC0415 - heavy, and only an account needs it

    made: Credentials = Credentials.from_service_account_info(account, scopes=[SCOPE])  # type: ignore[no-untyped-call]
    return made


@cache
def made_up_account() -> Account:
    """An account that nobody knows, for a Google that is played; its key is made once a process."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return {
        "type": "service_account",
        "client_email": "allonova@sandbox.iam.gserviceaccount.com",
        "private_key_id": "sandbox",
        "private_key": pem,
        "token_uri": "https://oauth2.googleapis.com/token",
    }


class GoogleTokens:
    """One account's token, fetched when there is none that lasts. Its life is real time: it is Google's, not ours.

    Args:
        account: read at the first use.
        vendor: calls Google's token endpoint.
    """

    def __init__(self, account: Callable[[], Account], vendor: VendorHttp) -> None:
        self._account = account
        self._vendor = vendor
        self._credentials: Credentials | None = None
        self._turn = asyncio.Lock()

    async def token(self, *, refused: str | None = None) -> str:
        """A token that lasts for some minutes, and another one than `refused`.

        Raises:
            ProviderUnavailable: Google does not answer, or does not take the account.
        """
        async with self._turn:
            known = self._credentials
            if known is None or known.token_state is not TokenState.FRESH or known.token == refused:
                # Signing takes a processor for milliseconds, and the library waits: not in the event loop.
                loop = asyncio.get_running_loop()
                self._credentials = await asyncio.to_thread(self._renew, loop)
            return str(self._credentials.token if self._credentials else "")

    def _renew(self, loop: asyncio.AbstractEventLoop) -> Credentials:
        try:
            account = {**self._account(), "token_uri": self._vendor.base_url}
            credentials = self._credentials or _credentials(account)
            credentials.refresh(_Bridge(self._vendor, loop))  # type: ignore[no-untyped-call]
        except (GoogleAuthError, ValueError, TypeError, ArithmeticError) as error:  # or an answer that it cannot read
            log.error("google refused our service account", extra={"reason": type(error).__name__})  # noqa: TRY400
            raise ProviderUnavailable(self._vendor.vendor) from error
        return credentials


@dataclass(frozen=True, slots=True)
class _Answer(Response):
    """What Google said, as its library reads it."""

    reply: Reply

    @property
    def status(self) -> int:
        return self.reply.status

    @property
    def headers(self) -> Mapping[str, str]:
        return {}

    @property
    def data(self) -> bytes:
        return json.dumps(self.reply.body).encode()


class _Bridge(Request):
    """Lets the library, in its thread, call through our client in the event loop."""

    def __init__(self, vendor: VendorHttp, loop: asyncio.AbstractEventLoop) -> None:
        self._vendor = vendor
        self._loop = loop

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Any = None,
        timeout: float | None = None,
        **more: Any,
    ) -> Response:
        """The account's token request: a form that is posted. An outcome that is unknown ends the try, without the
        repetitions that the library would sleep for.
        """
        form = dict(parse_qsl((body or b"").decode()))
        reply = self._run(self._vendor.call(method, "", form=form))
        if not isinstance(reply.body, dict):
            raise ProviderUnavailable(self._vendor.vendor)
        return _Answer(reply)

    def _run(self, call: Coroutine[Any, Any, Reply]) -> Reply:
        running = asyncio.run_coroutine_threadsafe(call, self._loop)
        try:
            return running.result(TOTAL_S + 1)
        except TimeoutError as error:
            running.cancel()
            raise ProviderUnavailable(self._vendor.vendor) from error
