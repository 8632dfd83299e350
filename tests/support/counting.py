"""Coverage by `sys.monitoring` on Pythons where coverage.py cannot do that by itself yet: 3.12 and 3.13.

There coverage.py falls back on `sys.settrace`, which slows down each line of each library too: our tests took two and a
half times as long. From 3.14 on it uses its own monitor, which relies on the two ways of a branch being told apart. The
older event is the same for both, and is switched off for both: so it stays on until both ways have been seen.
"""

from __future__ import annotations

import dis
import os
import sys
from types import CodeType
from typing import Any

from coverage import bytecode, core, env
from coverage.sysmon import DISABLE, SysMonitor


class BothWaysMonitor(SysMonitor):
    """Hears of a branch until it has gone both ways."""

    def __init__(self) -> None:
        super().__init__()
        self.first_ways: dict[tuple[int, int], int] = {}

    def sysmon_branch_either(self, code: CodeType, instruction_offset: int, destination_offset: int) -> Any:
        """Note the way; the base class keeps the code alive, and with it the number that is its identity."""
        super().sysmon_branch_either(code, instruction_offset, destination_offset)
        first = self.first_ways.setdefault((id(code), instruction_offset), destination_offset)
        return DISABLE if first != destination_offset else None


def count_by_monitoring() -> None:
    """From now on, coverage that starts in this process counts by this monitor, if its own cannot."""
    if sys.implementation.name != "cpython" or sys.version_info >= (3, 14):
        return
    events: Any = sys.monitoring.events
    events.BRANCH_LEFT = events.BRANCH_RIGHT = events.BRANCH
    bytecode.RETURNS.add(dis.opmap["RETURN_CONST"])  # which 3.14 no longer has
    env.PYBEHAVIOR.branch_right_left = True
    core.SysMonitor = BothWaysMonitor  # type: ignore[attr-defined]  # the one place that makes it
    os.environ["COVERAGE_CORE"] = "sysmon"
