"""What people may send, and the permission to send it once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

MIB = 1 << 20


class FileType(StrEnum):
    """Kinds of file that are taken, by their media types."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    PDF = "application/pdf"


class Purpose(StrEnum):
    """What an upload is for; it serves for nothing else."""

    PHOTO = "photo"
    PAPER = "paper"
    MESSAGE = "message"
    EVIDENCE = "evidence"


IMAGES = frozenset({FileType.JPEG, FileType.PNG, FileType.WEBP})
TYPES: Mapping[Purpose, frozenset[FileType]] = {
    Purpose.PHOTO: IMAGES,
    Purpose.PAPER: IMAGES | {FileType.PDF},
    Purpose.MESSAGE: IMAGES,
    Purpose.EVIDENCE: IMAGES | {FileType.PDF},
}
SCANS = frozenset({Purpose.PAPER, Purpose.EVIDENCE})
"""They must stay readable: a page of text, or a PDF."""
MAX_BYTES: Mapping[Purpose, int] = {
    Purpose.PHOTO: 5 * MIB,
    Purpose.PAPER: 10 * MIB,
    Purpose.MESSAGE: 5 * MIB,
    Purpose.EVIDENCE: 10 * MIB,
}
"""allocar.md, Identity: images up to 5 MB; images or PDF up to 10 MB."""

UPLOAD_LIFE = timedelta(hours=1)  # from its grant until it must have been used
UPLOADS_PER_HOUR = 30  # of one user: far more than anybody's papers need


@dataclass(slots=True, kw_only=True)
class UploadGrant:
    """One user may send one file of this type and size, and use it once, before it expires.

    `copy_key` is where the clean copy of it goes while somebody uses it: whoever forgets an unused upload forgets that
    too. Every upload is swept once it has expired, used or not: its URL could put a file there until then.
    """

    id: UUID
    user_id: UUID
    purpose: Purpose
    object_key: str
    content_type: FileType
    size: int
    copy_key: str | None = None
    expires_at: datetime
    closed_at: datetime | None = None
    swept_at: datetime | None = None
    version: int = 1
    created_at: datetime

    def serves(self, user_id: UUID, purpose: Purpose, at: datetime) -> bool:
        """Whether it may still be used, by him and for this."""
        is_meant = self.user_id == user_id and self.purpose is purpose
        return is_meant and self.closed_at is None and at < self.expires_at

    def close(self, at: datetime) -> None:
        """It was used or refused."""
        self.closed_at = at

    def sweep(self, at: datetime) -> list[str]:
        """Its time is over; the keys of what is to be forgotten."""
        self.swept_at = at
        keys = [self.object_key]
        if self.closed_at is None and self.copy_key is not None:
            keys.append(self.copy_key)
        self.closed_at = self.closed_at or at
        return keys


def new_grant(
    id: UUID, *, user_id: UUID, purpose: Purpose, content_type: FileType, size: int, at: datetime
) -> UploadGrant:
    """A permission that starts now."""
    return UploadGrant(
        id=id,
        user_id=user_id,
        purpose=purpose,
        object_key=f"uploads/{user_id}/{id}",
        content_type=content_type,
        size=size,
        expires_at=at + UPLOAD_LIFE,
        created_at=at,
    )
