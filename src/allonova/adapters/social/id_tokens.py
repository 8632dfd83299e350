"""Id tokens of Google and Apple (OpenID Connect Core §3.1.3.7; providers.md 1.9 and 3.4), read by python-jose."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from email_validator import EmailNotValidError, validate_email
from jose import jws
from jose.exceptions import JOSEError
from jose.utils import base64url_decode

from allonova.adapters.social.keys import ALGORITHM, ProviderKeys
from allonova.adapters.vendors.http import plain
from allonova.adapters.vendors.strict_json import Json, MalformedJson, loads
from allonova.application.identity.social_ports import IdentityProvider
from allonova.application.kernel.inside import require_outside_unit
from allonova.application.kernel.ports import Clock
from allonova.domain.identity.social import BadIdToken, ProvenPerson, SocialProvider

GOOGLE_KEYS: Final = "https://www.googleapis.com/oauth2/v3/certs"
APPLE_KEYS: Final = "https://appleid.apple.com/auth/keys"
GOOGLE_ISSUERS: Final = ("https://accounts.google.com", "accounts.google.com")
APPLE_ISSUERS: Final = ("https://appleid.apple.com",)

MAX_LENGTH: Final = 8192
SKEW_S: Final = 10  # between the provider's clock and ours; expiry gets none
MAX_SUBJECT: Final = 255  # OpenID Connect Core §2
MAX_NAME: Final = 200
MAX_EMAIL: Final = 254
SHAPE: Final = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+", re.ASCII)
SUBJECT: Final = re.compile(rf"[!-~]{{1,{MAX_SUBJECT}}}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdTokens:
    """One provider's tokens.

    Only RS256 with a key of the provider's own list is taken; what a token's header says of other keys and algorithms
    is never followed. Times are compared with the Clock port: jose's own checks read the wall clock and let a token
    without `exp` or `aud` pass, so they are not used.

    Args:
        clients: ids under which the provider knows our apps.
        hashes_nonce: whether its apps hand it the SHA-256 of the nonce, in hexadecimal, instead.
    """

    provider: SocialProvider
    issuers: Collection[str]
    clients: Collection[str]
    keys: ProviderKeys
    clock: Clock
    hashes_nonce: bool = False

    async def verify(self, id_token: str, *, nonce: str | None) -> ProvenPerson:
        """See IdentityProvider."""
        require_outside_unit(self.provider)
        claims = await self._signed(id_token)
        self._require_ours(claims)
        self._require_current(claims)
        self._require_nonce(claims.get("nonce"), nonce)
        subject = claims.get("sub")
        if not isinstance(subject, str) or not SUBJECT.fullmatch(subject):
            raise BadIdToken
        return ProvenPerson(
            provider=self.provider,
            subject=subject,
            email=_email(claims) if claims.get("email_verified") in (True, "true") else None,
            first_name=plain(claims.get("given_name"), MAX_NAME) or None,
            last_name=plain(claims.get("family_name"), MAX_NAME) or None,
        )

    async def _signed(self, token: str) -> Mapping[str, Json]:
        """What a token says that a key of the provider has signed."""
        shape = SHAPE.fullmatch(token) if len(token) <= MAX_LENGTH else None
        if shape is None:
            raise BadIdToken
        header = _object(shape[1])
        kid = header.get("kid")
        # An extension that must be understood (`crit`, `b64`) is none that we understand.
        if header.get("alg") != ALGORITHM or not isinstance(kid, str) or "crit" in header or "b64" in header:
            raise BadIdToken
        claims = _object(shape[2])
        key = await self.keys.find(kid)
        if key is None:
            raise BadIdToken
        try:
            jws.verify(token, key, ALGORITHM)
        except (JOSEError, ValueError, RecursionError) as error:
            raise BadIdToken from error
        return claims

    def _require_ours(self, claims: Mapping[str, Json]) -> None:
        """`aud` may be a list: then of ours alone."""
        named = claims.get("aud")
        audiences = named if isinstance(named, list) else [named]
        is_for_us = bool(audiences) and all(isinstance(one, str) and one in self.clients for one in audiences)
        if claims.get("iss") not in self.issuers or not is_for_us:
            raise BadIdToken

    def _require_current(self, claims: Mapping[str, Json]) -> None:
        now = self.clock.now().timestamp()
        issued, expires, not_before = claims.get("iat"), claims.get("exp"), claims.get("nbf", 0)
        # Not isinstance: True is an int as well, and a float may be anything.
        if type(issued) is not int or type(expires) is not int or type(not_before) is not int:
            raise BadIdToken
        if expires <= now or issued > now + SKEW_S or not_before > now + SKEW_S:
            raise BadIdToken

    def _require_nonce(self, said: Json, given: str | None) -> None:
        """One that only one side knows of is another login's."""
        if said is None and given is None:
            return
        if not isinstance(said, str) or given is None:
            raise BadIdToken
        fits = [given, hashlib.sha256(given.encode()).hexdigest()] if self.hashes_nonce else [given]
        if not any(hmac.compare_digest(said.encode(), one.encode()) for one in fits):
            raise BadIdToken


def _object(segment: str) -> Mapping[str, Json]:
    """A segment's JSON object. Raises BadIdToken for anything that two readers could take differently."""
    try:
        found = loads(base64url_decode(segment.encode()))
    except (MalformedJson, ValueError) as error:
        raise BadIdToken from error
    if not isinstance(found, dict):
        raise BadIdToken
    return found


def _email(claims: Mapping[str, Json]) -> str | None:
    """The e-mail as accounts keep it; None for what is none."""
    said = claims.get("email")
    if not isinstance(said, str) or len(said) > MAX_EMAIL:
        return None
    try:
        found = validate_email(said, allow_smtputf8=False, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return found.ascii_email or found.normalized


def _conforms(tokens: IdTokens) -> IdentityProvider:
    return tokens
