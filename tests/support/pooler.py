"""A PgBouncer for a test, on the settings that are deployed."""

from __future__ import annotations

import shutil
import signal
import socket
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from local_servers import CannotServe, comes_up, free_ports, halt, spawn, tail
from servers import make_folder

DEPLOYED = Path(__file__).parents[2] / "deploy/pgbouncer/pgbouncer.ini"


@contextmanager
def pooler_before(dsn: str, *, servers: int, connect_query: str | None = None) -> Iterator[str]:
    """The address of a pooler that lends at most so many connections of that database. No password is asked for;
    with `connect_query` servers are set otherwise than they should be.
    """
    folder, port = make_folder(), free_ports()[0]
    written = folder / "pgbouncer.ini"
    with written.open("w") as file:
        _settings(dsn, folder, port, servers, connect_query).write(file)
    written.chmod(0o644)
    names = folder / "names"
    names.write_text(f'"{urlsplit(dsn).username}" ""\n')
    names.chmod(0o644)
    process = spawn(folder, "pgbouncer", _program(), written)
    try:
        if not comes_up(process, lambda: _answers(port)):
            raise CannotServe(tail(folder / "pgbouncer.log"))
        yield urlunsplit(urlsplit(dsn)._replace(netloc=f"{urlsplit(dsn).username}@127.0.0.1:{port}"))
    finally:
        halt(process, signal.SIGTERM)
        shutil.rmtree(folder, ignore_errors=True)


def _settings(dsn: str, folder: Path, port: str, servers: int, connect_query: str | None) -> ConfigParser:
    settings = ConfigParser(interpolation=None)
    settings.read(DEPLOYED)
    at, name = urlsplit(dsn), urlsplit(dsn).path[1:]
    deployed = settings["databases"].pop("allonova").partition("connect_query=")[2]
    where = f"host={at.hostname} port={at.port or 5432} dbname={name}"
    settings["databases"][name] = f"{where} connect_query={deployed if connect_query is None else connect_query}"
    settings["pgbouncer"].update(
        {
            "listen_port": port,
            "auth_type": "trust",
            "auth_file": str(folder / "names"),
            "unix_socket_dir": "",
            "default_pool_size": str(servers),
            "reserve_pool_size": "0",
        }
    )
    return settings


def _program() -> str:
    if program := shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin"):
        return program
    raise CannotServe("pgbouncer is missing: apt-get install -y pgbouncer")


def _answers(port: str) -> bool:
    with suppress(OSError), closing(socket.create_connection(("127.0.0.1", int(port)), timeout=1)):
        return True
    return False
