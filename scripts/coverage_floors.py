"""After pytest: is enough of the code tested? Prints one line per part; exit code 1 when one is below its floor.

The share of branches (domain, application) and of lines and branches together (everything), in percent.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from coverage import Coverage

BRANCH_FLOORS = {"domain": 90, "application": 90}
OVERALL_FLOOR = 80
PACKAGE = Path("src/allonova")


def measured() -> Any:
    """What coverage's own report says, file by file and in total; read once, for reading it parses every file."""
    coverage = Coverage()
    coverage.load()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "coverage.json"
        coverage.json_report(include=["*/allonova/*"], outfile=str(path))
        return json.loads(path.read_text())


def share_of_branches(files: Any, part: str) -> float:
    """The percentage of branches that were taken in a part of the package."""
    sums = [file["summary"] for name, file in files.items() if Path(name).is_relative_to(PACKAGE / part)]
    covered, there = (sum(each[key] for each in sums) for key in ("covered_branches", "num_branches"))
    return float(100 * covered / max(1, there))


def main() -> int:
    """The exit code."""
    report = measured()
    good = []
    for part, floor in BRANCH_FLOORS.items():
        share = share_of_branches(report["files"], part)
        good.append(share >= floor)
        print(f"coverage {part}: {share:.1f} % of branches (floor {floor} %)")
    share = report["totals"]["percent_covered"]
    good.append(share >= OVERALL_FLOOR)
    print(f"coverage overall: {share:.1f} % (floor {OVERALL_FLOOR} %)")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
