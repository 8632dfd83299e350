"""Devices that take push messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class PushPlatform(StrEnum):
    """Whose push service carries the message."""

    IOS = "ios"
    ANDROID = "android"
    WEB = "web"


class DeviceKind(StrEnum):
    """How the push service knows an installation: by its registration token, or by its installation id."""

    TOKEN = "token"  # noqa: S105 - a kind
    FID = "fid"


def token_context(device_id: UUID) -> str:
    """What a device's token is sealed to."""
    return f"devices.token:{device_id}"


@dataclass(slots=True, kw_only=True)
class Device:
    """An installation of the app. `token` is sealed; `token_hash` finds it again: one token, one device."""

    id: UUID
    user_id: UUID
    platform: PushPlatform
    kind: DeviceKind = DeviceKind.TOKEN
    token: str
    token_hash: str
    version: int = 1
    created_at: datetime
    updated_at: datetime

    def move_to(self, user_id: UUID, at: datetime) -> None:
        """Somebody else has logged in on it."""
        self.user_id = user_id
        self.updated_at = at
