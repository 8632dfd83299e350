"""What reaches the log of a process."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import logging
from allonova.main.logs import set_up_logs
set_up_logs("DEBUG", process="api")
logging.getLogger("allonova.sockets.protocol").info('"WebSocket /ws/public/rides/secret?ticket=secret" [accepted]')
logging.getLogger("uvicorn.access").info('"GET /x?token=secret" 200')
logging.getLogger("allonova.sockets").info("heard")
"""


def test_lines_of_the_server_about_urls_are_left_out() -> None:
    written = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True, text=True)
    assert "secret" not in written.stdout + written.stderr
    assert "heard" in written.stdout
