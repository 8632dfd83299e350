"""PostgreSQL's own programs: which ones, and how they run."""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from allonova.adapters.postgres.backup.address import Address
from allonova.application.kernel.backups import BackupFailed
from allonova.application.kernel.wired import wired

PLACES = "usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "usr/local/pgsql/bin"
PIECE_BYTES = 1 << 20
WORDS_LIMIT = 64 << 10
LINE_LIMIT = 300
VERSION = re.compile(rb"\(PostgreSQL\) (\d+)")


@dataclass(frozen=True, slots=True)
class Programs:
    """`pg_dump` and `pg_restore` of one major version."""

    major: int
    dump: Path
    restore: Path


async def programs_for(server: int, root: Path = Path("/")) -> Programs:
    """The oldest ones that know a server of that major version: newer ones set what older servers have not heard of.

    Raises:
        BackupFailed: there are none; it says what to install.
    """
    found: dict[int, Programs] = {}
    for folder in _folders(root):
        dump = folder / "pg_dump"
        if (major := await _major(dump)) >= server:
            found.setdefault(major, Programs(major, dump, folder / "pg_restore"))
    if not found:
        raise BackupFailed(
            f"pg_dump and pg_restore of PostgreSQL {server} or newer are neither in /usr/lib/postgresql nor on PATH: "
            f"install postgresql-client-{server}"
        )
    return found[min(found)]


def _folders(root: Path) -> list[Path]:
    on_path = shutil.which("pg_dump")
    folders = [folder for place in PLACES for folder in sorted(root.glob(place))]
    folders = folders or ([Path(on_path).parent] if on_path else [])
    return [folder for folder in folders if all((folder / name).is_file() for name in ("pg_dump", "pg_restore"))]


async def _major(program: Path) -> int:
    """0 when it does not say."""
    process = await asyncio.create_subprocess_exec(
        program, "--version", stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    match = VERSION.search(said)
    return int(match[1]) if match else 0


@wired
class Running:
    """A program under way, with its ends of the pipes."""

    name: str
    process: asyncio.subprocess.Process
    _words: asyncio.Task[bytes]
    _address: Address

    async def pieces(self) -> AsyncIterator[bytes]:
        """What it writes, until it has written all."""
        output = self.process.stdout
        while output is not None and (piece := await output.read(PIECE_BYTES)):
            yield piece

    async def feed(self, piece: bytes) -> None:
        """Something to read. Raises BackupFailed when it reads no more."""
        if self.process.stdin is None:
            return
        try:
            self.process.stdin.write(piece)
            await self.process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            await self.end()
            raise BackupFailed(f"{self.name} read no further") from None

    async def end(self) -> None:
        """Nothing more to read. Raises BackupFailed, with the first line of what it has against us."""
        if self.process.stdin is not None:
            with suppress(BrokenPipeError, ConnectionResetError):
                self.process.stdin.close()
                await self.process.stdin.wait_closed()
        status = await self.process.wait()
        if status:
            raise BackupFailed(f"{self.name} {_how(status)}{self._address.hides(_reason(await self._words))}")


@asynccontextmanager
async def running(program: Path, arguments: Sequence[str], address: Address, *, reads: bool) -> AsyncIterator[Running]:
    """Run a program on a database, and never leave it behind. What it is told of the database is in its environment,
    which no other user can read.
    """
    process = await asyncio.create_subprocess_exec(
        program,
        *arguments,
        "--no-password",
        env=address.environment(),
        stdin=asyncio.subprocess.PIPE if reads else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL if reads else asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=PIECE_BYTES,
    )
    words = asyncio.create_task(_all_of(process.stderr), name=f"{program.name}'s words")
    try:
        yield Running(program.name, process, words, address)
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        words.cancel()
        await asyncio.gather(words, return_exceptions=True)


async def _all_of(output: asyncio.StreamReader | None) -> bytes:
    """To its end, so that nobody who writes to it waits; the beginning is kept."""
    kept = b""
    while output is not None and (piece := await output.read(WORDS_LIMIT)):
        kept += piece[: WORDS_LIMIT - len(kept)]
    return kept


def _how(status: int) -> str:
    return f"was killed ({signal.Signals(-status).name})" if status < 0 else f"ended with {status}"


def _reason(words: bytes) -> str:
    """The first complaint. What follows it (DETAIL, CONTEXT) may quote rows."""
    lines = words.decode("utf-8", "replace").splitlines()
    found = next((line for line in lines if "error:" in line), "")
    return f": {found.partition('error:')[2].strip()[:LINE_LIMIT]}" if found else ""
