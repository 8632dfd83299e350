"""What the nightly backup asks of the outside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol


class BackupFailed(Exception):
    """There is no backup that can be relied on. `reason` is one line that holds no secret and no row."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BackupBusy(Exception):
    """Somebody else is making one of the same database."""


class BrokenArchive(ValueError):
    """The file is not as it was sealed: cut short, tampered with, or sealed by a key that is not here."""


@dataclass(frozen=True, slots=True)
class Backup:
    """One whose restore was tried."""

    name: str
    size_bytes: int
    tables: int
    rows: int


class Backups(Protocol):
    """Makes backups of the database that the service stands on."""

    async def make(self, *, at: datetime) -> Backup:
        """Dump, seal, restore elsewhere, compare, and drop old ones. Raises BackupFailed, BackupBusy."""


class Sealing(Protocol):
    """A file that is being sealed."""

    def write(self, data: bytes) -> None:
        """Some more of it."""

    def finish(self) -> None:
        """That was all. Without this the file does not open."""


class Vault(Protocol):
    """Encryption of files too large to hold."""

    def seal(self, file: BinaryIO) -> Sealing:
        """Begin a sealed file."""

    def open(self, file: BinaryIO) -> Iterator[bytes]:
        """What was sealed, piece by piece, each proven before it is given. Raises BrokenArchive."""
