"""Which providers may vouch for people: those that know our apps, or all of them where they are played."""

from __future__ import annotations

import httpx

from allonova.adapters.social.id_tokens import APPLE_ISSUERS, APPLE_KEYS, GOOGLE_ISSUERS, GOOGLE_KEYS, IdTokens
from allonova.adapters.social.keys import ProviderKeys
from allonova.application.identity.social_ports import IdentityProvider
from allonova.application.kernel.ports import Clock
from allonova.domain.identity.social import SocialProvider
from allonova.main.settings import Settings


def build_identity_providers(
    settings: Settings, clock: Clock, http: httpx.AsyncClient
) -> dict[SocialProvider, IdentityProvider]:
    """All that are switched on."""
    google, apple = SocialProvider.GOOGLE, SocialProvider.APPLE
    found: dict[SocialProvider, IdentityProvider] = {}
    if settings.google_clients:
        keys = ProviderKeys(http, vendor=google, url=_url(settings, google, settings.google_jwks_url, GOOGLE_KEYS))
        found[google] = IdTokens(
            provider=google, issuers=GOOGLE_ISSUERS, clients=settings.google_clients, keys=keys, clock=clock
        )
    if settings.apple_clients:
        keys = ProviderKeys(http, vendor=apple, url=_url(settings, apple, settings.apple_jwks_url, APPLE_KEYS))
        found[apple] = IdTokens(
            provider=apple,
            issuers=APPLE_ISSUERS,
            clients=settings.apple_clients,
            keys=keys,
            clock=clock,
            hashes_nonce=True,
        )
    return found


def _url(settings: Settings, provider: SocialProvider, given: str, own: str) -> str:
    return given or (f"{settings.sandbox_url}/oidc/{provider}/jwks" if settings.with_sandbox else own)
