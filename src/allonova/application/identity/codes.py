"""One-time codes and links: derived from a server secret and their ids, so that no store and no outbox holds one."""

from __future__ import annotations

import base64
import hashlib
import hmac
from uuid import UUID

from allonova.application.kernel.ports import Secrets


def six_digits(secrets: Secrets, otp_id: UUID) -> str:
    """The code of an OTP; uniform up to a bias of 10⁻¹³."""
    number = int.from_bytes(secrets.derive("otp", str(otp_id))[:8])
    return f"{number % 1_000_000:06d}"


def code_hash(secrets: Secrets, otp_id: UUID, code: str) -> str:
    """What is kept of a code: keyed, since a million plain hashes are tried in a second."""
    return secrets.derive("otp-hash", f"{otp_id}:{code}").hex()


def code_matches(secrets: Secrets, otp_id: UUID, code: str, kept: str) -> bool:
    """Whether `code` is the one whose hash was kept."""
    return hmac.compare_digest(code_hash(secrets, otp_id, code), kept)


def token_hash(token: str) -> str:
    """What is kept of a token that has 128 random bits of its own."""
    return hashlib.sha256(token.encode()).hexdigest()


def link_token(secrets: Secrets, link_id: UUID) -> str:
    """The secret of a link: 256 bits in base64url."""
    return base64.urlsafe_b64encode(secrets.derive("link", str(link_id))).rstrip(b"=").decode()
