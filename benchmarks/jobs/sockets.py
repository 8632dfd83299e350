"""A card is dragged to another taxi, and a thousand boards show it: `python -m benchmarks.jobs.sockets`."""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from uuid import UUID, uuid4

import asyncpg  # type: ignore[import-untyped]
import httpx
import uvloop

from allonova.adapters.crypto.clock import SystemClock
from allonova.adapters.crypto.tokens import JoseTokens
from allonova.adapters.postgres.pool import asyncpg_dsn
from allonova.domain.dispatch.staff import StaffRole
from allonova.domain.identity.session import Audience
from benchmarks.database import own_database
from benchmarks.ground import KID, RIVAL_PYTHON, SECRET, Load, cpu_s, environment, serving, together
from benchmarks.nova_fill import fill
from benchmarks.peers import Peer, Watch, open_peer
from benchmarks.table import OURS, RIVAL, SMALLEST, Figure, Row, at_most, end, row_of

JOB = "board move to {} sockets"
PORTS = {OURS: 8473, SMALLEST: 8474, RIVAL: 8476}
PROGRAMS = {
    OURS: "PATCH, commit, relay, Redis",
    SMALLEST: "websockets, no request",
    RIVAL: "python-socketio, no database",
}
SOCKETS, COMMANDES, DISPATCHERS = 1000, 2000, 10
WARM_UP, MOVES, ROUNDS = 10, 50, 4  # a dispatcher's moves stay below his limit
PAUSE_S, PATIENCE_S = 0.05, 10
HEAD = 4  # bytes of a WebSocket frame before what it says

_DISPATCHERS = """
INSERT INTO dispatch.users (id, societe_id, email, role, name, recherche)
SELECT gen_random_uuid(), $1::uuid, 'desk' || n || '@taxis.test', 'admin', 'Awa ' || n, ''
FROM generate_series(1, $2::int) AS n RETURNING id
"""
# Each card has two taxis of its own, which have nothing else before them that day.
_CARDS = """
SELECT card.id, ARRAY(
    SELECT taxi.id FROM dispatch.taxis AS taxi
    WHERE taxi.societe_id = $1 AND NOT EXISTS (
        SELECT FROM dispatch.commandes AS other
        WHERE other.taxi_id = taxi.id AND abs(extract(epoch FROM other.date_iso - card.date_iso)) < 86400
    ) ORDER BY taxi.numero OFFSET card.n * 2 LIMIT 2
) AS taxis
FROM (
    SELECT id, date_iso, row_number() OVER (ORDER BY date_iso) AS n FROM dispatch.commandes
    WHERE societe_id = $1 AND statut = 'en-attente' AND date_iso > now() + interval '1 day'
    ORDER BY date_iso LIMIT $2
) AS card
"""


@dataclass(frozen=True, slots=True)
class Desk:
    """A dispatcher's header, and the card that he drags from one taxi to the other and back."""

    token: str
    card: UUID
    taxis: Sequence[UUID]

    @property
    def headers(self) -> dict[str, str]:
        """Of his requests."""
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def path(self) -> str:
        """Of his card."""
        return f"/api/commandes/{self.card}"


@dataclass(frozen=True, slots=True)
class Side:
    """A program with its sockets, and how it is brought to show a move. Ours says when that was written, an instant
    before its commit; `firsts` has the milliseconds from there to the first frame.
    """

    process_id: int
    peers: Sequence[Peer]
    watch: Watch
    move: Callable[[int], Awaitable[datetime | None]]
    firsts: list[float] = field(default_factory=list)

    async def moves(self, numbers: range) -> Load:
        """Milliseconds from the request to each socket's frame; the seconds in which something was under way."""
        ms: list[float] = []
        busy_s, before = 0.0, cpu_s(self.process_id)
        for number in numbers:
            self.watch.start(len(self.peers))
            since_s = time.time()
            written_at = await self.move(number)
            await asyncio.wait_for(self.watch.is_full.wait(), PATIENCE_S)
            if written_at is not None:
                self.firsts.append((since_s + self.watch.at[0] - written_at.timestamp()) * 1000)
            busy_s += self.watch.at[-1]
            ms += [at * 1000 for at in self.watch.at]
            await asyncio.sleep(PAUSE_S)
        return Load(ms, busy_s, cpu_s(self.process_id) - before)


async def desks_of(dsn: str, societe_id: UUID) -> list[Desk]:
    """So many dispatchers of a company at work."""
    clock = SystemClock()
    tokens, now = JoseTokens({KID: SECRET}, KID, issuer="allonova", clock=clock), clock.now()
    owner = await asyncpg.connect(asyncpg_dsn(dsn))
    people = await owner.fetch(_DISPATCHERS, societe_id, DISPATCHERS)
    cards = await owner.fetch(_CARDS, societe_id, DISPATCHERS)
    await owner.close()
    signed = (
        tokens.sign(
            subject=person["id"],
            session=uuid4(),
            audience=Audience.NOVA,
            issued_at=now,
            expires_at=now + timedelta(hours=1),
            role=StaffRole.ADMIN,
            tenant=societe_id,
        )
        for person in people
    )
    return [Desk(token, card["id"], card["taxis"]) for token, card in zip(signed, cards, strict=False)]


async def our_side(process_id: int, desks: Sequence[Desk], sockets: int, http: httpx.AsyncClient) -> Side:
    """The board as it is served."""
    watch = Watch()
    tokens = (desks[number % len(desks)].token for number in range(sockets))
    peers = [await open_peer(PORTS[OURS], "/ws/planning", token, watch) for token in tokens]

    async def move(number: int) -> datetime | None:
        desk, turn = desks[number % len(desks)], number // len(desks)
        body = {"taxiId": str(desk.taxis[turn % 2])}
        answer = await http.patch(f"http://127.0.0.1:{PORTS[OURS]}{desk.path}", json=body, headers=desk.headers)
        if not answer.is_success:
            raise RuntimeError(answer.text)
        return datetime.fromisoformat(answer.json()["data"]["updatedAt"])

    return Side(process_id, peers, watch, move)


async def bare_side(process_id: int, size: int, sockets: int) -> Side:
    """One of the sockets says what all are to be shown."""
    watch = Watch()
    peers = [await open_peer(PORTS[SMALLEST], "/", "none", watch) for _ in range(sockets)]

    async def move(_: int) -> None:
        peers[0].say("!" + "x" * size)

    return Side(process_id, peers, watch, move)


async def rival_side(
    process_id: int, desks: Sequence[Desk], shown: object, sockets: int, http: httpx.AsyncClient
) -> Side:
    """Sockets of Socket.IO: the server opens, the client says who he is, and is let in."""
    watch, port = Watch(), PORTS[RIVAL]
    peers = []
    for number in range(sockets):
        watch.start(2)
        peer = await open_peer(port, "/socket.io/?EIO=4&transport=websocket", "none", watch)
        peer.say("40" + json.dumps({"token": desks[number % len(desks)].token}))
        await asyncio.wait_for(watch.is_full.wait(), PATIENCE_S)
        peers.append(peer)

    async def move(number: int) -> None:
        headers = desks[number % len(desks)].headers
        answer = await http.post(f"http://127.0.0.1:{port}/moves", json=shown, headers=headers)
        answer.raise_for_status()

    return Side(process_id, peers, watch, move)


async def _shown(http: httpx.AsyncClient, desk: Desk) -> object:
    """What a frame of ours says of a card."""
    answer = await http.get(f"http://127.0.0.1:{PORTS[OURS]}{desk.path}", headers=desk.headers)
    card = answer.raise_for_status().json()["data"]
    return {"commande": card, "version": card["version"], "par": {"id": str(uuid4()), "name": "Awa 1"}}


async def by_turns(
    processes: Mapping[str, int], desks: Sequence[Desk], sockets: int, rounds: int
) -> tuple[dict[str, Load], Sequence[float]]:
    """What each took for its moves, by turns, and how soon ours were seen."""
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as http:
        ours = await our_side(processes[OURS], desks, sockets, http)
        await ours.moves(range(WARM_UP))
        shown, size = await _shown(http, desks[0]), ours.peers[0].size // WARM_UP - HEAD
        sides = {
            OURS: ours,
            SMALLEST: await bare_side(processes[SMALLEST], size, sockets),
            RIVAL: await rival_side(processes[RIVAL], desks, shown, sockets, http),
        }
        for who in (SMALLEST, RIVAL):
            await sides[who].moves(range(WARM_UP))
        ours.firsts.clear()
        seen: dict[str, list[Load]] = {who: [] for who in sides}
        for turn in range(rounds):
            numbers = range(WARM_UP + turn * MOVES, WARM_UP + (turn + 1) * MOVES)
            for who, side in sides.items():
                seen[who].append(await side.moves(numbers))
        sizes = {who: side.peers[0].size for who, side in sides.items()}
        for side in sides.values():
            for peer in side.peers:
                peer.transport.abort()
    _require_alike(sizes)
    return {who: together(loads) for who, loads in seen.items()}, ours.firsts


def _require_alike(sizes: Mapping[str, int]) -> None:
    """The same number of frames, each about as long. Raises RuntimeError."""
    if max(sizes.values()) > 1.1 * min(sizes.values()):
        raise RuntimeError(f"bytes a socket: {sizes}")


def figures_of(job: str, rows: Mapping[str, Row]) -> list[Figure]:
    """What a frame costs the API process: request, commit, relay and Redis shared among all that it went to."""
    each = {who: (row.cpu_ms or 0) * 1000 for who, row in rows.items()}
    return [
        at_most(f"{job}: CPU a frame ÷ smallest", each[OURS], each[SMALLEST], 2.5, "µs"),
        at_most(f"{job}: CPU a frame ÷ usual", each[OURS], each[RIVAL], 0.5, "µs"),
    ]


def measure(
    folder: Path,
    sockets: int = SOCKETS,
    commandes: int = COMMANDES,
    *,
    beside: int | None = None,
    rounds: int = ROUNDS,
) -> tuple[list[Row], list[Figure]]:
    """On a database of its own, where a company has few courses."""
    with own_database() as dsn, ExitStack() as servers:
        societe_id = asyncio.run(fill(dsn, commandes, datetime.now(UTC), beside=beside, desk=False))
        desks, env = asyncio.run(desks_of(dsn, societe_id)), environment(dsn)
        started = {
            OURS: serving(["allonova.main.cli", "serve"], PORTS[OURS], env, folder),
            SMALLEST: serving(["benchmarks.bare_sockets"], PORTS[SMALLEST], env, folder),
            RIVAL: serving(["benchmarks.rivals.board"], PORTS[RIVAL], env, folder, python=str(RIVAL_PYTHON)),
        }
        processes = {who: servers.enter_context(server).pid for who, server in started.items()}
        loads, firsts = uvloop.run(by_turns(processes, desks, sockets, rounds))
    job = JOB.format(sockets)
    rows = {
        who: row_of(job, who, PROGRAMS[who], ms=one.ms, seconds=one.seconds, cpu_s=one.cpu_s)
        for who, one in loads.items()
    }
    p95 = quantiles(firsts, n=20)[-1]
    first = Figure(
        f"{job}: written to first frame, p95", f"{p95:.1f} ms (the commit lies between)", "≤ 30 ms", p95 <= 30
    )
    return list(rows.values()), [*figures_of(job, rows), first]


def main() -> None:
    """Exit code 1 when a figure was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sockets", type=int, default=SOCKETS)
    sockets = parser.parse_args().sockets
    with tempfile.TemporaryDirectory() as folder:
        rows, figures = measure(Path(folder), sockets)
    end(rows, figures)


if __name__ == "__main__":
    main()
