"""Access tokens: JWT by python-jose, HS256 only."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from jose import jwk, jws
from jose.backends.base import Key
from jose.constants import ALGORITHMS
from jose.exceptions import JOSEError

from allonova.adapters.crypto.keys import checked_keys
from allonova.application.identity.ports import Caller, TokenSigner, TokenVerifier
from allonova.application.kernel.ports import Clock
from allonova.domain.identity.session import Audience
from allonova.domain.kernel.errors import AuthRequired

ALGORITHM = ALGORITHMS.HS256
MAX_LENGTH = 4096
SKEW_S = 5  # between the clocks of two of our machines; expiry gets none
JTI_BYTES = 16
MAX_JTI = 128
# One spelling per token: base64url ignores junk and, in the last letter of a digest, two bits.
SHAPE = re.compile(r"([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]", re.ASCII)


class _Signing(NamedTuple):
    kid: str
    key: Key


class JoseTokens:
    """Signs with the current key and reads what any known key signed.

    Only headers that this class writes are taken, byte for byte: no other algorithm, key or extension gets as far as
    a parser. Times are compared with the Clock port; jose's own checks, which read the wall clock, are not used.
    """

    def __init__(self, keys: Mapping[str, str], current_kid: str, issuer: str, clock: Clock) -> None:
        found = {kid: jwk.construct(secret, ALGORITHM) for kid, secret in checked_keys(keys, current_kid).items()}
        self._current = _Signing(current_kid, found[current_kid])
        self._by_header = {_header(kid, key): key for kid, key in found.items()}
        self._issuer = issuer
        self._clock = clock

    def sign(
        self,
        *,
        subject: UUID,
        session: UUID,
        audience: Audience,
        issued_at: datetime,
        expires_at: datetime,
        role: str | None = None,
        tenant: UUID | None = None,
    ) -> str:
        """See TokenSigner. Times are kept in whole seconds, rounded down."""
        claims = {
            "iss": self._issuer,
            "aud": audience.value,
            "sub": str(subject),
            "sid": str(session),
            "jti": secrets.token_urlsafe(JTI_BYTES),
            "iat": int(issued_at.timestamp()),
            "exp": int(expires_at.timestamp()),
        }
        if role is not None:
            claims["role"] = role
        if tenant is not None:
            claims["org"] = str(tenant)
        return _signed(claims, self._current.kid, self._current.key)

    def verify(self, token: str, *, audience: Audience) -> Caller:
        """See TokenVerifier."""
        claims = self._claims(token)
        if claims.get("iss") != self._issuer or claims.get("aud") != audience.value:
            raise AuthRequired
        self._require_current(claims)
        _require_jti(claims.get("jti"))
        role = claims.get("role")
        if not (role is None or isinstance(role, str)):
            raise AuthRequired
        tenant = None if claims.get("org") is None else _uuid(claims["org"])
        return Caller(user_id=_uuid(claims.get("sub")), session_id=_uuid(claims.get("sid")), role=role, tenant=tenant)

    def _claims(self, token: str) -> dict[str, object]:
        """What a token signed by one of our keys says."""
        shape = SHAPE.fullmatch(token) if len(token) <= MAX_LENGTH else None
        key = self._by_header.get(shape[1]) if shape else None
        if key is None:
            raise AuthRequired
        try:
            claims = json.loads(jws.verify(token, key, ALGORITHM))
        except (JOSEError, ValueError, RecursionError) as error:
            raise AuthRequired from error
        if not isinstance(claims, dict):
            raise AuthRequired
        return claims

    def _require_current(self, claims: Mapping[str, object]) -> None:
        now = self._clock.now().timestamp()
        issued, expires, not_before = claims.get("iat"), claims.get("exp"), claims.get("nbf", 0)
        # Not isinstance: True is an int as well, and a float may be NaN.
        if type(issued) is not int or type(expires) is not int or type(not_before) is not int:
            raise AuthRequired
        if expires <= now or issued > now + SKEW_S or not_before > now + SKEW_S:
            raise AuthRequired


def _signed(claims: Mapping[str, object], kid: str, key: Key) -> str:
    token: str = jws.sign(claims, key, headers={"kid": kid}, algorithm=ALGORITHM)
    return token


def _header(kid: str, key: Key) -> str:
    """The first segment of every token that this key signs."""
    return _signed({}, kid, key).partition(".")[0]


def _require_jti(jti: object) -> None:
    if not isinstance(jti, str) or not 0 < len(jti) <= MAX_JTI:
        raise AuthRequired


def _uuid(text: object) -> UUID:
    """The UUID in its only canonical spelling."""
    try:
        found = UUID(text) if isinstance(text, str) else None
    except ValueError as error:
        raise AuthRequired from error
    if found is None or str(found) != text:
        raise AuthRequired
    return found


def _conforms(tokens: JoseTokens) -> tuple[TokenSigner, TokenVerifier]:
    return tokens, tokens
