"""Phones that take push messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from allonova.domain.identity.device import PushPlatform


class TokenKind(StrEnum):
    """How Firebase knows the installation: by the older registration token, or by its installation id."""

    TOKEN = "token"  # noqa: S105 - a kind
    FID = "fid"


def token_context(device_id: UUID) -> str:
    """What a device's sealed token is bound to."""
    return f"dispatch.devices.token:{device_id}"


@dataclass(slots=True, kw_only=True)
class StaffDevice:
    """An installation. `token` is sealed; `token_hash` finds it again: one token, one device."""

    id: UUID
    societe_id: UUID
    user_id: UUID
    platform: PushPlatform
    kind: TokenKind = TokenKind.TOKEN
    token: str
    token_hash: str
    version: int = 1
    created_at: datetime
    updated_at: datetime
