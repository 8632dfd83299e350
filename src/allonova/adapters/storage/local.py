"""Files in a folder, with signed URLs that this service answers itself: for one machine, and for development."""

from __future__ import annotations

import asyncio
import hmac
import logging
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from io import BufferedWriter
from pathlib import Path
from urllib.parse import urlencode

from allonova.adapters.storage.keys import checked_key
from allonova.application.files.ports import LINK_TTL, UPLOAD_TTL, FileStore, GivenFile, SignedFiles, Upload
from allonova.application.kernel.inside import require_outside_unit
from allonova.application.kernel.ports import Clock, Secrets
from allonova.domain.kernel.errors import Forbidden, NotFound, ServiceUnavailable

log = logging.getLogger(__name__)

PATH = "/files/objects/"
PIECE = 1 << 18
SIGNED = frozenset({"type", "size", "expires"})


class LocalFiles:
    """Each file is a line (content type, tab, name), then its bytes. Other users of the machine can read none."""

    def __init__(self, folder: Path, *, public_url: str, secrets: Secrets, clock: Clock) -> None:
        self._folder = folder
        self._base = public_url.rstrip("/") + PATH
        self._secrets = secrets
        self._clock = clock

    def grant_upload(self, key: str, *, content_type: str, size: int, expires: timedelta = UPLOAD_TTL) -> Upload:
        """See FileStore."""
        facts = {"type": content_type, "size": str(size)}
        return Upload(
            upload_url=self._url("PUT", key, facts, expires),
            method="PUT",
            headers={"Content-Type": content_type},
            object_key=key,
            expires_in=int(expires.total_seconds()),
        )

    def link(self, key: str, *, expires: timedelta = LINK_TTL) -> str:
        """See FileStore."""
        return self._url("GET", key, {}, expires)

    def require_upload(self, key: str, query: Mapping[str, str], *, content_type: str, size: int | None) -> None:
        """See SignedFiles."""
        self._require_signed("PUT", key, query)
        if content_type != query.get("type") or str(size) != query.get("size"):
            raise Forbidden

    async def give(self, key: str, query: Mapping[str, str]) -> GivenFile:
        """See SignedFiles."""
        self._require_signed("GET", key, query)
        require_outside_unit("the file store")
        path = self._path(key)
        start, size, line = await _in_thread(_headed, path)
        content_type, _, name = line.partition("\t")
        return GivenFile(_pieces(path, start), size, content_type, name or None)

    async def read(self, key: str, *, limit: int) -> bytes:
        """See FileStore."""
        require_outside_unit("the file store")
        kept = await _in_thread(self._path(key).read_bytes)
        body = kept.partition(b"\n")[2]
        if len(body) > limit:
            raise NotFound
        return body

    async def write(self, key: str, body: bytes, *, content_type: str, name: str | None = None) -> None:
        """See FileStore."""
        require_outside_unit("the file store")
        line = f"{content_type}\t{name or ''}\n"
        await _in_thread(self._put, self._path(key), line.encode() + body)

    async def stream(self, key: str, pieces: AsyncIterator[bytes], *, content_type: str, name: str) -> int:
        """See FileStore."""
        require_outside_unit("the file store")
        path, size = self._path(key), 0
        file = await _in_thread(self._open, path)
        try:
            with file:
                await _in_thread(file.write, f"{content_type}\t{name}\n".encode())
                async for piece in pieces:
                    await _in_thread(file.write, piece)
                    size += len(piece)
                await _in_thread(file.flush)
            await _in_thread(Path(file.name).replace, path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)  # noqa: ASYNC240 - a moment, and nothing may come between
            raise
        return size

    async def has(self, key: str) -> bool:
        """See FileStore."""
        require_outside_unit("the file store")
        return await _in_thread(self._path(key).is_file)

    async def delete(self, key: str) -> None:
        """See FileStore."""
        require_outside_unit("the file store")
        await _in_thread(self._path(key).unlink, missing_ok=True)

    def _put(self, path: Path, kept: bytes) -> None:
        """All of it or nothing: whoever reads meanwhile sees the former file."""
        file = self._open(path)
        try:
            with file:
                file.write(kept)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise

    def _open(self, path: Path) -> BufferedWriter:
        """A file beside the one that it will be."""
        self._make(path.parent)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".")
        os.close(handle)
        return Path(name).open("wb")

    def _make(self, folder: Path) -> None:
        if folder.is_dir():
            return
        if folder != self._folder:  # one by one: the mode counts for the last of a path alone
            self._make(folder.parent)
        folder.mkdir(mode=0o700, parents=folder == self._folder, exist_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / checked_key(key)

    def _url(self, method: str, key: str, facts: Mapping[str, str], expires: timedelta) -> str:
        until = int((self._clock.now() + expires).timestamp())
        signed = {**facts, "expires": str(until)}
        signature = self._signatures(method, checked_key(key), signed)[0]
        return f"{self._base}{key}?{urlencode({**signed, 'signature': signature})}"

    def _signatures(self, method: str, key: str, facts: Mapping[str, str]) -> list[str]:
        """By each of the server's secrets, today's first."""
        signed = urlencode(sorted((name, value) for name, value in facts.items() if name in SIGNED))
        return [derived.hex() for derived in self._secrets.derivations("file-url", f"{method}\n{key}\n{signed}")]

    def _require_signed(self, method: str, key: str, query: Mapping[str, str]) -> None:
        """Raises Forbidden for anything but a URL of our own making, within its time."""
        given = query.get("signature", "").encode("utf-8", "replace")
        ours = self._signatures(method, key, query)
        is_ours = any(hmac.compare_digest(signature.encode(), given) for signature in ours)
        if not is_ours or not query.keys() <= SIGNED | {"signature"}:
            raise Forbidden
        if int(query["expires"]) <= self._clock.now().timestamp():
            raise Forbidden


def _headed(path: Path) -> tuple[int, int, str]:
    """Where the bytes begin, how many there are, and the line before them."""
    with path.open("rb") as file:
        line = file.readline()
        return len(line), os.fstat(file.fileno()).st_size - len(line), line.decode().rstrip("\n")


async def _pieces(path: Path, start: int) -> AsyncIterator[bytes]:
    """The bytes from there on. The file is opened when the first of them is asked for."""
    with await _in_thread(path.open, "rb") as file:
        await _in_thread(file.seek, start)
        while piece := await _in_thread(file.read, PIECE):
            yield piece


async def _in_thread[**P, T](work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    try:
        return await asyncio.to_thread(work, *args, **named)
    except FileNotFoundError as error:
        raise NotFound from error
    except OSError as error:
        log.exception("the folder of files failed")
        raise ServiceUnavailable from error


def _conforms(files: LocalFiles) -> tuple[FileStore, SignedFiles]:
    return files, files
