"""The statements of one request as pgbench sends them: the same texts in as many round trips.

Recorded once, they are repeated for things that are alike: of what was sent, ids and digests are those of another ride
each time, or new where they were new; all else stays. What differs is looked up by one statement more, whose time is
taken off.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import asyncpg  # type: ignore[import-untyped]
import httpx
from local_servers import LocalPostgres, local_postgres

from allonova.adapters.postgres.pool import SETTINGS, asyncpg_dsn
from benchmarks.ground import Ask, Ground, Load, ours
from benchmarks.people import Ride
from benchmarks.recording import NOTED

WARM = 10  # of each connection: until then its statements are parsed and planned
TOKEN = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{64}\b")
PARAMETER = re.compile(r"\$(\d+)")
VARIABLE = re.compile(r"(?<!:):(\w+)")
COMMAND = re.compile(r"^ +([\d.]+) +\d+ +\S", re.MULTILINE)
BESIDE = 3  # the first commands of a script, which are not of the request
LOOKUP = "SELECT {names} FROM bench.replay WHERE n = :n \\gset\n"


@dataclass(frozen=True, slots=True)
class Statement:
    """What was sent: parameters as text."""

    sql: str
    args: Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Script:
    """`lines` for pgbench; `constants` by variable, and what else each ride brings, by variable too."""

    lines: str
    constants: Mapping[str, str]
    values: Mapping[str, str]
    ride: Ride

    def row(self, ride: Ride) -> list[str]:
        """The variables of another ride."""
        known = dict(zip(_ids(self.ride), _ids(ride), strict=True))

        def other(found: re.Match[str]) -> str:
            token = found[0]
            return known.setdefault(token, str(uuid4()) if "-" in token else sha256(os.urandom(16)).hexdigest())

        return [TOKEN.sub(other, value) for value in self.values.values()]


def record(ground: Ground, asks: Sequence[Ask]) -> list[Statement]:
    """What the last of these requests sends; those before it make the service know its statements."""
    path = ground.folder / f"{uuid4()}.jsonl"
    with ours(ground, "benchmarks.recording", ALLONOVA_DATABASE_POOL="2", RECORD=str(path)) as server:
        for ask in asks:
            named = {"Content-Type": "application/json"} | ask["headers"]
            named |= {"X-Request-ID": str(NOTED)} if ask is asks[-1] else {}
            body = ask["body"] if isinstance(ask["body"], str) else json.dumps(ask["body"])
            url = f"http://127.0.0.1:{server.port}{ask['path']}"
            answer = httpx.post(url, headers=named, content=body, trust_env=False)
            if not answer.is_success:
                sys.exit(f"{ask['path']}: {answer.status_code} {answer.text}")
    found = [json.loads(line) for line in path.read_text().splitlines()]
    return [Statement(line["sql"], line["args"]) for line in found]


def script_of(statements: Sequence[Statement], ride: Ride) -> Script:
    """For pgbench: each value is a variable, whichever statements use it; nothing is said as NULL is."""
    names: dict[str, str] = {}
    for text in (text for statement in statements for text in statement.args if text is not None):
        names.setdefault(text, f"v{len(names)}")
    lines = ["\\set i :i + 1\n\\set n :client_id * :each + :i\n"]
    values = {name: text for text, name in names.items() if TOKEN.search(text)}
    lines.append(LOOKUP.format(names=", ".join(values)))
    for statement in statements:
        texts = statement.args
        sql = PARAMETER.sub(lambda at: _written(texts[int(at[1]) - 1], names), statement.sql)  # noqa: B023 - used here
        used = {names[text] for text in texts if text is not None}
        if strange := set(VARIABLE.findall(sql)) - used:
            sys.exit(f"pgbench would take {strange} for variables in {sql}")
        lines.append(f"{sql.strip()};\n")
    constants = {name: text for text, name in names.items() if name not in values}
    return Script("".join(lines), constants, values, ride)


def _written(text: str | None, names: Mapping[str, str]) -> str:
    return "NULL" if text is None else f":{names[text]}"


async def replay(dsn: str, script: Script, rides: Sequence[Ride], *, clients: int) -> Load:
    """Once for each ride, by so many connections."""
    owner = await asyncpg.connect(asyncpg_dsn(dsn))
    columns = ", ".join(f"{name} text" for name in script.values)
    await owner.execute(f"DROP TABLE IF EXISTS bench.replay; CREATE TABLE bench.replay (n int PRIMARY KEY, {columns})")
    rows = [(number, *script.row(ride)) for number, ride in enumerate(rides, 1)]
    await owner.copy_records_to_table("replay", records=rows, schema_name="bench")
    await owner.execute("GRANT SELECT ON bench.replay TO allonova_app; ANALYZE bench.replay")
    await owner.close()
    return run(dsn, script, each=len(rides) // clients, clients=clients)


def run(dsn: str, script: Script, *, each: int, clients: int) -> Load:
    """What pgbench says of it, without the first of each connection and without looking up."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "script.sql").write_text(script.lines)
        options = ["-n", "-r", "-M", "prepared", "-c", str(clients), "-j", "1", "-t", str(each), "-D", "i=0"]
        options += ["-D", f"each={each}", "-l", f"--log-prefix={folder}/log", "-f", str(folder / "script.sql")]
        options += [part for constant in script.constants.items() for part in ("-D", "=".join(constant))]
        session = " ".join(f"-c {key}={value}" for key, value in (SETTINGS | {"role": "allonova_app"}).items())
        command = [str(_programs() / "pgbench"), *options, asyncpg_dsn(dsn)]
        said = subprocess.run(
            command, env={**os.environ, "PGOPTIONS": session}, capture_output=True, text=True, check=False
        )
        if said.returncode:
            sys.exit(said.stderr)
        lines = [line.split() for log in folder.glob("log*") for line in log.read_text().splitlines()]
    return _load(lines, _beside(said.stdout))


def _beside(said: str) -> float:
    """The part of the time that went into finding out whose turn it is."""
    ms = [float(each) for each in COMMAND.findall(said.partition("statement latencies")[2])]
    return sum(ms[:BESIDE]) / sum(ms)


def _load(lines: Sequence[Sequence[str]], beside: float) -> Load:
    """Of lines `client number µs script s µs`, of which the last two say when it ended."""
    warm = [(int(line[2]) / 1000, int(line[4]) + int(line[5]) / 1e6) for line in lines if int(line[1]) > WARM]
    began = min(ended - ms / 1000 for ms, ended in warm)
    seconds = max(ended for _, ended in warm) - began
    return Load([ms * (1 - beside) for ms, _ in warm], seconds * (1 - beside), 0)


def _ids(ride: Ride) -> list[str]:
    return [str(id_) for id_ in asdict(ride).values()]


def _programs() -> Path:
    found = local_postgres()
    if not isinstance(found, LocalPostgres):
        sys.exit("pgbench comes with PostgreSQL's programs, and there are none here")
    return found.programs
