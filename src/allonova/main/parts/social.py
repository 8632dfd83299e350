"""Logging in with Google or Apple."""

from __future__ import annotations

from allonova.application.identity.log_in_by_provider import LogInByProvider
from allonova.application.identity.open_session import SessionDesk
from allonova.application.identity.social_ports import SocialUnit
from allonova.application.identity.unlink_provider import UnlinkProvider
from allonova.application.kernel.ports import Begin
from allonova.domain.kernel.events import Event
from allonova.main.parts import Outside, Part, Platform

HEARD: dict[type[Event], tuple[str, ...]] = {}
EVERY_S: dict[str, int] = {}


def build(platform: Platform, outside: Outside) -> Part:
    """Providers on their adapters."""
    begin: Begin[SocialUnit] = platform.begin
    clock, ids = platform.clock, outside.ids
    sessions = SessionDesk(clock, ids, outside.secrets, outside.tokens)
    return Part(
        use={
            LogInByProvider: LogInByProvider(begin, outside.identity_providers, clock, ids, sessions),
            UnlinkProvider: UnlinkProvider(begin, clock, ids),
        }
    )
