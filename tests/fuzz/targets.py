"""Whatever reads what a stranger sent as proof."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httpx
from jose import jwk, jws

from allonova.adapters.crypto.sealer import AesSealer
from allonova.adapters.notify.brevo_reports import BrevoReports
from allonova.adapters.notify.orange_receipts import OrangeReceipts
from allonova.adapters.social.id_tokens import GOOGLE_ISSUERS, IdTokens
from allonova.adapters.social.keys import ProviderKeys
from allonova.adapters.telemetry.traces import context_of
from allonova.application.money.ports import ProviderEvent
from allonova.domain.identity.session import Audience
from allonova.domain.identity.social import BadIdToken, SocialProvider
from allonova.domain.kernel.errors import AuthRequired, NotFound, ValidationError, WebhookInvalidSignature
from tests.crypto import test_tokens as access
from tests.fuzz.target import Target
from tests.payments import test_mtn_webhook as mtn
from tests.payments import test_orange_webhook as orange
from tests.payments import test_stripe_webhook as stripe
from tests.payments import test_wave_webhook as wave
from tests.social import test_id_tokens as social

SECRET = "the-secret-of-a-hook"
CONTEXT = "kyc_documents.doc_number:1"
SEALER = AesSealer(access.KEYS, "k1")
TRACE = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def _lines(data: bytes) -> tuple[str, bytes]:
    """A header's value, as servers hand it over, and a body."""
    header, _, body = data.partition(b"\n")
    return header.decode("latin-1"), body


def _wave(data: bytes) -> ProviderEvent:
    header, body = _lines(data)
    return wave.gateway().read_event({"wave-signature": header}, body)


def _wave_signed(data: bytes) -> ProviderEvent:
    return wave.gateway().read_event(wave.signed(data), data)


def _stripe(data: bytes) -> ProviderEvent:
    header, body = _lines(data)
    return stripe.GATEWAY.read_event({"stripe-signature": header}, body)


def _stripe_signed(data: bytes) -> ProviderEvent:
    return stripe.GATEWAY.read_event(stripe.signed(data), data)


def _mtn(data: bytes) -> ProviderEvent:
    return mtn.GATEWAY.read_event({}, data)


def _orange(data: bytes) -> ProviderEvent:
    return orange.GATEWAY.read_event({}, data)


def _brevo(data: bytes) -> object:
    header, body = _lines(data)
    return BrevoReports(SECRET).read({"authorization": header}, body)


def _brevo_known(data: bytes) -> object:
    return BrevoReports(SECRET).read({"authorization": f"Bearer {SECRET}"}, data)


def _receipt(data: bytes) -> object:
    header, body = _lines(data)
    return OrangeReceipts(SECRET).take(header, body)


def _receipt_known(data: bytes) -> object:
    return OrangeReceipts(SECRET).take(SECRET, data)


ACCESS = access.make()


def _access(data: bytes) -> object:
    return ACCESS.verify(data.decode("latin-1"), audience=Audience.ALLOCAR)


def _access_signed(data: bytes) -> object:
    return ACCESS.verify(access.forged(data), audience=Audience.ALLOCAR)


class _IdTokens:
    """Google's, whose keys were asked for once: after that nothing is waited for."""

    def __init__(self) -> None:
        transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"keys": [social.JWK]}))
        keys = ProviderKeys(
            httpx.AsyncClient(transport=transport), vendor="google", url="https://keys.test", monotonic=lambda: 0.0
        )
        self.loop = asyncio.new_event_loop()
        self.tokens = IdTokens(
            provider=SocialProvider.GOOGLE,
            issuers=GOOGLE_ISSUERS,
            clients=("ios.apps.test",),
            keys=keys,
            clock=social.Clock(),
        )

    def __call__(self, data: bytes) -> object:
        return self.loop.run_until_complete(self.tokens.verify(data.decode("latin-1"), nonce=None))


ID_TOKENS = _IdTokens()
ID_KEY = jwk.construct(social.PEM, "RS256")  # reading it takes longer than a thousand inputs


def _id_signed(data: bytes) -> object:
    return ID_TOKENS(jws.sign(data, ID_KEY, headers={"kid": "k1"}, algorithm="RS256").encode())


def _sealed(data: bytes) -> object:
    return SEALER.open(data.decode("latin-1"), context=CONTEXT)


def _trace(data: bytes) -> object:
    return context_of(data.decode("latin-1"))


def _json(*values: Any) -> tuple[bytes, ...]:
    return tuple(json.dumps(value).encode() for value in values)


def _with(headers: Mapping[str, str], body: bytes) -> bytes:
    (header,) = headers.values()
    return header.encode() + b"\n" + body


WAVES = _json(wave.event(), wave.event("checkout.session.payment_failed"))
STRIPES = _json(*stripe.KINDS)
REPORTS = _json(
    {"event": "hard_bounce", "email": "awa@exemple.test"},
    [{"event": "unsubscribed", "email": "awa@exemple.test"}, {"event": "opened"}],
)
RECEIPTS = _json({"deliveryInfoNotification": {"deliveryInfo": {"deliveryStatus": "DeliveredToTerminal"}}})
BEARER = {"authorization": f"Bearer {SECRET}"}
FORGED = (WebhookInvalidSignature,)
REPORTED = (WebhookInvalidSignature, ValidationError)
RECEIVED = (NotFound, ValidationError)

TARGETS: Mapping[str, Target] = {
    "wave": Target(_wave, (*(_with(wave.signed(body), body) for body in WAVES),), FORGED),
    "wave, signed": Target(_wave_signed, WAVES, FORGED),
    "stripe": Target(_stripe, (*(_with(stripe.signed(body), body) for body in STRIPES),), FORGED),
    "stripe, signed": Target(_stripe_signed, STRIPES, FORGED),
    "mtn": Target(_mtn, _json({"externalId": mtn.ID, "status": "SUCCESSFUL", "reason": {"code": "EXPIRED"}}), FORGED),
    "orange": Target(_orange, _json(orange.TOLD), FORGED),
    "brevo": Target(_brevo, (*(_with(BEARER, body) for body in REPORTS),), REPORTED),
    "brevo, known": Target(_brevo_known, REPORTS, REPORTED),
    "orange's receipts": Target(_receipt, (*(_with({"": SECRET}, body) for body in RECEIPTS),), RECEIVED),
    "orange's receipts, known": Target(_receipt_known, RECEIPTS, RECEIVED),
    "access tokens": Target(_access, (access.signed(ACCESS).encode(),), (AuthRequired,)),
    "access tokens, signed": Target(_access_signed, _json(access.claims()), (AuthRequired,)),
    "id tokens": Target(ID_TOKENS, (social.signed(social.CLAIMS).encode(),), (BadIdToken,)),
    "id tokens, signed": Target(_id_signed, _json(social.CLAIMS, social.APPLES), (BadIdToken,)),
    "sealed values": Target(_sealed, (SEALER.seal("CI0012345", context=CONTEXT).encode(),), (ValueError,)),
    "traces": Target(_trace, (TRACE,)),
}


def _any(data: bytes) -> None:
    targets = list(TARGETS.values())
    targets[data[0] % len(targets) if data else 0](data[1:])


ANY = Target(_any, tuple(bytes([number]) + seed for number, each in enumerate(TARGETS.values()) for seed in each.seeds))
"""All of them, by the first byte."""
