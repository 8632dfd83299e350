"""Say what the service is made of when it runs: a CycloneDX list of the locked packages that are installed, each with
its licence, the hashes that it may have, and what it needs itself.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = Path(__file__).resolve().parents[1]
WRITTEN = "dist/allonova.cdx.json"
UNSAID = {  # whose packages say nothing of it, but their sources do
    "protobuf": {"license": {"id": "BSD-3-Clause"}},
    "supervisor": {"license": {"name": "BSD-derived (http://www.repoze.org/LICENSE.txt)"}},
}


class Incomplete(Exception):
    """The list would not say all that it should."""


def main() -> None:
    """Write the list, unless it is unsound."""
    text = bill()
    if fault := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise Incomplete(f"no CycloneDX 1.6: {fault.data}")
    path = ROOT / WRITTEN
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    print(f"{WRITTEN}: {len(json.loads(text)['components'])} packages")


def bill() -> str:
    """The list. Raises Incomplete for a package without licence or hash."""
    locked = {plain(each["name"]): each for each in _asked("requirements", "requirements.lock")["components"]}
    whole = _asked("environment", sys.executable)
    kept = [each for each in whole["components"] if plain(each["name"]) in locked]
    for each in kept:
        name = plain(each["name"])
        each["externalReferences"] = [*each.get("externalReferences", ()), *locked[name].get("externalReferences", ())]
        each.setdefault("licenses", [UNSAID[name]] if name in UNSAID else [])
        if each["version"] != locked[name]["version"]:
            raise Incomplete(f"{name} is installed as {each['version']}, locked as {locked[name]['version']}")
        if not each["licenses"] or not any(other.get("hashes") for other in each["externalReferences"]):
            raise Incomplete(f"{name} has no licence, or no hash")
    root = whole["metadata"]["component"]["bom-ref"]
    refs = {each["bom-ref"] for each in kept} | {root}
    needs = [each for each in whole["dependencies"] if each["ref"] in refs]
    for each in needs:
        each["dependsOn"] = [ref for ref in each.get("dependsOn", ()) if ref in refs]
    return json.dumps({**whole, "components": kept, "dependencies": needs}, indent=1) + "\n"


def plain(name: str) -> str:
    """A package's name in its one spelling (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _asked(*arguments: str) -> Any:
    """What cyclonedx-py knows. Licences are with what is installed, hashes with what is locked."""
    kind, source = arguments
    project = ["--pyproject", "pyproject.toml", "--mc-type", "application", "--output-reproducible", "--no-validate"]
    command = [sys.executable, "-W", "ignore", "-m", "cyclonedx_py", kind, source, *project]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)


if __name__ == "__main__":
    try:
        main()
    except Incomplete as fault:
        sys.exit(f"no list of packages: {fault}")
