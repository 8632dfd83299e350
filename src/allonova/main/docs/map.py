"""The map of features: each endpoint with its use case, entities, tables and tests."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any, TypeAliasType, get_args, get_origin, get_type_hints

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from allonova.application.kernel.ports import Store
from allonova.main.docs.source import NOTE, link, modules_of, reached, table, tree_of
from allonova.main.docs.tables import QUERY_TABLES, UNIT_TABLES

HEAD = f"""{NOTE}

# Map

Where each endpoint is made: its route, its use case (or the query that answers it), the entities and tables that it
touches, and the tests that name it. Columns of the tables are in `src/allonova/adapters/postgres/<context>/tables.py`.
"""
METHODS = re.compile(r"\b(?:get|post|put|patch|delete)\b")


@dataclass(frozen=True, slots=True)
class Feature:
    """One endpoint; `acts` are its use cases, `asks` its queries as (port, method)."""

    method: str
    path: str
    endpoint: FunctionType
    acts: tuple[type, ...]
    asks: tuple[tuple[type, str], ...]

    @property
    def context(self) -> str:
        """The folder of its route."""
        parts = self.endpoint.__module__.split(".")
        return parts[3] if parts[:3] == ["allonova", "adapters", "http"] else parts[0]


def map_page(app: FastAPI, root: Path) -> str:
    """A table per context, ordered by path."""
    tests = _tests(root)
    entities = unit_entities()
    by_context: dict[str, list[Feature]] = {}
    for feature in features(app):
        by_context.setdefault(feature.context, []).append(feature)
    sections = []
    for context, found in sorted(by_context.items()):
        rows = [_row(feature, entities, tests) for feature in found]
        sections.append(f"## {context}\n\n{table(['Endpoint', 'Use case', 'Entities', 'Tables', 'Tests'], rows)}\n")
    return "\n".join([HEAD, *sections])


def features(app: FastAPI) -> list[Feature]:
    """Every endpoint of the OpenAPI, by path and method."""
    found = []
    for route in iter_route_contexts(app.routes):
        endpoint = route.endpoint
        if not isinstance(route.original_route, APIRoute) or not route.include_in_schema:
            continue
        if isinstance(endpoint, FunctionType) and route.path is not None:
            acts, asks = _needs(endpoint)
            found += [Feature(method, route.path, endpoint, acts, asks) for method in sorted(route.methods or ())]
    return sorted(found, key=lambda feature: (feature.path, feature.method))


def unit_entities() -> dict[str, type]:
    """The entity behind each attribute of a unit that is a store."""
    found = {}
    for _, hints in unit_attributes():
        for name, hint in hints.items():
            stores = [hint, *getattr(hint, "__orig_bases__", ())]
            entity = next((get_args(store)[0] for store in stores if get_origin(store) is Store), None)
            if isinstance(entity, type):
                found[name] = entity
    return found


def unit_attributes() -> Iterator[tuple[type, dict[str, Any]]]:
    """The units of the application, each with its attributes and their types."""
    for unit in _ports("Unit"):
        properties = {name: value for name, value in vars(unit).items() if isinstance(value, property)}
        yield unit, {name: get_type_hints(value.fget)["return"] for name, value in properties.items()}


@cache
def query_ports() -> tuple[type, ...]:
    """The query ports of the application."""
    return tuple(_ports("Queries"))


def _ports(suffix: str) -> list[type]:
    return [
        value
        for module in modules_of("allonova.application")
        for value in vars(module).values()
        if isinstance(value, type) and value.__module__ == module.__name__ and value.__name__.endswith(suffix)
        if getattr(value, "_is_protocol", False)
    ]


def _needs(endpoint: FunctionType) -> tuple[tuple[type, ...], tuple[tuple[type, str], ...]]:
    """What an endpoint asks for with `Annotated[X, use(X)]`: its use cases, and the queries that it calls."""
    named = get_type_hints(endpoint, include_extras=True)
    hints = {name: hint.__value__ if isinstance(hint, TypeAliasType) else hint for name, hint in named.items()}
    wanted = {name: get_args(hint)[0] for name, hint in hints.items() if len(get_args(hint)) > 1}
    acts = tuple(kind for kind in wanted.values() if isinstance(kind, type) and hasattr(kind, "errors"))
    ports = {name: kind for name, kind in wanted.items() if kind in query_ports()}
    calls = [
        (ports[node.value.id], node.attr)
        for node in ast.walk(tree_of(endpoint))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ports
    ]
    return acts, tuple(calls)


def _row(feature: Feature, entities: dict[str, type], tests: list[_Test]) -> list[str]:
    attributes, asked = _touched(feature.acts)
    queries = [f"{port.__name__}.{method}" for port, method in feature.asks]
    tables = [name for attribute in attributes for name in UNIT_TABLES[attribute]]
    tables += [name for query in [*asked, *queries] for name in QUERY_TABLES[query]]
    if not attributes:  # a query: what its tables hold
        attributes = [attribute for attribute, names in UNIT_TABLES.items() if names and names[0] in tables]
    touched = {entities[attribute] for attribute in attributes if attribute in entities}
    doers = [link(kind) for kind in feature.acts]
    doers += [link(port, f"{port.__name__}.{method}") for port, method in feature.asks]
    return [
        link(feature.endpoint, f"`{feature.method} {feature.path}`"),
        _listed(doers),
        _listed(link(kind) for kind in sorted(touched, key=lambda kind: kind.__name__)),
        _listed(f"`{name}`" for name in sorted(set(tables))),
        _listed(f"[{name.removeprefix('tests/')}](../{name})" for name in _naming(feature, tests)),
    ]


def _touched(acts: Iterable[type]) -> tuple[list[str], list[str]]:
    """The attributes of the unit and the queries that use cases reach."""
    attributes: set[str] = set()
    queries: set[str] = set()
    for act in acts:
        for thing in reached(act, "allonova.application"):
            for base, name in _members(thing):
                if base == "once":
                    attributes.add("keys")
                elif base == "unit" and name in UNIT_TABLES:
                    attributes.add(name)
                elif base in ("reads", "queries"):
                    queries |= {f"{port.__name__}.{name}" for port in query_ports() if _near(port, thing, name)}
    return sorted(attributes), sorted(queries)


def _near(port: type, thing: type | FunctionType, method: str) -> bool:
    same_context = port.__module__.split(".")[2] == thing.__module__.split(".")[2]
    return same_context and hasattr(port, method)


@cache
def _members(thing: type | FunctionType) -> frozenset[tuple[str, str]]:
    """`x.name` and `….x.name` in its source, as (x, name)."""
    found = set()
    for node in ast.walk(tree_of(thing)):
        match node:
            case ast.Attribute(value=ast.Name(id=base) | ast.Attribute(attr=base), attr=name):
                found.add((base, name))
            case _:
                pass
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class _Test:
    """A file of tests: its words, and the lines that may call a path, in small letters and by method."""

    name: str
    words: frozenset[str]
    calls: Mapping[str, frozenset[str]]


def _tests(root: Path) -> list[_Test]:
    paths = sorted((root / "tests").rglob("test_*.py"))
    return [_test(path, root) for path in paths if "architecture" not in path.parts]


def _test(path: Path, root: Path) -> _Test:
    text = path.read_text(encoding="utf-8")
    calls: dict[str, set[str]] = {}
    for line in text.lower().splitlines(keepends=True):
        if "/" in line:
            for method in METHODS.findall(line):
                calls.setdefault(method, set()).add(line)
    words = frozenset(re.findall(r"\w+", text))
    return _Test(path.relative_to(root).as_posix(), words, {key: frozenset(lines) for key, lines in calls.items()})


def _naming(feature: Feature, tests: list[_Test]) -> list[str]:
    """Test files that name a use case, or call the path with the method on one line."""
    method, path = feature.method.lower(), re.sub(r"^(/api/v1|/api)(?=/)", "", feature.path).lower()
    parts = (r"(\{[^}]*\}|[^/\"'?\s]+)" if part.startswith("{") else re.escape(part) for part in path.split("/"))
    call = re.compile(rf"\b{method}\b.*{'/'.join(parts)}(?=[\"'?\s])")
    literal = max(re.split(r"\{[^}]*\}", path), key=len)  # a plain search says no much faster than a pattern
    names = {kind.__name__ for kind in feature.acts}
    return [
        test.name
        for test in tests
        if names & test.words or any(literal in line and call.search(line) for line in test.calls.get(method, ()))
    ]


def _listed(items: Iterable[str]) -> str:
    return "<br>".join(items) or "–"
