"""Whether every read answers in time when fifty ask at once, on demo data: `python -m benchmarks.floor [PEOPLE]`."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import asyncpg  # type: ignore[import-untyped]
import httpx

from allonova.adapters.crypto.clock import SystemClock
from allonova.adapters.crypto.tokens import JoseTokens
from allonova.adapters.postgres.pool import asyncpg_dsn
from allonova.domain.dispatch.staff import StaffRole
from allonova.domain.identity.roles import Role
from allonova.domain.identity.session import Audience
from benchmarks.database import own_database
from benchmarks.ground import FLOOR_CLIENTS, KID, PATIENCE_S, SECRET, Ask, Server, address, environment, load, serving
from benchmarks.table import OURS, Figure, Row, end, row_of

PEOPLE, PORT = 2000, 8486
SECONDS, FLOOR_MS, SEARCH_MS = 1.5, 300, 2000
TRIED, ENOUGH = 200, 50  # candidates that are looked at for an operation, and those that are asked
OPENAPI = Path("src/allonova/adapters/http/openapi.json")
USERS = "SELECT passenger_id FROM carpool.bookings GROUP BY 1 ORDER BY count(*) DESC LIMIT 400"
DRIVERS = "SELECT driver_id FROM carpool.trips GROUP BY 1 ORDER BY count(*) DESC LIMIT 400"
ADMIN = "SELECT id FROM carpool.admin_users WHERE role = 'super'"
COMPANY = "SELECT societe_id FROM dispatch.commandes GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
STAFF = f"SELECT id FROM dispatch.users WHERE role = 'admin' AND active AND societe_id = ({COMPANY})"
CHAUFFEURS = f"SELECT id FROM dispatch.users WHERE role = 'chauffeur' AND active AND societe_id = ({COMPANY})"
RODE = "SELECT b.passenger_id, t.driver_id FROM carpool.bookings b JOIN carpool.trips t ON t.id = b.trip_id"
# Who asks, then the ids in the path.
OF: Mapping[str, str] = {
    "/api/v1/bookings/{id}": "SELECT passenger_id, id FROM carpool.bookings",
    "/api/v1/disputes/{id}": "SELECT opened_by, id FROM carpool.disputes",
    "/api/v1/payments/{id}": "SELECT user_id, id FROM carpool.payments",
    "/api/v1/trips/series/{series_id}": "SELECT driver_id, id FROM carpool.trip_series",
    "/api/v1/trips/{id}": "SELECT driver_id, id FROM carpool.trips",
    "/api/v1/users/{id}": RODE,
    "/api/v1/vehicles/{id}": "SELECT user_id, id FROM carpool.vehicles",
    "/api/v1/admin/admins/{id}": "SELECT id, id FROM carpool.admin_users",
    "/api/v1/admin/bookings/{id}": "SELECT NULL, id FROM carpool.bookings",
    "/api/v1/admin/disputes/{id}": "SELECT NULL, id FROM carpool.disputes",
    "/api/v1/admin/exports/{id}": "SELECT admin_id, id FROM platform.exports",
    "/api/v1/admin/payments/{id}": "SELECT NULL, id FROM carpool.payments",
    "/api/v1/admin/payouts/{batch_id}/export": "SELECT NULL, id FROM carpool.payout_batches",
    "/api/v1/admin/promos/{id}": "SELECT NULL, id FROM carpool.promos",
    "/api/v1/admin/refunds/{id}": "SELECT NULL, id FROM carpool.refunds",
    "/api/v1/admin/trips/{id}": "SELECT NULL, id FROM carpool.trips",
    "/api/v1/admin/users/segments/{id}": "SELECT NULL, id FROM carpool.user_segments",
    "/api/v1/admin/users/{id}": "SELECT NULL, id FROM carpool.users",
    "/api/clients/{id}": f"SELECT NULL, id FROM dispatch.clients WHERE societe_id = ({COMPANY})",
    "/api/commandes/{id}": f"SELECT NULL, id FROM dispatch.commandes WHERE societe_id = ({COMPANY})",
    "/api/interventions/{id}": f"SELECT NULL, id FROM dispatch.interventions WHERE societe_id = ({COMPANY})",
    "/api/taxis/{id}": f"SELECT NULL, id FROM dispatch.taxis WHERE societe_id = ({COMPANY})",
    "/api/users/{id}": f"SELECT NULL, id FROM dispatch.users WHERE societe_id = ({COMPANY})",
}
QUERIES: Mapping[str, Mapping[str, str]] = {
    "/api/v1/trips/search": {"from": "5.3575,-4.0083", "to": "6.8190,-5.2760"},
    "/api/v1/trips/price-hint": {"from": "5.3575,-4.0083", "to": "6.8190,-5.2760"},
}
DRIVING = ("/api/v1/trips", "/api/v1/trips/series", "/api/v1/vehicles", "/api/v1/me/earnings", "/api/v1/me/payouts")
CHAUFFEURS_OWN = ("/api/me/",)
NOT_ASKED: Mapping[str, str] = {
    "/api/public/commandes/{reference}": "its token is in a mail alone, and hashed where it is kept",
    "/api/v1/public/rides/{token}": "the same",
    "/api/v1/admin/notifications/suppressed": "nobody is on the list; 404 is its answer",
    **dict.fromkeys(
        (
            "/api/v1/admin/disputes/{id}",
            "/api/v1/admin/exports/{id}",
            "/api/v1/admin/moderation/{kind}/{id}",
            "/api/v1/admin/payouts/{batch_id}/export",
            "/api/v1/admin/promos/{id}",
            "/api/v1/admin/promos/{id}/uses",
            "/api/v1/admin/users/segments/{id}",
            "/api/v1/admin/users/segments/{id}/users",
            "/api/v1/disputes/{id}",
            "/api/v1/trips/series/{series_id}",
        ),
        "the demo data has none",
    ),
}


class Demo:
    """Who may ask what: tokens of everybody in the demo data, and ids for paths."""

    def __init__(self, connection: asyncpg.Connection, societe_id: UUID) -> None:
        self._connection, self._societe_id = connection, societe_id
        self._clock = SystemClock()
        self._tokens = JoseTokens({KID: SECRET}, KID, issuer="allonova", clock=self._clock)

    async def asks(self, path: str) -> list[Ask]:
        """Candidates for an operation, of several people and several things."""
        found = next((sql for prefix, sql in OF.items() if path == prefix or path.startswith(f"{prefix}/")), None)
        if found is None and "{" in path:
            raise RuntimeError(f"{path}: say in OF where its ids come from, or in NOT_ASKED why it is not asked")
        people = [row[0] for row in await self._connection.fetch(self._who(path))]
        rows = [(None,)] * TRIED if found is None else await self._connection.fetch(f"{found} LIMIT {TRIED}")
        return [
            {
                "path": _filled(path, list(row)[1:]) + _query(path),
                "headers": self._bearer(path, row[0] or who) | address(),
            }
            for row, who in zip(rows, cycle(people), strict=False)
        ]

    def _who(self, path: str) -> str:
        if path.startswith("/api/v1/admin/"):
            return ADMIN
        if path.startswith("/api/v1/"):
            return DRIVERS if path in DRIVING else USERS
        return CHAUFFEURS if path.startswith(CHAUFFEURS_OWN) else STAFF

    def _bearer(self, path: str, who: UUID) -> dict[str, str]:
        now = self._clock.now()
        more: dict[str, Any] = {"audience": Audience.ALLOCAR}
        if path.startswith("/api/v1/admin/"):
            more = {"audience": Audience.ALLOCAR_ADMIN, "role": Role.SUPER}
        elif not path.startswith("/api/v1/"):
            role = StaffRole.CHAUFFEUR if path.startswith(CHAUFFEURS_OWN) else StaffRole.ADMIN
            more = {"audience": Audience.NOVA, "role": role, "tenant": self._societe_id}
        token = self._tokens.sign(
            subject=who, session=uuid4(), issued_at=now, expires_at=now + timedelta(hours=1), **more
        )
        return {"Authorization": f"Bearer {token}"}


def _filled(path: str, ids: Sequence[object]) -> str:
    given = iter(ids)
    return "/".join(str(next(given)) if part.startswith("{") else part for part in path.split("/"))


def _query(path: str) -> str:
    asked = dict(QUERIES.get(path, {}))
    if path == "/api/v1/trips/search":
        asked["date"] = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    return f"?{urlencode(asked)}" if asked else ""


def reads() -> Iterator[str]:
    """Every GET of the OpenAPI."""
    return (path for path, methods in json.loads(OPENAPI.read_text())["paths"].items() if "get" in methods)


async def _that_answer(candidates: Sequence[Ask]) -> tuple[list[Ask], int]:
    """Those of them that are good, and what the last of the others was answered."""
    good, status = list[Ask](), 0
    base = f"http://127.0.0.1:{PORT}"
    async with httpx.AsyncClient(base_url=base, trust_env=False, timeout=PATIENCE_S) as http:
        for ask in candidates:
            answer = await http.get(ask["path"], headers=ask["headers"])
            if answer.is_success:
                good.append(ask)
                if len(good) == ENOUGH:
                    break
            else:
                status = answer.status_code
    return good, status


async def _prepared(dsn: str) -> dict[str, tuple[list[Ask], int]]:
    connection = await asyncpg.connect(asyncpg_dsn(dsn))
    demo = Demo(connection, await connection.fetchval(COMPANY))
    prepared = {path: await _that_answer(await demo.asks(path)) for path in reads() if path not in NOT_ASKED}
    await connection.close()
    return prepared


def measure(people: int) -> tuple[list[Row], list[Figure]]:
    """Each read alone, by so many clients at once."""
    with own_database() as dsn, tempfile.TemporaryDirectory() as folder:
        env = environment(dsn) | {"ALLONOVA_FILES_DIR": f"{folder}/files"}
        env |= {f"ALLONOVA_{kind}_LIMIT_PER_MINUTE": "1000000" for kind in ("RATE", "ADDRESS")}
        seed = [sys.executable, "-m", "allonova.main.cli", "seed", "--users", str(people)]
        with_passwords = os.environ | env | {"ALLONOVA_SANDBOX": "true"}  # that everybody knows
        subprocess.run(seed, env=with_passwords, check=True, stdout=subprocess.DEVNULL)
        with serving(["allonova.main.cli", "serve"], PORT, env, Path(folder)) as process:
            server = Server(PORT, process)
            rows, silent = [], dict(NOT_ASKED)
            for path, (asks, status) in asyncio.run(_prepared(dsn)).items():
                if not asks:
                    silent[path] = f"answers {status}"
                    continue
                seen = load(server, list(islice(cycle(asks), 2000)), clients=FLOOR_CLIENTS, seconds=SECONDS)
                rows.append(row_of(path[-28:], OURS, path[:33], ms=seen.ms, seconds=seen.seconds, cpu_s=seen.cpu_s))
                print(f"{path} {rows[-1].p95_ms:.0f} ms", flush=True)
    rows.sort(key=lambda row: -row.p95_ms)
    asked = Figure("reads that were asked", f"{len(rows)} of {len(rows) + len(silent)}", "–", is_kept=True)
    left = [Figure(path, why, "asked", is_kept=path in NOT_ASKED) for path, why in silent.items()]
    return rows, [*map(_figure, rows), asked, *left]


def _figure(row: Row) -> Figure:
    floor = SEARCH_MS if row.job.endswith("/search") else FLOOR_MS
    return Figure(f"{row.job}: p95", f"{row.p95_ms:.0f} ms", f"< {floor} ms", row.p95_ms < floor)


def main() -> None:
    """Exit code 1 when a figure was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("people", type=int, nargs="?", default=PEOPLE)
    end(*measure(parser.parse_args().people))


if __name__ == "__main__":
    main()
