"""A sandbox that stops, or is killed, forgets nothing and takes up what it had not delivered."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from allonova.adapters.sandbox.app import SandboxConfig, create_sandbox, sandbox_running
from allonova.adapters.sandbox.state import State, StateClosed

from .harness import SECRET, Jobs, Played, Receiver, ServiceClock, playing, settled

DOOMED = """
import asyncio, sys
from pathlib import Path
from tests_sandbox_harness import Receiver, playing

async def main():
    async with playing(Path(sys.argv[1]), Receiver(statuses=[500, 500])) as played:
        ref = (await played.session())["id"]
        await played.press(ref, "paid")
        await played.arm("late", 3)
        await played.time.forward(1)
        print(ref, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def seen(played: Played, ref: str) -> list[Any]:
    """Everything that the sandbox remembers, as its endpoints show it."""
    lists = [await played.data(name) for name in ("outbox", "callbacks", "faults")]
    return [*lists, await played.data("ledger", provider="wave"), await played.read(ref)]


async def test_everything_is_there_again_when_restarted(tmp_path: Path) -> None:
    async with playing(tmp_path / "s") as played:
        ref = (await played.session())["id"]
        await played.press(ref, "paid")
        await played.arm("lost", 2)
        before = await seen(played, ref)
    async with playing(tmp_path / "s") as played:
        assert await seen(played, ref) == before


async def test_undelivered_callback_keeps_its_schedule_when_restarted(tmp_path: Path) -> None:
    async with playing(tmp_path / "s", Receiver(statuses=[500, 500, 500])) as played:
        await played.press((await played.session())["id"], "paid")
        await played.time.forward(1 + 2)
        event = played.receiver.got[0][2]
    async with playing(tmp_path / "s") as played:
        await settled()
        assert played.receiver.got == []
        assert played.time.asked == [7.0], "the third wait ends at 7 s, and this process's time starts anew"
        await played.time.forward(7)
        assert [body for _, _, body in played.receiver.got] == [event]
        [shown] = await played.data("callbacks")
        assert [answer["status"] for answer in shown["answers"]] == [500, 500, 500, 200]


async def test_callback_in_flight_is_sent_again_when_restarted(tmp_path: Path) -> None:
    async with playing(tmp_path / "s", Receiver(hangs=True), first_try_s=0.01) as played:
        await played.press((await played.session())["id"], "paid")
        event = played.receiver.got[0][2]
    async with playing(tmp_path / "s") as played:
        await settled()
        assert [body for _, _, body in played.receiver.got] == [event]


async def test_nothing_is_forgotten_when_the_process_is_killed(tmp_path: Path) -> None:
    script = DOOMED.replace("tests_sandbox_harness", f"{__package__}.harness")
    root = Path(__file__).parents[__package__.count(".") + 1]
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(root), *filter(None, sys.path)])}
    doomed = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(tmp_path / "s"), env=env, stdout=asyncio.subprocess.PIPE
    )
    assert doomed.stdout is not None
    ref = (await asyncio.wait_for(doomed.stdout.readline(), 30)).decode().strip()
    doomed.send_signal(signal.SIGKILL)
    assert await doomed.wait() == -signal.SIGKILL
    async with playing(tmp_path / "s") as played:
        assert (await played.read(ref))["checkout_status"] == "complete"
        assert [fault["times"] for fault in await played.data("faults")] == [3]
        await played.time.forward(3)
        [shown] = await played.data("callbacks")
        assert [answer["status"] for answer in shown["answers"]] == [500, 500, 200]


async def test_unavailable_in_the_envelope_when_not_running(tmp_path: Path) -> None:
    async with playing(tmp_path / "s") as played:
        app = played.app
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://s.test") as http:
        answer = await http.get("/sandbox/outbox")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "service_unavailable")


async def test_own_lifespan_starts_it_when_run_alone() -> None:
    config = SandboxConfig(
        state_path=Path(":memory:"),
        public_url="http://s.test/",
        webhook_base_url="http://s.test/",
        wave_webhook_secret=SECRET,
    )
    async with httpx.AsyncClient() as out:
        app = create_sandbox(config, clock=ServiceClock(), jobs=Jobs(), http=out)
        transport = httpx.ASGITransport(app=app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://s.test") as http,
        ):
            assert (await http.get("/sandbox/outbox")).json()["data"] == []
    assert SECRET not in repr(config)


async def test_file_is_private_when_made(tmp_path: Path) -> None:
    async with playing(tmp_path / "deep" / "s"):
        assert (tmp_path / "deep" / "s").stat().st_mode & 0o777 == 0o600


async def test_refused_when_it_is_started_twice(played: Played) -> None:
    with pytest.raises(RuntimeError, match="already"):
        async with sandbox_running(played.app):
            pass
    assert await played.data("outbox") == []


def test_refused_when_the_file_is_of_another_version(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "s") as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(RuntimeError, match="another version"):
        State(tmp_path / "s").open()


def test_rolled_back_when_a_transaction_breaks(tmp_path: Path) -> None:
    state = State(tmp_path / "s")
    state.open()
    insert = "INSERT INTO faults (provider, kind, times, delay_s, armed) VALUES (?, 'late', 1, 0, 1)"

    def break_after_writing() -> None:
        with state.transaction():
            with state.transaction():
                state.rows(insert, "wave")
            raise KeyError

    with pytest.raises(KeyError):
        break_after_writing()
    assert state.rows("SELECT * FROM faults") == []
    with state.transaction():
        state.rows(insert, "wave")
    state.close()
    with pytest.raises(StateClosed):
        state.rows("SELECT 1")


async def test_hanging_call_ends_when_the_sandbox_stops(tmp_path: Path) -> None:
    async with playing(tmp_path / "s") as played:
        await played.arm("timeout")
        call = asyncio.create_task(played.create())
        await settled()
        played.app.state.world.closing.set()
        assert (await asyncio.wait_for(call, 5)).status_code == 504
