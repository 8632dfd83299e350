"""The real OSRM over a few made-up streets: twelve by twelve in Abidjan, and Île Boulay, which no bridge reaches."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from allonova.domain.kernel.geo import Point
from tests.support.objects import free_port

SOUTH, WEST, STEP, STREETS = 5.300, -4.050, 0.002, 12
CORNER, OPPOSITE = Point(SOUTH, WEST), Point(SOUTH + 10 * STEP, WEST + 10 * STEP)
ISLAND = Point(5.270, -4.110)
FAR_AWAY = Point(0.0, 0.0)
DEADLINE_S = 20.0
_MADE = 'version="1" timestamp="2026-01-01T00:00:00Z"'


def street_map() -> str:
    """As OpenStreetMap writes it."""
    blocks = range(STREETS)
    nodes = [_node(_number(row, column), _at(row, column)) for row in blocks for column in blocks]
    ways = [_way(1000 + row, [_number(row, column) for column in blocks], f"Rue {row}") for row in blocks]
    ways += [_way(2000 + column, [_number(row, column) for row in blocks], f"Avenue {column}") for column in blocks]
    track = range(9000, 9000 + STREETS)
    nodes += [_node(id, Point(ISLAND.lat, ISLAND.lon + at * 0.001)) for at, id in enumerate(track)]
    ways.append(_way(3000, list(track), "Île Boulay"))
    return f'<osm version="0.6">{"".join(nodes)}{"".join(ways)}</osm>'


@contextmanager
def osrm_server(folder: Path) -> Iterator[str]:
    """Where osrm-routed answers, once it does."""
    programs = _programs()
    (folder / "abidjan.osm").write_text(street_map(), encoding="utf-8")
    car = programs.parent / "share" / "profiles" / "car.lua"
    with (folder / "osrm.log").open("wb") as log:

        def run(program: str, *arguments: str | Path) -> None:
            subprocess.run([programs / program, *arguments], cwd=folder, stdout=log, stderr=log, check=True)

        run("osrm-extract", "-t", "1", "-p", car, "abidjan.osm")
        run("osrm-partition", "-t", "1", "abidjan.osrm")
        run("osrm-customize", "-t", "1", "abidjan.osrm")
        port = free_port()
        options = ["-a", "mld", "-t", "1", "-i", "127.0.0.1", "-p", str(port), "abidjan.osrm"]
        server = subprocess.Popen([programs / "osrm-routed", *options], cwd=folder, stdout=log, stderr=log)
        try:
            _wait_for(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(DEADLINE_S)


def _programs() -> Path:
    """Of osrm-bindings, whose wheel has the very programs of the project."""
    package = importlib.util.find_spec("osrm")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "bin"


def _wait_for(port: int) -> None:
    until = time.monotonic() + DEADLINE_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def _at(row: int, column: int) -> Point:
    return Point(round(SOUTH + row * STEP, 6), round(WEST + column * STEP, 6))


def _number(row: int, column: int) -> int:
    return 1 + row * STREETS + column


def _node(id: int, at: Point) -> str:
    return f'<node id="{id}" {_MADE} lat="{at.lat:.6f}" lon="{at.lon:.6f}"/>'


def _way(id: int, nodes: list[int], name: str) -> str:
    along = "".join(f'<nd ref="{node}"/>' for node in nodes)
    return f'<way id="{id}" {_MADE}>{along}<tag k="highway" v="residential"/><tag k="name" v="{name}"/></way>'
