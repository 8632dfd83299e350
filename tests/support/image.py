"""The image without an engine: its Dockerfile's steps and promises, played in mount namespaces of this machine."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dockerfile_parse import DockerfileParser  # type: ignore[import-untyped]

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy/image/Dockerfile"
# Our Python where the image has its own, and the built tree where the image has it.
PLACES = """
mount --bind "$PYTHON" /usr/local
mount -t tmpfs tmpfs /opt
mkdir /opt/allonova
mount --bind "$TREE" /opt/allonova
"""
# `read_only` and an empty /tmp, as compose and Kubernetes start it.
LOCKED = """
mount -t tmpfs -o mode=1777 tmpfs /tmp
for place in / /usr/local /opt /opt/allonova; do mount -o remount,bind,ro "$place"; done
cd /tmp
"""
UNPRIVILEGED = ("--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all")


@dataclass(frozen=True, slots=True)
class Step:
    """An instruction of a Dockerfile."""

    name: str
    value: str

    @property
    def words(self) -> list[str]:
        """Of its exec form, or of a line of them."""
        return list(json.loads(self.value)) if self.value.startswith("[") else shlex.split(self.value)


def stages(path: Path = DOCKERFILE) -> list[list[Step]]:
    """The instructions of each stage, in order."""
    with path.open("rb") as file:
        found = DockerfileParser(fileobj=file).structure
    steps = [Step(each["instruction"], each["value"]) for each in found if each["instruction"] != "COMMENT"]
    starts = [index for index, step in enumerate(steps) if step.name == "FROM"]
    return [steps[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)]


def last(steps: Sequence[Step], name: str) -> Step:
    """The instruction of that name that counts."""
    return [step for step in steps if step.name == name][-1]


def environment(steps: Sequence[Step]) -> dict[str, str]:
    """What a container has set, beside what it is given."""
    pairs = [word.partition("=") for step in steps if step.name == "ENV" for word in step.words]
    return {name: value.replace("$PATH", "/usr/local/bin:/usr/bin:/bin") for name, _, value in pairs}


def build(tree: Path, workplace: Path) -> None:
    """The first stage's COPY and RUN, one after the other, into `tree`."""
    steps = stages()[0]
    for step in steps:
        if step.name == "COPY":
            *sources, target = step.words
            for source in sources:
                _copy(ROOT / source, workplace / target / Path(source).name if len(sources) > 1 else workplace / source)
        elif step.name == "RUN":
            # What pip has fetched before need not come again.
            env = environment(steps) | {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": os.environ["HOME"]}
            env.pop("PIP_NO_CACHE_DIR")
            subprocess.run(_within(PLACES, step.words), cwd=workplace, env=_places(tree) | env, check=True)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy2(source, target)


def command_in(tree: Path, *command: str) -> list[str]:
    """A command as a container of the image runs it: not root, without powers, nothing writable but /tmp."""
    uid, _, gid = last(stages()[1], "USER").value.partition(":")
    return _within(PLACES + LOCKED, ["setpriv", f"--reuid={uid}", f"--regid={gid}", *UNPRIVILEGED, *command])


def environment_in(tree: Path, given: Mapping[str, str]) -> dict[str, str]:
    """What such a container has set."""
    return {**_places(tree), **environment(stages()[1]), **given}


def _within(preparations: str, command: Sequence[str]) -> list[str]:
    script = f'set -eu{preparations}exec "$@"'
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", *command]


def _places(tree: Path) -> dict[str, str]:
    python = Path(os.path.realpath(sys.executable)).parents[1]
    return {"PYTHON": str(python), "TREE": str(tree), "LD_LIBRARY_PATH": "/usr/local/lib"}
