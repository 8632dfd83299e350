"""Asks a server as fast as it answers, in a process of its own: requests come as JSON lines, what was seen goes out.

Plain HTTP/1.1 over kept connections: a client library would cost more than the servers that are compared.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle
from typing import Any

import uvloop

type Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def answered(connection: Connection, request: bytes) -> bool:
    """One exchange; False when the server says that it has too much to do. Raises RuntimeError for other refusals."""
    reader, writer = connection
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    body = await (reader.readexactly(int(length)) if length else _chunks(reader))
    if not head.startswith((b"HTTP/1.1 2", b"HTTP/1.1 503")):
        raise RuntimeError((head + body).decode(errors="replace"))
    return head.startswith(b"HTTP/1.1 2")


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    """What a server sends whose length it does not know at first."""
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readuntil(b"\r\n")
    return body


async def ask(
    port: int, requests: Iterable[bytes], *, clients: int, seconds: float, rate: float | None = None
) -> dict[str, Any]:
    """By turns, over so many connections at once, until there are no more or the time is over; with a rate, each at its
    own time, whatever became of those before.
    """
    turns, ms, refused = enumerate(requests), list[float](), 0

    async def client() -> None:
        nonlocal refused
        connection = await asyncio.open_connection("127.0.0.1", port)
        try:
            for number, request in turns:
                if rate is not None:
                    await asyncio.sleep(max(0.0, started + number / rate - time.perf_counter()))
                began = time.perf_counter()
                is_served = await answered(connection, request)
                ended = time.perf_counter()
                if is_served:
                    ms.append((ended - began) * 1000)
                else:
                    refused += 1
                if ended > until:
                    break
        finally:
            connection[1].close()

    started = time.perf_counter()
    until = started + seconds
    await asyncio.gather(*(client() for _ in range(clients)))
    return {"ms": ms, "refused": refused, "seconds": time.perf_counter() - started}


def requests_of(lines: Iterator[str]) -> Sequence[bytes]:
    """`{path, method, headers, body}` on each line, as bytes to send; a body that is a text goes as it is."""
    made = []
    for line in lines:
        request = json.loads(line)
        headers = {"Host": "127.0.0.1", "Accept": "application/json", **request.get("headers", {})}
        body = b""
        if "body" in request:
            given = request["body"]
            body = (given if isinstance(given, str) else json.dumps(given)).encode()
            headers |= {"Content-Type": "application/json", "Content-Length": len(body)}
        told = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        made.append(f"{request.get('method', 'GET')} {request['path']} HTTP/1.1\r\n{told}\r\n".encode() + body)
    return made


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--rate", type=float, help="a second; else as fast as answers come")
    parser.add_argument("--seconds", type=float, help="again and again, so long; else each request once")
    args = parser.parse_args()
    requests = requests_of(iter(sys.stdin))
    turns, seconds = (requests, float("inf")) if args.seconds is None else (cycle(requests), args.seconds)
    print(json.dumps(uvloop.run(ask(args.port, turns, clients=args.clients, seconds=seconds, rate=args.rate))))


if __name__ == "__main__":
    main()
