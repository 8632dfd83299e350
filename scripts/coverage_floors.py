"""After pytest: is enough of the code tested? Prints one line per part; exit code 1 when one is below its floor.

The share of branches (domain, application) and of lines and branches together (everything), in percent.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from coverage import Coverage

BRANCH_FLOORS = {"domain": 90, "application": 90}
OVERALL_FLOOR = 80


def measure(coverage: Coverage, include: str) -> dict[str, float]:
    """The totals of the files that match."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "coverage.json"
        coverage.json_report(include=[include], outfile=str(path))
        totals: dict[str, float] = json.loads(path.read_text())["totals"]
    return totals


def main() -> int:
    """The exit code."""
    coverage = Coverage()
    coverage.load()
    good = []
    for part, floor in BRANCH_FLOORS.items():
        totals = measure(coverage, f"*/allonova/{part}/*")
        share = 100 * totals["covered_branches"] / max(1, totals["num_branches"])
        good.append(share >= floor)
        print(f"coverage {part}: {share:.1f} % of branches (floor {floor} %)")
    share = measure(coverage, "*/allonova/*")["percent_covered"]
    good.append(share >= OVERALL_FLOOR)
    print(f"coverage overall: {share:.1f} % (floor {OVERALL_FLOOR} %)")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
