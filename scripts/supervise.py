"""Run the programs of deploy/supervisord.conf in the foreground until a signal, and restart what ends.

A program that never came up makes the whole end with exit 1; one that had been up, and now waits for a
server that is away, is tried again for as long as it takes. Their output is passed on as it comes, which
works for any kind of terminal, pipe or socket, whoever owns it (opening /dev/stdout does not).
"""

import os
import sys
import tempfile
from pathlib import Path

from supervisor import events
from supervisor.medusa.asyncore_25 import ExitNow
from supervisor.options import ServerOptions
from supervisor.states import SupervisorStates
from supervisor.supervisord import Supervisor

CONFIGURATION = Path(__file__).resolve().parent.parent / "deploy/supervisord.conf"


class Foreground(Supervisor):  # type: ignore[misc]  # supervisor has no types
    """A supervisor that speaks with its programs' voices and knows when to give up."""

    def __init__(self, options: ServerOptions) -> None:
        super().__init__(options)
        self.started: set[str] = set()
        self.hopeless: list[str] = []

    def runforever(self) -> None:
        """Listen to the programs, then supervise them."""
        events.subscribe(events.ProcessLogStdoutEvent, lambda event: self.pass_on(1, event.data))
        events.subscribe(events.ProcessLogStderrEvent, lambda event: self.pass_on(2, event.data))
        events.subscribe(events.ProcessStateRunningEvent, self.remember)
        events.subscribe(events.ProcessStateFatalEvent, self.judge)
        super().runforever()

    def pass_on(self, stream: int, data: bytes) -> None:
        """Write what a program wrote, as it is; when nobody reads any more, stop in good order."""
        try:
            while data:
                data = data[os.write(stream, data) :]
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            self.options.mood = SupervisorStates.SHUTDOWN

    def remember(self, event: events.ProcessStateRunningEvent) -> None:
        """Note that a program has been up."""
        self.started.add(event.process.config.name)

    def judge(self, event: events.ProcessStateFatalEvent) -> None:
        """Begin again with a program that has been up; end all for one that never was."""
        name = event.process.config.name
        if self.options.mood < SupervisorStates.RUNNING:
            return  # all are being stopped, and one that waited for its next try ends like this too
        if name in self.started:
            event.process.spawn()
        else:
            self.hopeless.append(name)
            self.options.mood = SupervisorStates.SHUTDOWN


def main() -> int:
    """Supervise until a signal, and return the exit code."""
    with tempfile.TemporaryDirectory(prefix="allonova-") as folder:
        options = ServerOptions()
        # Root is warned unless it says that it means to be root.
        as_root = ["--user=0"] if os.getuid() == 0 else []
        options.realize([f"--configuration={CONFIGURATION}", f"--pidfile={folder}/supervisord.pid", *as_root])
        options.first, options.test = True, False
        supervisor = Foreground(options)
        try:
            supervisor.main()
        except ExitNow:
            options.close_logger()
    for name in supervisor.hopeless:
        print(f"allonova {name} could not be started (its own messages are above); stopped.", file=sys.stderr)
    return 1 if supervisor.hopeless else 0


if __name__ == "__main__":
    sys.exit(main())
