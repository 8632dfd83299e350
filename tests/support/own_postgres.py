"""A PostgreSQL that a test may restart and kill: commits that were acknowledged survive it, and its port stays."""

from __future__ import annotations

import asyncio
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
from local_servers import (
    CannotServe,
    LocalPostgres,
    finish,
    free_ports,
    local_postgres,
    make_cluster,
    postgres_url,
    spawn,
)

SETTINGS = (
    *("fsync=off", "full_page_writes=off", "max_connections=200", "listen_addresses=127.0.0.1"),
    "synchronous_commit=on",  # what was committed is out of the process before anybody hears of it
)
PATIENCE_S = 60.0
PAUSE_S = 0.05
AWAY = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


@dataclass(slots=True)
class OwnPostgres:
    """A cluster of its own in `folder`, which its user may enter."""

    programs: Path
    folder: Path
    port: str
    name: str = "own"  # of its data and its log
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Of its database `allonova`, which tests make others beside."""
        return postgres_url(self.port)

    @property
    def pid(self) -> int:
        """Of its first process."""
        if self._process is None:
            raise RuntimeError("it was not started")
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    async def start(self) -> None:
        """Until it answers. While those that a killed one left behind still hold its memory, it is tried again."""
        async with asyncio.timeout(PATIENCE_S):
            while not await self.answers():
                if not self.is_running:
                    self._process = self._spawned()
                await asyncio.sleep(PAUSE_S)

    async def answers(self) -> bool:
        """Whether it takes a question now."""
        try:
            connection = await asyncpg.connect(self.url.rpartition("/")[0] + "/postgres", timeout=5)
            try:
                await connection.execute("SELECT 1")
            finally:
                await connection.close()
        except AWAY:
            return False
        return True

    async def restart(self) -> None:
        """As its operator would."""
        await self.stop()
        await self.start()

    async def kill(self) -> None:
        """As the machine's end would: it hears no signal. It is not started again."""
        await self.stop(signal.SIGKILL)

    async def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Wait for its end; by default it sends everybody away, and writes down what it has."""
        if self._process is not None and self.is_running:
            self._process.send_signal(how)
            await asyncio.to_thread(self._process.wait, PATIENCE_S)

    def _spawned(self) -> subprocess.Popen[bytes]:
        settings = (*SETTINGS, f"unix_socket_directories={self.folder}")
        options = [part for setting in settings for part in ("-c", setting)]
        command = [self.programs / "postgres", "-D", self.folder / self.name, "-p", self.port, *options]
        return spawn(self.folder, self.name, *command)


async def make_own_postgres(folder: Path) -> OwnPostgres:
    """A cluster that answers, with an empty database `allonova`."""
    found = local_postgres()
    if not isinstance(found, LocalPostgres):
        raise CannotServe("PostgreSQL's programs are missing: these tests stop and start a server of their own")
    made = OwnPostgres(found.programs, folder, free_ports()[0])
    await asyncio.to_thread(make_cluster, found.programs, folder, folder / made.name)
    await made.start()
    createdb = [found.programs / "createdb", "-h", "127.0.0.1", "-p", made.port, "-U", "postgres", "allonova"]
    await asyncio.to_thread(lambda: finish(spawn(folder, "createdb", *createdb), folder / "createdb.log"))
    return made


async def make_standby(primary: OwnPostgres) -> OwnPostgres:
    """Another server in the same folder that follows it, and answers reads."""
    folder, name = primary.folder, "standby"
    copy = [primary.programs / "pg_basebackup", "-h", "127.0.0.1", "-p", primary.port, "-U", "postgres"]
    where = ["-D", folder / name, "--write-recovery-conf", "--checkpoint=fast", "--no-sync"]
    await asyncio.to_thread(lambda: finish(spawn(folder, "copy", *copy, *where), folder / "copy.log"))
    made = OwnPostgres(primary.programs, folder, free_ports()[0], name)
    await made.start()
    return made
