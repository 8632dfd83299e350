#!/usr/bin/env python3
"""Put the newest backup of DATABASE_URL back elsewhere, and look at it as if it were needed.

    scripts/restore_drill.py             `allonova backup drill`, with the settings of the environment
    scripts/restore_drill.py played      the same on a new database with demo data, of whoever set DATABASE_URL

Without DATABASE_URL it is played on private servers.
"""

import asyncio
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg  # type: ignore[import-untyped]

SERVERS = Path(__file__).resolve().parent / "servers.py"
PEOPLE = "20"


def allonova(*words: str, env: dict[str, str]) -> int:
    """A command of ours; its exit code."""
    return subprocess.run([sys.executable, "-m", "allonova.main.cli", *words], env=env, check=False).returncode


def played(server: str) -> int:
    """Two databases that are gone at the end: one with people, rides and money, and one to restore into."""
    live, trial = (f"allonova_{name}_{secrets.token_hex(4)}" for name in ("live", "trial"))
    asyncio.run(ask(server, f'CREATE DATABASE "{live}"', f'CREATE DATABASE "{trial}"'))
    try:
        with tempfile.TemporaryDirectory(prefix="allonova-drill-") as folder:
            env = os.environ | {
                "ALLONOVA_ENV": "test",
                "ALLONOVA_SECRET_KEYS": f"drill:{secrets.token_urlsafe(36)}",
                "ALLONOVA_FILES_DIR": f"{folder}/files",
                "ALLONOVA_BACKUP_DIR": f"{folder}/backups",
                "ALLONOVA_BACKUP_VERIFY_DATABASE_URL": named(server, trial),
                "DATABASE_URL": named(server, live),
                "MIGRATIONS_DATABASE_URL": "",
            }
            for words in (("migrate",), ("seed", "--users", PEOPLE), ("backup", "drill", "--fresh")):
                if code := allonova(*words, env=env):
                    return code
    finally:
        asyncio.run(ask(server, *(f'DROP DATABASE "{name}" WITH (FORCE)' for name in (live, trial))))
    return 0


async def ask(server: str, *statements: str) -> None:
    """Statements that want no transaction around them."""
    connection = await asyncpg.connect(server)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def named(server: str, database: str) -> str:
    """The address of another database of a server."""
    return urlunsplit(urlsplit(server)._replace(path=f"/{database}"))


def main(arguments: list[str]) -> int:
    """Do what the arguments say; the exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # databases and folder go then too
    match arguments, os.environ.get("DATABASE_URL"):
        case [], None | "":
            return subprocess.run([SERVERS, "run", "--", sys.executable, __file__, "played"], check=False).returncode
        case [], _:
            return allonova("backup", "drill", env=dict(os.environ))
        case ["played"], str(server) if server:
            return played(server)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
