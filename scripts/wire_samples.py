"""Keep what two releases say to each other, as it stands in the outbox and in Redis: tests/compat.

Usage: scripts/wire_samples.py write    what the code says today: wire.json (REDIS_URL is a Redis of its own)
       scripts/wire_samples.py release  keep that as the release that the API's version names: wire-1.2.3.json

Rules: docs/decisions/0098-what-two-releases-say-to-each-other.md.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import re
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_type_hints
from uuid import UUID

from arq.constants import job_key_prefix
from arq.jobs import deserialize_job_raw
from arq.worker import Worker
from redis.asyncio import Redis
from redis.asyncio.client import PubSub

from allonova.adapters.http.root import VERSION
from allonova.adapters.jobs.arq_jobs import WAKES, QueueWaker, Requested, create_worker
from allonova.adapters.jobs.job import Job
from allonova.adapters.local.revocations import LocalRevocations
from allonova.adapters.redis import bus, revocations, tickets
from allonova.adapters.redis.client import connect, connections
from allonova.adapters.redis.dispatch import presences
from allonova.adapters.redis.listening import next_message
from allonova.adapters.ws.frames import FrameChannels
from allonova.application.carpool import frames as rides
from allonova.application.carpool.chat_views import TypingView
from allonova.application.dispatch import frames as boards
from allonova.application.dispatch.presences import Presence, Spot
from allonova.application.identity.ports import Caller
from allonova.application.identity.tickets import Holder
from allonova.application.kernel.live import FrameKind
from allonova.domain.identity.session import Audience
from allonova.domain.kernel.events import Event
from allonova.main.wiring import EVERY_S, HEARD, SHOWN, WORKED

FOLDER = Path(__file__).resolve().parents[1] / "tests/compat"
TODAY = "wire.json"
PATIENCE_S = 10.0
PAUSE_S = 0.01

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ONE, OTHER, SOCKET, COMPANY = (UUID(int=number, version=4) for number in (1, 2, 3, 4))
CHANNEL = rides.booking_channel(ONE)
KEPT = FrameKind("a.kind", TypingView)
TOLD = FrameKind("another.kind", TypingView, is_kept=False)
TYPING = TypingView(by=OTHER)
DIGEST = "0d" * 32
HOLDER = Holder(Caller(ONE, OTHER, "admin", COMPANY), Audience.NOVA, AT)
PRESENCE = Presence(Spot(SOCKET, OTHER), boards.Par(id=ONE, name="Awa"), boards.Mode.DEPLACER)

type Json = dict[str, Any]


class Refused(Exception):
    """A release stays as it was kept."""


class Standing:
    """Time that stands still."""

    def now(self) -> datetime:
        """See Clock."""
        return AT


def main() -> None:
    """Write or release, in the repository."""
    {"write": write, "release": release}[sys.argv[1]](FOLDER)


def write(folder: Path) -> None:
    """Keep what the code says today."""
    said = asyncio.run(today(os.environ["REDIS_URL"]))
    (folder / TODAY).write_text(json.dumps(said, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def release(folder: Path, version: str = VERSION) -> None:
    """Keep it under the version's name, for as long as there may be rows or processes of that release."""
    path = folder / f"wire-{version}.json"
    if path.exists():
        raise Refused(f"{path.name} is released already")
    path.write_bytes((folder / TODAY).read_bytes())
    print(f"{path.name} is kept")


async def today(redis_url: str) -> Json:
    """All of it. The Redis must be nobody else's."""
    async with asyncio.timeout(PATIENCE_S), connect(redis_url) as redis:
        return {
            "events": {event.name: _event(event) for event in HEARD},
            "jobs": {"calls": await _calls(redis, redis_url), "queue": await _queue(redis), "names": sorted(EVERY_S)},
            "channels": channels(),
            "published": await _published(redis, redis_url),
            "stored": await _stored(redis),
        }


def sample(event: type[Event]) -> Event:
    """One with a value of its own in each field."""
    hints, values = get_type_hints(event), dict[str, Any]()
    for number, field in enumerate(dataclasses.fields(event), 1):
        made: dict[Any, Any] = {UUID: UUID(int=number, version=4), str: f"a {field.name}", int: number}
        values[field.name] = made[hints[field.name]]
    return event(**values)


def channels() -> dict[str, str]:
    """How what sockets follow is called between processes."""
    return {
        "a booking": rides.booking_channel(ONE),
        "a ride": rides.ride_channel(ONE),
        "a link": rides.link_channel(ONE),
        "a drive": rides.drive_channel(ONE),
        "a board": boards.planning_of(ONE),
        "offers": boards.demandes_of(ONE),
        "notifications": boards.notifications_of(ONE),
    }


class Idle:
    """Nobody asks for a job, and none has anything to do."""

    async def take_due(self, names: Collection[str]) -> Sequence[Requested]:
        """See Requests."""
        return ()

    async def finish(self, id: UUID, error: str | None = None) -> None:
        """See Requests."""


async def nothing() -> None:
    """What an idle worker does."""


async def unmoved(ctx: dict[Any, Any]) -> None:
    """How it starts and stops."""


def a_worker(redis_url: str, jobs: Sequence[Job]) -> Worker:
    """One like that of production, inside a running loop, with these jobs."""
    return create_worker(
        connections(redis_url, retries=0),
        jobs=lambda: {job.name: job for job in jobs},
        requests=Idle,
        on_startup=unmoved,
        on_shutdown=unmoved,
        before_job=nothing,
        schedule=[(job.name, job.every_s) for job in jobs],
        limits={},
    )


def idle_jobs() -> list[Job]:
    """All that there are by name and beat."""
    return [Job(name, nothing, every_s) for name, every_s in EVERY_S.items()]


def _event(event: type[Event]) -> Json:
    """Rows name their subscriber, and the lane that it is in."""
    return {
        "payload": sample(event).payload(),
        "worked_by": sorted(WORKED.get(event, ())),
        "shown_by": sorted(SHOWN.get(event, ())),
    }


async def _calls(redis: Redis, url: str) -> dict[str, Json]:
    """What lies in the worker's queue: wake-ups, as they are sent, and the beats of workers."""
    waker = QueueWaker(connections(url, retries=0))
    async with waker.running():
        waker.wake()
        while len(keys := await redis.keys(f"{job_key_prefix}*")) < len(WAKES):  # noqa: ASYNC110 - it is Redis that knows
            await asyncio.sleep(PAUSE_S)
    sent = [deserialize_job_raw(await redis.get(key)) for key in keys]
    beats = [beat.name for beat in a_worker(url, idle_jobs()).cron_jobs or ()]
    calls = [(name, list(args), kwargs) for name, args, kwargs, *_ in sent] + [(name, [], {}) for name in beats]
    return {name: {"args": args, "kwargs": kwargs} for name, args, kwargs in calls}


async def _queue(redis: Redis) -> str:
    (queue,) = [key async for key in redis.scan_iter(_type="zset")]
    return str(queue.decode())


async def _published(redis: Redis, url: str) -> dict[str, Json]:
    """What processes tell each other, by what it means. The number of a kept frame is the time, so it is left out."""
    ended = revocations.RedisRevocations(url, heard=LocalRevocations(Standing()), reload=_none)
    async with redis.pubsub() as heard, bus.RedisBus(url) as carrier, ended:
        await heard.psubscribe("allonova:*")
        await next_message(heard)
        shown = FrameChannels(carrier, Standing())
        await shown.post([CHANNEL], KEPT(TYPING), once="once")
        kept = await _said(heard)
        await shown.tell([CHANNEL], TOLD(TYPING))
        told = await _said(heard)
        await shown.tell([CHANNEL], TOLD(TYPING), but=SOCKET)
        told_to_others = await _said(heard)
        await shown.end([CHANNEL])
        end = await _said(heard)
        await ended.announce(OTHER)
        revoked = await _said(heard)
    kept["message"] = re.sub(r"^K\d+ ", "K{number} ", kept["message"])
    return {"kept": kept, "told": told, "told to others": told_to_others, "ended": end, "revoked": revoked}


async def _said(heard: PubSub) -> Json:
    message = await next_message(heard)
    return {"channel": message["channel"].decode(), "message": message["data"].decode()}


async def _none() -> Iterable[UUID]:
    return ()


async def _stored(redis: Redis) -> dict[str, Json]:
    """What a process finds there of another: the frames of a channel, tickets of sockets, who is at a card."""
    ((_, frame),) = await redis.xrange(bus.PREFIX + CHANNEL)
    await tickets.RedisTickets(redis).keep(DIGEST, HOLDER)
    await presences.RedisPresenceBook(redis, now=AT.timestamp).put(COMPANY, [PRESENCE])
    ticket, presence = tickets.PREFIX + DIGEST, f"{presences.PREFIX}{COMPANY}"
    (once,) = await redis.keys(f"{bus.ONCE}*")
    present: dict[bytes, bytes] = await redis.hgetall(presence)  # type: ignore[misc]  # typed as if it might not wait
    return {
        "frame": {"key": bus.PREFIX + CHANNEL, "value": _texts(frame)},
        "frame once": {"key": once.decode()},
        "ticket": {"key": ticket, "value": json.loads(await redis.get(ticket))},
        "presence": {"key": presence, "value": _texts(present)},
    }


def _texts(found: Mapping[bytes, bytes]) -> dict[str, str]:
    return {key.decode(): value.decode() for key, value in found.items()}


if __name__ == "__main__":
    try:
        main()
    except Refused as fault:
        sys.exit(str(fault))
