"""A backup as a file: a manifest of what it must hold, then PostgreSQL's dump; all of it sealed."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from allonova.adapters.postgres.backup.census import Census, Rows
from allonova.application.kernel.backups import BackupFailed, BrokenArchive, Vault

LENGTH_BYTES = 4
DUMP = b"PGDMP"  # how a dump in PostgreSQL's custom format begins


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the dump was taken from, and what must come out of it; `major` is pg_dump's version."""

    made_at: str
    database: str
    major: int
    tables: Census

    @property
    def rows(self) -> int:
        """Of all tables together."""
        return sum(rows.count for rows in self.tables.values())

    def packed(self) -> bytes:
        """As it stands at the head of a file."""
        text = json.dumps(asdict(self)).encode()
        return len(text).to_bytes(LENGTH_BYTES) + text

    @classmethod
    def read(cls, text: bytes) -> Manifest:
        """From a file."""
        said: dict[str, Any] = json.loads(text)
        tables = {table: Rows(**rows) for table, rows in said.pop("tables").items()}
        return cls(**said, tables=tables)


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A file for nobody's eyes but ours, on the disk when the block is left."""
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def settle(path: Path, name: str) -> Path:
    """Give a file its name for good."""
    settled = path.rename(path.with_name(name))
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return settled


class Archive:
    """A backup to be read. Raises BackupFailed whenever it is not as it was made."""

    def __init__(self, path: Path, vault: Vault) -> None:
        self._path = path
        self._vault = vault

    async def check(self) -> Manifest:
        """Its manifest, once every byte of the file has been proven."""
        head, parts = b"", None
        async for piece in self._opened():
            if parts is None:
                head += piece
                parts = _parts(head)
        if parts is None or not parts[1].startswith(DUMP):
            raise self._broken("there is no dump in it")
        try:
            return Manifest.read(parts[0])
        except (ValueError, TypeError, KeyError):
            raise self._broken("its manifest is none") from None

    async def dump(self) -> AsyncIterator[bytes]:
        """PostgreSQL's part of it."""
        head, parts = b"", None
        async for piece in self._opened():
            if parts is not None:
                yield piece
                continue
            head += piece
            parts = _parts(head)
            if parts is not None:
                yield parts[1]

    async def _opened(self) -> AsyncIterator[bytes]:
        try:
            with self._path.open("rb") as file:
                pieces = self._vault.open(file)
                while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
                    yield piece
        except BrokenArchive as error:
            raise self._broken(str(error)) from None
        except OSError as error:
            raise self._broken(error.strerror or type(error).__name__) from None

    def _broken(self, reason: str) -> BackupFailed:
        return BackupFailed(f"{self._path.name}: {reason}")


def _parts(head: bytes) -> tuple[bytes, bytes] | None:
    """The manifest, and the beginning of the dump; None until enough has been read."""
    end = LENGTH_BYTES + int.from_bytes(head[:LENGTH_BYTES])
    return (head[LENGTH_BYTES:end], head[end:]) if len(head) >= end + len(DUMP) else None
