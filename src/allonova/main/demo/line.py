"""A client's end of a socket, as a browser or a phone holds it."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from allonova.main.demo.stage import PATIENCE_S, Stage, StepFailed

type Wanted = Callable[[Any], bool]


class Line:
    """Shows every frame that it is asked for; `last_id` is what a client says when it comes back."""

    def __init__(self, stage: Stage, whose: str, connection: ClientConnection) -> None:
        self._stage = stage
        self._whose = whose
        self._connection = connection
        self.last_id: int | None = None

    def hear(self, kind: str, about: Wanted = lambda _: True) -> Any:
        """The `data` of the next frame of this type that is about the right thing. Raises StepFailed when none comes
        within 15 s.
        """
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                frame = json.loads(self._connection.recv(timeout=max(0.0, deadline - time.monotonic())))
            except (TimeoutError, WebSocketException) as failure:
                raise StepFailed(f"{self._whose}: no {kind} came ({type(failure).__name__})") from failure
            self.last_id = frame["id"] or self.last_id
            self._stage.note(f"{self._whose} ← {frame['type']}{_number(frame['id'])}  {_brief(frame['data'])}")
            if frame["type"] == kind and about(frame["data"]):
                return frame["data"]

    def say(self, kind: str, **data: object) -> None:
        """Send a message."""
        self._connection.send(json.dumps({"type": kind, "data": data}))
        self._stage.note(f"{self._whose} → {kind}")

    def lose_network(self) -> None:
        """No goodbye: the connection is simply gone."""
        self._connection.socket.shutdown(socket.SHUT_RDWR)


@contextmanager
def line(
    stage: Stage, whose: str, path: str, *, who: str | None = None, last_id: int | None = None, **query: str
) -> Iterator[Line]:
    """A socket: as `who`, or with a ticket in `query`; after a loss, from the last frame that was seen."""
    asked = query if last_id is None else {**query, "last_event_id": str(last_id)}
    url = f"{str(stage.http.base_url).rstrip('/').replace('http', 'ws', 1)}{path}?{urlencode(asked)}"
    headers = stage.headers[who] if who is not None else {}
    with connect(url, additional_headers=headers, proxy=None, max_queue=None) as connection:
        yield Line(stage, whose, connection)


def _number(id: int | None) -> str:
    return "" if id is None else f" #{id}"


def _brief(data: Any) -> str:
    """What a frame is about, in a few words."""
    found = data.get("commande") or data.get("demande") or data.get("taxi") or data.get("notification") or data
    if "commande" in found:
        found = found | {"reference": found["commande"]["reference"]}
    words = [str(found[name]) for name in ("reference", "numero", "statut", "titre", "dateISO") if found.get(name)]
    if data.get("par"):
        words.append(f"by {data['par']['name']}")
    if "lat" in data:
        words.append(f"{data['lat']}, {data['lon']}")
    return ", ".join(words)
