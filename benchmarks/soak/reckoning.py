"""The end: everything is repaired and has settled, and whatever was acknowledged is looked for."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.runner import Pool
from benchmarks.soak.clients import Clients
from benchmarks.soak.faults import PAYING
from benchmarks.soak.load import Load
from benchmarks.soak.world import World
from tests.support.processes import allonova

SETTLE_S = 300.0
STEP = timedelta(seconds=150)  # of the service's clock: what waits to be asked or tried again is due
COMMAND_S = 300
JOB_S = 60
MANY = 5  # of ids named in a breach

UNSETTLED = """
SELECT (SELECT count(*) FROM platform.outbox
        WHERE done_at IS NULL AND dead_at IS NULL AND due_at <= $2::timestamptz)
    + (SELECT count(*) FROM carpool.payments WHERE id = ANY ($1::uuid[]) AND status NOT IN ('paid', 'refunded'))
    + (SELECT count(*) FROM carpool.refunds WHERE status = 'pending')
    + (SELECT count(*) FROM carpool.payouts WHERE status IN ('scheduled', 'processing'))
"""
OVERSOLD = """
SELECT count(*) FROM (
    SELECT FROM carpool.bookings b JOIN carpool.trips t ON t.id = b.trip_id,
        generate_series(b.board, b.alight - 1) AS leg
    WHERE b.status IN ('accepted', 'paid', 'completed')
    GROUP BY t.id, t.seats_total, leg HAVING sum(b.seats) > t.seats_total
) AS legs
"""
TWICE = """
SELECT count(*) FROM (
    SELECT FROM carpool.bookings GROUP BY trip_id, passenger_id HAVING count(*) > 1
) AS pairs
"""
# What a provider keeps for himself is in our books alone.
CHARGED = """
SELECT coalesce(sum(p.amount), 0)::bigint FROM platform.postings p
JOIN platform.accounts a ON a.id = p.account_id JOIN platform.journal_entries e ON e.id = p.entry_id
WHERE a.kind = 'clearing' AND a.owner = $1 AND e.kind <> 'provider_charged'
"""
DEAD = "SELECT subscriber, last_error, count(*) AS n FROM platform.outbox WHERE dead_at IS NOT NULL GROUP BY 1, 2"
DELIVERED = "SELECT count(*) FROM platform.outbox WHERE done_at IS NOT NULL"
ROOM = """
SELECT relname AS name, n_live_tup AS n, pg_total_relation_size(relid) / n_live_tup AS bytes
FROM pg_stat_user_tables WHERE n_live_tup > 2000 ORDER BY n_live_tup DESC
"""
SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What is found goes into `seen`, what is missing into the record's breaches."""

    world: World
    clients: Clients
    load: Load
    seen: dict[str, Any]

    async def settle(self) -> None:
        """No fault is left, nothing is due any more, and every payment that was paid is."""
        stage, until = self.world.stage, time.monotonic() + SETTLE_S
        left = -1
        while time.monotonic() < until:
            with suppress(httpx.TransportError):
                for job in ("relay", "reconciliation", "payouts_check", "relay"):
                    await stage.sandbox.post(f"/sandbox/jobs/{job}", timeout=JOB_S)
            pressed = [UUID(id) for id in self.world.kept.pressed]
            left = await stage.pool.fetchval(UNSETTLED, pressed, stage.clock.now() + timedelta(minutes=10))
            if left == 0:
                break
            await stage.advance(STEP)
            await asyncio.sleep(0.5)
        else:
            self._breach(f"{left} things have not settled within {SETTLE_S:g} s")
        await stage.sandbox.post("/sandbox/jobs/seal_audit", timeout=JOB_S)

    async def reckon(self) -> None:
        """All of it. Reads as the owner of the tables, who sees every company."""
        async with await open_pool(self.world.stage.fleet.database_url, max_size=2, role=None) as owner:
            for look in (
                self._bookings,
                self._payments,
                self._messages,
                self._orders,
                self._keys,
                self._letters,
                self._idle,
            ):
                await look(owner)
        for look_outside in (self._screens, self._photos, self._books):
            await look_outside()

    def _breach(self, text: str) -> None:
        self.clients.record.breach(text)

    def _missing(self, what: str, wanted: set[str], found: set[str]) -> None:
        """Everything that was acknowledged is there."""
        self.seen[what] = len(wanted)
        if lost := sorted(wanted - found):
            self._breach(f"{len(lost)} of {len(wanted)} {what} are lost: {', '.join(lost[:MANY])}")

    async def _bookings(self, owner: Pool) -> None:
        kept = self.world.kept
        rows = await owner.fetch("SELECT id::text, passenger_id::text, status FROM carpool.bookings")
        found = {row["id"]: (row["passenger_id"], row["status"]) for row in rows}
        self._missing("bookings", set(kept.bookings), {id for id, who in kept.bookings.items() if id in found})
        self._missing("rides that ended", kept.rides, {id for id in kept.rides if found[id][1] == "completed"})
        gone = {id for id in kept.cancelled if found[id][1] == "cancelled"}
        self._missing("bookings that were called off", kept.cancelled, gone)
        trips = {row[0] for row in await owner.fetch("SELECT id::text FROM carpool.trips")}
        self._missing("trips", kept.trips, trips)
        self.seen["oversold"] = await owner.fetchval(OVERSOLD)
        self.seen["booked twice"] = await owner.fetchval(TWICE)
        for name in ("oversold", "booked twice"):
            if self.seen[name]:
                self._breach(f"{name}: {self.seen[name]}")

    async def _payments(self, owner: Pool) -> None:
        kept = self.world.kept
        rows = await owner.fetch(
            "SELECT id::text, provider_ref, method, amount::bigint, refunded_amount::bigint AS back, status"
            " FROM carpool.payments WHERE status IN ('paid', 'refunded')"
        )
        self._missing("payments", set(kept.pressed), {row["id"] for row in rows})
        self.seen["paid francs"] = sum(row["amount"] for row in rows)
        for provider, method in PAYING.items():
            books = await self.clients.outside("GET", "/ledger", params={"provider": provider})
            theirs = Counter({line["ref"]: line["amount"] for line in books["charges"]})
            ours = Counter({row["provider_ref"]: row["amount"] for row in rows if row["method"] == method})
            self.seen[f"payments at {provider}"] = len(theirs)
            if ours != theirs:
                only = sorted(set((ours - theirs) + (theirs - ours)))
                self._breach(f"our payments and {provider}'s differ: {', '.join(only[:MANY])}")
            held = sum(theirs.values()) - _sum(books["refunds"]) - _sum(books["payouts"])
            clearing = -await owner.fetchval(CHARGED, method)
            if clearing != held:
                self._breach(f"{provider} holds {held} francs, and we say {clearing}")

    async def _messages(self, owner: Pool) -> None:
        said = self.world.kept.said
        rows = await owner.fetch("SELECT booking_id::text, id::text FROM carpool.messages ORDER BY created_at, id")
        stored: dict[str, list[str]] = {}
        for row in rows:
            stored.setdefault(row["booking_id"], []).append(row["id"])
        every = {id for ids in said.values() for id in ids}
        self._missing("messages", every, {row["id"] for row in rows})
        for booking, ids in said.items():
            if [id for id in stored.get(booking, []) if id in every] != ids:
                self._breach(f"messages of {booking} are not in the order in which they were said")

    async def _orders(self, owner: Pool) -> None:
        kept = self.world.kept
        rows = await owner.fetch(
            "SELECT c.id::text, c.reference, c.version, c.taxi_id::text, c.commentaire, l.contact_email AS mail"
            " FROM dispatch.commandes c JOIN dispatch.clients l ON l.id = c.client_id"
        )
        self._missing("orders", set(kept.orders), {row["reference"] for row in rows})
        mails = Counter(row["mail"] for row in rows)
        if double := [mail for mail, n in mails.items() if n > 1]:
            self._breach(f"{len(double)} orders are there twice")
        cards = {row["id"]: row for row in rows}
        lost = [id for id, shown in kept.moves.items() if not _is_kept(shown, cards[id])]
        self._missing("moves of cards", set(kept.moves), set(kept.moves) - set(lost))
        accepted = await owner.fetch("SELECT id::text FROM dispatch.demandes WHERE statut = 'acceptee'")
        self._missing("offers that were accepted", kept.accepted, {row[0] for row in accepted})

    async def _keys(self, owner: Pool) -> None:
        effects = self.clients.effects
        self.seen["keys"] = len(effects)
        if double := [key for key, ids in effects.items() if len(ids) > 1]:
            self._breach(f"{len(double)} keys had two effects")
        made = await owner.fetchval("SELECT count(*) FROM carpool.payments")
        keys = await owner.fetchval("SELECT count(*) FROM platform.idempotency_keys")
        self.seen["payments begun"] = made
        if made > keys:
            self._breach(f"{made} payments were begun under {keys} keys")

    async def _letters(self, owner: Pool) -> None:
        dead = [f"{row['n']} × {row['subscriber']}: {row['last_error']}" for row in await owner.fetch(DEAD)]
        self.seen["dead letters"] = dead
        self.seen["deliveries"] = await owner.fetchval(DELIVERED)
        self.seen["rows, bytes each"] = {row["name"]: (row["n"], row["bytes"]) for row in await owner.fetch(ROOM)}
        for one in dead:
            self._breach(f"given up: {one}")

    async def _idle(self, owner: Pool) -> None:
        async def is_free() -> bool:
            return bool(await owner.fetchval(SESSIONS) == 0)

        if not await _within(10, is_free):
            self._breach("transactions are left open")

    async def _screens(self) -> None:
        async def are_even() -> bool:
            said = self.world.kept.said
            return all(phone.seen == said.get(phone.path.rpartition("/")[2], []) for phone in self.load.phones)

        self.seen["screens"] = len(self.load.phones)
        self.seen["drops of screens"] = sum(phone.drops for phone in self.load.phones)
        if not await _within(20, are_even):
            self._breach("a screen does not show every message once and in order")
        if any(len(phone.framed) != len(set(phone.framed)) for phone in self.load.phones):
            self._breach("a screen was shown a message twice")

    async def _photos(self) -> None:
        found = set()
        for user, link in self.world.kept.photos.items():
            shown = await self.world.stage.a.get(httpx.URL(link).path, follow_redirects=False)
            place = httpx.URL(shown.headers.get("location", ""))
            answer = await self.world.stage.b.get(place.raw_path.decode())
            if answer.status_code == 200:
                found.add(user)
        self._missing("photos", set(self.world.kept.photos), found)

    async def _books(self) -> None:
        for command in ("books", "audit"):
            said, code = await _run(self.world, command, "verify")
            self.seen[f"{command} verify"] = said
            if code:
                self._breach(f"{command} verify: {said}")


def _is_kept(shown: Any, row: Any) -> bool:
    """Whether a card stands as a change left it, or was changed after that."""
    if row["version"] != shown["version"]:
        return bool(row["version"] > shown["version"])
    return bool(row["taxi_id"] == shown["taxiId"] and row["commentaire"] == shown["commentaire"])


def _sum(lines: list[Any]) -> int:
    return sum(line["amount"] for line in lines if line["status"] != "failed")


async def _within(seconds: float, done: Callable[[], Awaitable[bool]]) -> bool:
    until = time.monotonic() + seconds
    while not await done():
        if time.monotonic() > until:
            return False
        await asyncio.sleep(0.1)
    return True


async def _run(world: World, *arguments: str) -> tuple[str, int]:
    """A command of ours; what it said, and its code."""
    env = dict(world.stage.fleet.env)
    child = await asyncio.create_subprocess_exec(
        *allonova(*arguments), env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(COMMAND_S):
        said, _ = await child.communicate()
    return said.decode().strip().replace("\n", "; "), child.returncode or 0
