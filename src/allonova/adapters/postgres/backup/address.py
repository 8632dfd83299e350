"""Where a database is, as PostgreSQL's programs read it: from their environment, which only we can read."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import asyncpg  # type: ignore[import-untyped]

from allonova.adapters.postgres.pool import asyncpg_dsn

CONNECT_S = 30
APPLICATION = "allonova-backup"

# Whatever the server or the role is set to: nothing here ends by itself, no row is hidden in silence, and values are
# spelt alike in the database that is dumped and in the one that it is restored into.
SESSION = {
    "application_name": APPLICATION,
    "statement_timeout": "0",
    "lock_timeout": "60s",
    "idle_in_transaction_session_timeout": "0",
    "row_security": "off",
    "search_path": "pg_catalog, public",
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
}

# libpq's parameters that may stand in a URL, and the variables that say the same.
VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "database": "PGDATABASE",
    "passfile": "PGPASSFILE",
    "service": "PGSERVICE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "sslcrl": "PGSSLCRL",
    "ssl_min_protocol_version": "PGSSLMINPROTOCOLVERSION",
    "ssl_max_protocol_version": "PGSSLMAXPROTOCOLVERSION",
    "channel_binding": "PGCHANNELBINDING",
    "gssencmode": "PGGSSENCMODE",
    "krbsrvname": "PGKRBSRVNAME",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
    "options": "PGOPTIONS",
}


@dataclass(frozen=True, slots=True)
class Address:
    """A database by its URL, which is never shown."""

    url: str = field(repr=False)

    @property
    def database(self) -> str:
        """Its name."""
        return self.environment()["PGDATABASE"]

    def environment(self) -> dict[str, str]:
        """What the programs need to find it, and nothing else of ours."""
        parts = urlsplit(asyncpg_dsn(self.url))
        login, _, servers = parts.netloc.rpartition("@")
        user, _, password = login.partition(":")
        hosts, ports = zip(*(_split(server) for server in servers.split(",")), strict=True)
        said: dict[str, str] = {
            "user": unquote(user),
            "password": unquote(password),
            "host": ",".join(hosts),
            "port": ",".join(ports) if any(ports) else "",
            "dbname": unquote(parts.path.removeprefix("/")),
        }
        settings = []
        for name, value in parse_qsl(parts.query):
            if name in VARIABLES:
                said[name] = value
            else:
                settings.append(f"-c {name}=" + value.replace("\\", "\\\\").replace(" ", "\\ "))
        found = {VARIABLES[name]: value for name, value in said.items() if value}
        if settings:
            found["PGOPTIONS"] = " ".join(filter(None, [found.get("PGOPTIONS"), *settings]))
        found.setdefault("PGDATABASE", found.get("PGUSER", ""))
        return found | {
            "PGCONNECT_TIMEOUT": str(CONNECT_S),
            "PGAPPNAME": APPLICATION,
            "HOME": str(Path.home()),
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LC_ALL": "C",
        }

    def hides(self, text: str) -> str:
        """A text without the password."""
        password = self.environment().get("PGPASSWORD")
        return text.replace(password, "…") if password else text

    async def connect(self) -> asyncpg.Connection:
        """A connection of whoever the URL names."""
        return await asyncpg.connect(asyncpg_dsn(self.url), timeout=CONNECT_S, server_settings=SESSION)


def _split(server: str) -> tuple[str, str]:
    """`host:port`, with an IPv6 address in brackets."""
    if server.startswith("["):
        host, _, port = server[1:].partition("]")
        return host, port.removeprefix(":")
    host, _, port = server.partition(":")
    return unquote(host), port
