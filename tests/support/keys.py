"""The service after its operators changed the first of its secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from allonova.adapters.crypto.sealer import AesSealer
from allonova.adapters.crypto.secrets import ServerSecrets
from allonova.adapters.crypto.tokens import JoseTokens
from allonova.main.settings_checks import DEMO_SECRET
from allonova.main.wiring import build_service
from tests.support.api import Api

OLD = {"demo": DEMO_SECRET}
"""What the tests' service begins with."""

NEW = {"next": "a secret that took the other's place"}
BOTH = NEW | OLD


def turn_keys(api: Api, keys: Mapping[str, str]) -> None:
    """Stand on these secrets from now on; the first is the current one."""
    kid = next(iter(keys))
    outside = replace(
        api.service.outside,
        secrets=ServerSecrets(keys, kid),
        sealer=AesSealer(keys, kid),
        tokens=JoseTokens(keys, kid, issuer="allonova", clock=api.clock),
    )
    api.service = build_service(api.settings, api.service.platform, outside)
    api.app.state.edge = api.service.edge
    api.sockets.stand_on(api.service.sockets, api.service.hub)
