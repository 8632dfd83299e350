"""A private PostgreSQL that archives as deploy/pgbackrest says, into a repository of its own."""

import secrets
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from local_servers import (
    CannotServe,
    LocalPostgres,
    account,
    finish,
    halt,
    local_postgres,
    make_cluster,
    run_cluster,
    spawn,
    tail,
)

DEPLOY = Path(__file__).resolve().parent.parent / "deploy/pgbackrest"
STANZA = "allonova"
SALTED = b"Salted__"  # how whatever pgBackRest has encrypted begins
# Speed is bought with what a power cut would cost; all that concerns WAL is left to the shipped file. Nobody is let in
# before recovery is over: rows that come later would be missed.
SETTINGS = ("fsync=off", "shared_buffers=32MB", "hot_standby=off")

ADVICE = """\
pgbackrest, or a PostgreSQL with PostGIS, is not on this machine. On Debian or Ubuntu, root must run once:

    apt-get update && apt-get install -y pgbackrest postgresql-postgis"""


class Refused(Exception):
    """pgBackRest ended with an error; the text is what it said last."""


@dataclass(slots=True)
class Cluster:
    """One that is up, on a data directory of its own."""

    data: Path
    process: subprocess.Popen[bytes]
    port: str

    def url(self, database: str) -> str:
        """The address of one of its databases."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def stop(self) -> None:
        """At once, as a machine that is switched off."""
        halt(self.process, signal.SIGQUIT)


@dataclass(slots=True)
class Archived:
    """The shipped files in a folder, with its places in them and a passphrase of its own."""

    folder: Path
    programs: Path
    passphrase: str = field(default_factory=lambda: secrets.token_urlsafe(36), repr=False)

    @property
    def repository(self) -> Path:
        """Where backups and WAL go."""
        return self.folder / "repository"

    def prepare(self) -> None:
        """Put the files where the servers' user can read them."""
        for name in ("etc/conf.d", "repository", "log", "lock"):
            (self.folder / name).mkdir(parents=True)
        shutil.copy(DEPLOY / "pgbackrest.conf", self.folder / "etc/pgbackrest.conf")
        shutil.copy(DEPLOY / "postgresql.conf", self.folder / "etc/archive.conf")
        self.write_passphrase(self.passphrase)
        self._hand_over(self.folder)

    def write_passphrase(self, passphrase: str) -> None:
        """The shipped file of a repository, with its one secret filled in."""
        text = (DEPLOY / "repository-local.conf").read_text().replace("<passphrase>", passphrase)
        path = self.folder / "etc/conf.d/repository.conf"
        path.touch(mode=0o600)
        path.write_text(text)
        self._hand_over(path.parent)

    def start_new(self, name: str) -> Cluster:
        """A new cluster that archives."""
        data = self.folder / name
        make_cluster(self.programs, self.folder, data)
        with (data / "postgresql.conf").open("a") as conf:
            conf.write(f"include '{self.folder}/etc/archive.conf'\n")
        return self.start(data)

    def start(self, data: Path) -> Cluster:
        """Start what is in a data directory, and wait until it takes writes. Raises CannotServe."""
        process, port = run_cluster(self.programs, self.folder, data, *SETTINGS, environment=self._environment(data))
        return Cluster(data, process, port)

    def run(self, cluster: Cluster, command: str, *options: str) -> None:
        """A command of pgBackRest for a cluster that is up. Raises Refused."""
        self._run(
            command, *options, environment=self._environment(cluster.data) | {"PGBACKREST_PG1_PORT": cluster.port}
        )

    def restore(self, name: str, target: str) -> Path:
        """What was there at a moment, in a new data directory that archives nothing. Raises Refused."""
        data = self.folder / name
        data.mkdir(mode=0o700)
        self._hand_over(data)
        how = ("--type=time", f"--target={target}", "--target-action=promote", "--archive-mode=off")
        self._run("restore", *how, environment=self._environment(data))
        return data

    def plain_files(self) -> list[str]:
        """Those of the repository that are not encrypted."""
        files = [path for path in self.repository.rglob("*") if path.is_file() and path.stat().st_size]
        return [path.name for path in files if not path.read_bytes().startswith(SALTED)]

    def _run(self, command: str, *options: str, environment: dict[str, str]) -> None:
        log = self.folder / f"pgbackrest-{command}.log"
        log.unlink(missing_ok=True)
        words = ("pgbackrest", f"--stanza={STANZA}", *options, command)
        try:
            finish(spawn(self.folder, log.stem, *words, environment=environment), log)
        except CannotServe:
            raise Refused(tail(log)) from None

    def _environment(self, data: Path) -> dict[str, str]:
        """pgBackRest's options win from here over those of its files."""
        return {
            "PGBACKREST_CONFIG": str(self.folder / "etc/pgbackrest.conf"),
            "PGBACKREST_CONFIG_INCLUDE_PATH": str(self.folder / "etc/conf.d"),
            "PGBACKREST_REPO1_PATH": str(self.repository),
            "PGBACKREST_LOG_PATH": str(self.folder / "log"),
            "PGBACKREST_LOCK_PATH": str(self.folder / "lock"),
            "PGBACKREST_SPOOL_PATH": str(self.folder / "spool" / data.name),
            "PGBACKREST_JOB_RETRY": "0",
            "PGBACKREST_PG1_PATH": str(data),
            "PGBACKREST_PG1_SOCKET_PATH": str(self.folder),
            "PGBACKREST_PG1_USER": "postgres",
        }

    def _hand_over(self, path: Path) -> None:
        """To the servers' user, when we are another."""
        if user := account():
            for one in (path, *path.rglob("*")):
                shutil.chown(one, user.pw_uid, user.pw_gid)


def archived(folder: Path) -> Archived:
    """With the programs of this machine. Raises CannotServe."""
    postgres = local_postgres()
    if not isinstance(postgres, LocalPostgres) or shutil.which("pgbackrest") is None:
        raise CannotServe(ADVICE)
    made = Archived(folder, postgres.programs)
    made.prepare()
    return made
