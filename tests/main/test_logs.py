"""What reaches the log of a process."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

SET_UP = """
import asyncio, logging, sys, threading, warnings
from allonova.main.logs import set_up_logs
set_up_logs("DEBUG", process="api")
"""
URLS = """
logging.getLogger("allonova.sockets.protocol").info('"WebSocket /ws/public/rides/secret?ticket=secret" [accepted]')
logging.getLogger("uvicorn.access").info('"GET /x?token=secret" 200')
logging.getLogger("allonova.sockets").info("heard")
"""
LIBRARIES = """
logging.getLogger("arq.worker").error("%6.2fs ! %s failed, %s: %s", 1.5, "1:a", "ValueError", ValueError("secret"))
logging.getLogger("botocore.auth").warning(f"heard StringToSign: {'secret'!r}")
logging.getLogger("botocore.auth").warning(ValueError("secret"))
logging.getLogger("botocore.auth").warning("%(name)s", {"name": "secret"})
logging.getLogger("httpx").info("HTTP Request: %s", "https://secret")
logging.getLogger("stripe").debug("secret")
"""
NOT_RETRIEVED = """
async def fail(): raise ValueError("secret")
def call(who): raise ValueError(who)
async def go():
    asyncio.get_running_loop().call_soon(call, "secret")
    asyncio.create_task(fail(), name="heard")
    await asyncio.sleep(0.01)
asyncio.run(go())
"""
WARNED = 'warnings.warn("Expected `str` but got `secret`")\nlogging.getLogger("allonova.x").info("heard")'
NOT_CAUGHT = 'logging.getLogger("allonova.x").info("heard")\nraise ValueError("secret")'
IN_A_THREAD = """
def fail(): raise ValueError("secret")
thread = threading.Thread(target=fail, name="heard")
thread.start()
thread.join()
class Odd:
    def __del__(self): raise ValueError("secret")
Odd()
logging.getLogger("allonova.x").info("heard")
"""
NO_START = """
import uvicorn
from contextlib import asynccontextmanager
from fastapi import FastAPI
@asynccontextmanager
async def heard(app):
    raise ValueError("secret")
    yield
try: uvicorn.run(FastAPI(lifespan=heard), port=0, log_config=None)
except SystemExit: pass
"""


@pytest.mark.promise("no-leaks")
@pytest.mark.parametrize(
    "program",
    [URLS, LIBRARIES, NOT_RETRIEVED, WARNED, NOT_CAUGHT, IN_A_THREAD, NO_START],
    ids=["urls", "libraries", "not retrieved", "warned", "not caught", "in a thread", "no start"],
)
def test_values_are_left_out_when_a_line_is_not_our_own(program: str) -> None:
    written = subprocess.run([sys.executable, "-c", SET_UP + program], capture_output=True, check=False, text=True)
    assert "secret" not in written.stdout + written.stderr.replace(program, "")
    assert "heard" in written.stdout or "ValueError" in written.stdout


def test_what_happened_is_told_when_nobody_caught_it() -> None:
    written = subprocess.run([sys.executable, "-c", SET_UP + NOT_RETRIEVED], capture_output=True, check=True, text=True)
    first, second = (json.loads(line) for line in written.stdout.splitlines())
    assert (first["message"], second["message"]) == ("Exception in callback call", "Task exception was never retrieved")
    assert "builtins.ValueError at " in first["exc_info"]
    assert "builtins.ValueError at <string>" in second["exc_info"]
