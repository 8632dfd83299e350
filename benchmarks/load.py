"""Asks a server as fast as it answers, in a process of its own: requests come as JSON lines, a summary goes out as one.

Plain HTTP/1.1 over kept connections: a client library would cost more than the servers that are compared.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import cycle

import uvloop

type Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def answered(connection: Connection, request: bytes) -> None:
    """One exchange. Raises RuntimeError for anything but 200."""
    reader, writer = connection
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head.decode(errors="replace"))
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(length))


async def ask_all(port: int, requests: Sequence[bytes]) -> list[float]:
    """Each once, one after the other; milliseconds."""
    connection = await asyncio.open_connection("127.0.0.1", port)
    taken = []
    for request in requests:
        started = time.perf_counter()
        await answered(connection, request)
        taken.append((time.perf_counter() - started) * 1000)
    connection[1].close()
    return taken


async def ask_for(port: int, requests: Sequence[bytes], *, seconds: float, clients: int) -> float:
    """By turns, over so many connections at once; requests a second."""
    turns, until = cycle(requests), time.perf_counter() + seconds

    async def client() -> int:
        connection = await asyncio.open_connection("127.0.0.1", port)
        done = 0
        while time.perf_counter() < until:
            await answered(connection, next(turns))
            done += 1
        connection[1].close()
        return done

    started = time.perf_counter()
    done = sum(await asyncio.gather(*(client() for _ in range(clients))))
    return done / (time.perf_counter() - started)


def requests_of(lines: Iterator[str]) -> list[bytes]:
    """`{path, headers}` on each line, as bytes to send."""
    made = []
    for line in lines:
        request = json.loads(line)
        headers = {"Host": "127.0.0.1", "Accept": "application/json", **request["headers"]}
        told = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        made.append(f"GET {request['path']} HTTP/1.1\r\n{told}\r\n".encode())
    return made


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--clients", type=int, default=0, help="0: each request once, by one client")
    parser.add_argument("--seconds", type=float, default=5)
    args = parser.parse_args()
    requests = requests_of(iter(sys.stdin))
    if args.clients:
        rate = uvloop.run(ask_for(args.port, requests, seconds=args.seconds, clients=args.clients))
        print(json.dumps({"per_second": rate}))
    else:
        print(json.dumps({"ms": uvloop.run(ask_all(args.port, requests))}))


if __name__ == "__main__":
    main()
