"""One-time codes and links: derived from a server secret and their ids, so that no store and no outbox holds one."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from uuid import UUID

from allonova.application.kernel.ports import Sealer, Secrets
from allonova.domain.identity.otp import PAYOUT_PURPOSES, Otp, target_context


def six_digits(secrets: Secrets, otp_id: UUID) -> str:
    """The code of an OTP that is made now; uniform up to a bias of 10⁻¹³."""
    return _digits(secrets.derive("otp", str(otp_id)))


def sent_code(secrets: Secrets, otp_id: UUID, kept: str) -> str | None:
    """The code whose hash was kept, whichever of the server's secrets made it; None when that one is gone."""
    codes = (_digits(derived) for derived in secrets.derivations("otp", str(otp_id)))
    return next((code for code in codes if code_matches(secrets, otp_id, code, kept)), None)


def code_hash(secrets: Secrets, otp_id: UUID, code: str) -> str:
    """What is kept of a code: keyed, since a million plain hashes are tried in a second."""
    return secrets.derive("otp-hash", f"{otp_id}:{code}").hex()


def code_matches(secrets: Secrets, otp_id: UUID, code: str, kept: str) -> bool:
    """Whether `code` is the one whose hash was kept."""
    hashes = secrets.derivations("otp-hash", f"{otp_id}:{code}")
    return any(hmac.compare_digest(found.hex(), kept) for found in hashes)


def target_of(sealer: Sealer, otp: Otp) -> str:
    """The phone or e-mail that a code was made for."""
    if otp.purpose not in PAYOUT_PURPOSES:
        return otp.target
    return sealer.open(otp.target, context=target_context(otp.id))


def token_hash(token: str) -> str:
    """What is kept of a token that has 128 random bits of its own."""
    return hashlib.sha256(token.encode()).hexdigest()


def link_token(secrets: Secrets, link_id: UUID) -> str:
    """The secret of a link that is made now: 256 bits in base64url."""
    return spelt(secrets.derive("link", str(link_id)))


def sent_token(secrets: Secrets, link_id: UUID, kept: str) -> str | None:
    """The secret of a link whose hash was kept, whichever of the server's secrets made it; None when that one is
    gone.
    """
    return token_kept((spelt(derived) for derived in secrets.derivations("link", str(link_id))), kept)


def token_kept(tokens: Iterable[str], kept: str) -> str | None:
    """That one of the tokens whose hash was kept."""
    return next((token for token in tokens if hmac.compare_digest(token_hash(token), kept)), None)


def spelt(derived: bytes) -> str:
    """Derived bytes as a URL takes them."""
    return base64.urlsafe_b64encode(derived).rstrip(b"=").decode()


def counter(secrets: Secrets, kind: str, contact: str) -> str:
    """What tries of a phone or an e-mail are counted under: keyed, since counters outlive accounts and phones are
    guessed from plain hashes. A change of the server's secret begins a new count.
    """
    return f"{kind}:{secrets.derive('counter', contact).hex()}"


def _digits(derived: bytes) -> str:
    return f"{int.from_bytes(derived[:8]) % 1_000_000:06d}"
