"""How often each route asks PostgreSQL: no answer of any test may take more round trips than `round_trips.json` says,
nor send the same statement for one thing after another.

`make round-trips` writes the table anew, from what the HTTP tests saw; which routes may repeat themselves is said here.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from allonova.adapters.postgres import pool
from allonova.adapters.telemetry.requests import route_of

TABLE = Path(__file__).parents[1] / "http" / "round_trips.json"
NOTED = "ROUND_TRIPS_INTO"
"""Names a folder, in which each process leaves what it saw in place of judging it."""
AGAIN = 2
"""How often one request may send the same statement; more is taken for a question asked of each row."""

OFTEN = {
    "DELETE /api/taxis/{id}": "lines in the log: of its courses at once, of its chauffeur, of itself",
    "PATCH /api/users/{id}": "lines in the log: of a taxi's courses at once, of who drove it, of himself",
    "POST /api/onboarding/bootstrap": "again, when another company has just taken the name",
    "POST /auth/email/confirm": "the account, then the company's admins and chauffeurs",
    "POST /auth/password/reset": "the same",
    "GET /api/v1/me/export": "a hundred rows of each list at a time",
    "PATCH /api/v1/admin/bookings/{id}": "the entries of what a booking's end moves, of several kinds",
    "PATCH /api/v1/admin/disputes/{id}": "the same",
    "PATCH /api/v1/admin/trips/{id}": "the same for each booking of a trip, which has few seats",
    "PATCH /api/v1/trips/series/{series_id}": "each trip in a transaction of its own: one that may not stops no other",
    "PATCH /api/v1/trips/{id}": "whoever has asked for a seat of a trip that closes to men; there are few",
    "POST /api/v1/admin/payments/{id}/refund": "the entries of what a refund moves, of several kinds",
    "POST /api/v1/auth/social/{provider}": "by the subject, under the account's lock, and when another one was faster",
    "POST /api/v1/auth/token/refresh": "the token, again under its session's lock, and the one that followed it",
    "POST /api/v1/bookings/{id}/cancel": "the entries of what a booking's end moves, of several kinds",
    "POST /api/v1/bookings/{id}/no-show": "the wallet, by each part of what goes back",
    "POST /api/v1/me/kyc": "a paper's two or three pictures",
    "POST /api/v1/notifications/webhook/brevo": "each report in a transaction of its own",
    "POST /api/v1/payments/webhook/stripe": "the entries of what a chargeback moves, of several kinds",
    "POST /api/v1/trips/series/{series_id}/cancel": "each trip in a transaction of its own",
    "POST /api/v1/trips/series/{series_id}/publish": "each trip in a transaction of its own",
    "POST /api/v1/trips/{id}/cancel": "the entries for each booking of a trip, which has few seats",
    "POST /auth/refresh": "the token, again under its session's lock, and the one that followed it",
    "PUT /api/v1/me/payout-account": "the account before, under the lock, and as it is shown",
}
"""Routes that send a statement more often, and what for: by the case, or by what was asked for at once."""
FRAMES = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
"""Of transactions, of which one request may have several."""
OWN = ("SELECT current_setting('jit')", "WITH RECURSIVE typeinfo_tree", "SELECT t.oid")
"""What the driver asks for itself, once on each connection."""

type Sent = Counter[str]

_SENT: ContextVar[Sent | None] = ContextVar("sent", default=None)


@dataclass(frozen=True, slots=True)
class Row:
    """Of a route: its most round trips, BEGIN and COMMIT among them, and how often the same statement."""

    most: int
    again: int


@contextmanager
def heard() -> Iterator[None]:
    """Every connection that is made meanwhile tells of its statements, beside what it is taught anyway."""
    teach = pool._teach  # the one place that sees each connection as it is made

    async def teach_and_listen(connection: Any) -> None:
        await teach(connection)
        connection.add_query_logger(_note)

    pool._teach = teach_and_listen
    try:
        yield
    finally:
        pool._teach = teach


def _note(statement: Any) -> None:
    if (sent := _SENT.get()) is not None and not (query := " ".join(statement.query.split())).startswith(OWN):
        sent[query] += 1


@dataclass(frozen=True, slots=True)
class RoundTrips:
    """Stands around the app, and judges each answer. Raises AssertionError."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        sent: Sent = Counter()
        token = _SENT.set(sent)
        try:
            await self.app(scope, receive, send)
            await asyncio.sleep(0)  # the driver tells of a statement in the loop's next round
        finally:
            _SENT.reset(token)
        if scope["type"] == "http" and sent:
            self._judge(f"{scope['method']} {route_of(scope)}", sent)

    def _judge(self, route: str, sent: Sent) -> None:
        asked = Counter({text: count for text, count in sent.items() if not text.startswith(FRAMES)})
        statement, again = asked.most_common(1)[0] if asked else ("", 0)
        if NOTED in os.environ:
            _leave(route, Row(sent.total(), again))
            return
        row = table().get(route)
        assert row is not None, f"{route} is not in {TABLE.name}: make round-trips"
        listed = "\n".join(f"{count} × {text[:120]}" for text, count in sent.items())
        assert sent.total() <= row.most, f"{route} took {sent.total()} round trips, not {row.most}:\n{listed}"
        often = row.again if route in OFTEN else AGAIN
        assert again <= max(often, AGAIN), f"{route} sent {again} times: {statement}"


@cache
def table() -> Mapping[str, Row]:
    """What is promised of each route."""
    return {route: Row(*row) for route, row in json.loads(TABLE.read_text()).items()}


_SEEN: dict[str, Row] = {}


def _leave(route: str, row: Row) -> None:
    known = _SEEN.get(route, Row(0, 0))
    now = Row(max(known.most, row.most), max(known.again, row.again))
    if now != known:
        _SEEN[route] = now
        file = Path(os.environ[NOTED]) / f"{os.getpid()}.json"
        file.write_text(json.dumps({route: [row.most, row.again] for route, row in _SEEN.items()}))


def merge(folder: Path) -> None:
    """Write the table from what processes left."""
    rows: dict[str, Row] = {}
    for file in folder.glob("*.json"):
        for route, (most, again) in json.loads(file.read_text()).items():
            known = rows.get(route, Row(0, 0))
            rows[route] = Row(max(known.most, most), max(known.again, again))
    lines = (f"  {json.dumps(route)}: [{row.most}, {row.again}]" for route, row in sorted(rows.items()))
    TABLE.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    merge(Path(sys.argv[1]))
