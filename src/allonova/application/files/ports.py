"""Where files lie, what makes one safe to keep, and who may send one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from allonova.application.kernel.ports import Store, Unit
from allonova.domain.files.upload import FileType, UploadGrant

UPLOAD_TTL = timedelta(minutes=10)
LINK_TTL = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """How a client puts one file there: this request, with these headers and exactly the bytes that were announced,
    before `expires_in` seconds are over.
    """

    upload_url: str
    method: str
    headers: dict[str, str]
    object_key: str
    expires_in: int


class FileStore(Protocol):
    """Private files by key. Its calls raise ServiceUnavailable when the store does not answer; never call it inside a
    unit (granting and linking are arithmetic and may be done anywhere).
    """

    def grant_upload(self, key: str, *, content_type: str, size: int, expires: timedelta = UPLOAD_TTL) -> Upload:
        """A signed request that puts exactly one object of this type and this many bytes there."""

    def link(self, key: str, *, expires: timedelta = LINK_TTL) -> str:
        """A signed URL that gives the file away for a short while."""

    async def read(self, key: str, *, limit: int) -> bytes:
        """The bytes. Raises NotFound when nothing is there, or when it is larger than `limit`."""

    async def write(self, key: str, body: bytes, *, content_type: str, name: str | None = None) -> None:
        """Put or replace an object. One with a name is never shown: every link gives it away to be saved as that."""

    async def stream(self, key: str, pieces: AsyncIterator[bytes], *, content_type: str, name: str) -> int:
        """Put an object that is made meanwhile, and is never whole in memory; its size. There is nothing before all of
        it is there: what `pieces` raises is raised, and leaves nothing.
        """

    async def has(self, key: str) -> bool:
        """Whether something is there."""

    async def delete(self, key: str) -> None:
        """Forget an object; forgetting nothing is fine."""


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file of `size` bytes on its way out; `name` is what to call it when it is saved, None for what may be shown."""

    pieces: AsyncIterator[bytes]
    size: int
    content_type: str
    name: str | None


class SignedFiles(Protocol):
    """A store whose signed URLs this service answers itself. `query` is the URL's; both raise Forbidden for a URL that
    was tampered with, has expired or was signed for something else.
    """

    def require_upload(self, key: str, query: Mapping[str, str], *, content_type: str, size: int | None) -> None:
        """Whether this request is the very one that was granted; asked before its body is read."""

    async def give(self, key: str, query: Mapping[str, str]) -> GivenFile:
        """The file of a link. Raises NotFound when nothing is there."""

    async def write(self, key: str, body: bytes, *, content_type: str, name: str | None = None) -> None:
        """See FileStore."""


class UnsafeFile(Exception):
    """It is not what it says, or more than that: another type, a bomb, something hidden behind an image's end."""


@dataclass(frozen=True, slots=True)
class CleanFile:
    """What is kept of an upload."""

    body: bytes
    content_type: FileType


class FileCleaner(Protocol):
    """Makes what strangers send safe to keep and to show."""

    async def photo(self, body: bytes, kind: FileType) -> CleanFile:
        """An image drawn anew, as a JPEG of at most 1024 pixels a side without metadata. Raises UnsafeFile."""

    async def paper(self, body: bytes, kind: FileType) -> CleanFile:
        """A scan drawn anew, as a JPEG of at most 3000 pixels a side, or a PDF as it is. Raises UnsafeFile."""


class UploadStore(Store[UploadGrant], Protocol):
    """Permissions to send a file."""

    async def overdue(self, *, now: datetime, limit: int) -> Sequence[UploadGrant]:
        """Those that expired and were not swept, locked, the oldest first; what another unit holds is left out."""


class FilesUnit(Unit, Protocol):
    """A transaction over uploads."""

    @property
    def uploads(self) -> UploadStore: ...
