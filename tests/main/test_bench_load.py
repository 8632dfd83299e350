"""The client of benchmarks: what it sends, and what it makes of answers."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import cycle

import pytest

from benchmarks.ground import cpu_s
from benchmarks.load import ask, requests_of


@asynccontextmanager
async def answering(status: str, heard: list[bytes]) -> AsyncIterator[int]:
    """A server's port, which answers everything so."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):  # the client hung up
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.partition(b"Content-Length: ")[2].partition(b"\r")[0] or 0)
                heard.append(head + await reader.readexactly(length))
                writer.write(f"HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\n{{}}".encode())
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1") as server:
        yield server.sockets[0].getsockname()[1]


ASKS = [
    {"path": "/a", "headers": {"X-Me": "1"}},
    {"path": "/b", "method": "POST", "body": {"seats": 1}},
    {"path": "/c", "method": "POST", "body": '{"as": "it is"}'},
]
LINES = [json.dumps(each) for each in ASKS]


async def test_each_request_is_sent_once_when_no_time_is_said() -> None:
    heard: list[bytes] = []
    async with answering("201 Created", heard) as port:
        seen = await ask(port, requests_of(iter(LINES)), clients=2, seconds=float("inf"))
    assert len(seen["ms"]) == 3
    assert 0 < max(seen["ms"]) / 1000 <= seen["seconds"]
    read, posted, plain = sorted(heard)
    assert read.startswith(b"GET /a HTTP/1.1\r\n")
    assert b"\r\nX-Me: 1\r\n" in read
    assert posted.startswith(b"POST /b HTTP/1.1\r\n")
    assert json.loads(posted.partition(b"\r\n\r\n")[2]) == {"seats": 1}
    assert plain.endswith(b'\r\n\r\n{"as": "it is"}')


async def test_requests_come_again_until_the_time_is_over() -> None:
    heard: list[bytes] = []
    async with answering("200 OK", heard) as port:
        seen = await ask(port, cycle(requests_of(iter(LINES))), clients=2, seconds=0.05)
    assert len(heard) == len(seen["ms"]) > 3
    assert seen["seconds"] >= 0.05


async def test_nothing_counts_when_one_is_refused() -> None:
    async with answering("429 Too Many Requests", []) as port:
        with pytest.raises(RuntimeError, match="429"):
            await ask(port, requests_of(iter(LINES)), clients=1, seconds=1)


async def test_the_cpu_of_a_process_includes_its_childs() -> None:
    program = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
    burn = "import time\nwhile time.process_time() < 0.3: pass\nprint(flush=True)\ninput()"
    child = await asyncio.create_subprocess_exec(
        *("python3", "-c", program, burn), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    await child.stdout.readline()
    assert cpu_s(child.pid) >= 0.3
    assert cpu_s(os.getpid()) >= time.process_time() - 0.1
    await child.communicate(b"\n")
