"""An app on a bad network, over real sockets: it keeps its last number, comes back anywhere, and misses nothing."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

GONE = (OSError, ConnectionClosed, InvalidHandshake, TimeoutError, EOFError, httpx.TransportError)
SILENCE_S = 2.0


def socket_url(base: str, path: str, **query: object) -> str:
    """Where a process' socket is."""
    return str(httpx.URL(base.replace("http://", "ws://") + path, params=dict(query)))


async def open_socket(base: str, path: str, headers: dict[str, str], **query: object) -> ClientConnection:
    """A socket, accepted."""
    url = socket_url(base, path, **query)
    return await connect(url, additional_headers=headers, compression=None, proxy=None, open_timeout=5)


@dataclass(slots=True, kw_only=True)
class Phone:
    """Follows one channel and remembers the ids of what it is shown. `seen` is what its user has on the screen: frames
    of `kind`, and after `resync` the list that `read` brings.
    """

    urls: Sequence[str]
    path: str
    headers: dict[str, str]
    list_path: str
    kind: str = "message.created"
    seen: list[str] = field(default_factory=list)
    framed: list[str] = field(default_factory=list)
    last_event_id: int | None = None
    resyncs: int = 0
    drops: int = 0
    dice: random.Random = field(default_factory=lambda: random.Random(3))

    async def follow_for_ever(self, *, frames: int = 1 << 30) -> None:
        """Connect, follow, lose the network after at most so many frames, again and again, at any process."""
        while True:
            try:
                await self._follow_once(frames)
            except GONE:
                await asyncio.sleep(0.05)
            self.drops += 1

    async def _follow_once(self, frames: int) -> None:
        query = {} if self.last_event_id is None else {"last_event_id": self.last_event_id}
        base = self.dice.choice(self.urls)
        connection = await open_socket(base, self.path, self.headers, **query)
        try:
            if self.last_event_id is None:
                await self.read(base)
            for _ in range(self.dice.randint(1, frames)):
                self._take(json.loads(await connection.recv()))
                if self.last_event_id is None:
                    await self.read(base)
        finally:
            connection.transport.abort()

    def _take(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "resync":
            self.resyncs += 1
            self.last_event_id = None
        elif frame["id"] is not None:
            self.last_event_id = frame["id"]
        if frame["type"] == self.kind:
            id = frame["data"]["id"]
            self.framed.append(id)
            if id not in self.seen:
                self.seen.append(id)

    async def read(self, base: str) -> None:
        """The list as it is now."""
        found: list[str] = []
        async with httpx.AsyncClient(base_url=base, headers=self.headers, trust_env=False, timeout=10) as http:
            page = 1
            while True:
                answer = await http.get(self.list_path, params={"page": page, "page_size": 100, "sort": "created_at"})
                if answer.status_code != 200:
                    raise OSError(str(answer.status_code))
                body = answer.json()
                found += [item["id"] for item in body["data"]]
                if page >= body["meta"]["pagination"]["page_count"]:
                    break
                page += 1
        self.seen = found
