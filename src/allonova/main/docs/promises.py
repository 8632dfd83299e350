"""The page of promises: what the service must withstand, and the tests that show it, found by reading their source."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from allonova.main.docs.source import NOTE, table
from allonova.main.promised import PROMISES, Promise

HEAD = f"""{NOTE}

# Promises

What the service must withstand, each under the name that its tests bear as `@pytest.mark.promise("…")`. `make test`,
which is what CI runs, runs all of these tests: of those marked ● a sample; the full count runs with `make prove`.
Without a name that runs all promises, for hours; it prints the table to quote, and keeps it in `build/promises.json`.
"""
MARK = "promise"
FULL = "prove"


@dataclass(frozen=True, slots=True)
class Shown:
    """A test that bears a promise's name; `has_more` when a larger count of it runs in `make prove` alone."""

    file: str
    test: str
    has_more: bool


def promises_page(root: Path) -> str:
    """A line per promise: what is promised, its tests, how to run it in full, what CI runs of it."""
    tests = shown_by(root)
    rows = [_row(promise, tests.get(promise.name, ())) for promise in PROMISES]
    return f"{HEAD}\n{table(['Promise', 'In full', 'Tests', 'To run it in full', 'In CI'], rows)}\n"


def _row(promise: Promise, tests: Iterable[Shown]) -> list[str]:
    by_file: dict[str, list[str]] = {}
    for test in tests:
        by_file.setdefault(test.file, []).append(f"`{test.test}`{' ●' if test.has_more else ''}")
    named = [f"[{file.removeprefix('tests/')}](../{file}): {', '.join(names)}" for file, names in by_file.items()]
    command = promise.command or f"make prove PROMISE={promise.name}"
    shown = [f"`{command}`", *([promise.elsewhere] if promise.elsewhere else [])]
    return [
        f"**{promise.name}**: {promise.says}",
        promise.full,
        "<br>".join(named) or "–",
        "<br>".join(shown),
        promise.sample or "all of it",
    ]


def shown_by(root: Path) -> dict[str, list[Shown]]:
    """The tests under `root` by the promises that they name, in the order of their files."""
    found: dict[str, list[Shown]] = {}
    for path in sorted((root / "tests").rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if f"mark.{MARK}(" in text:  # parsing every file would take longer than all other pages together
            for name, shown in _marked(ast.parse(text), path.relative_to(root).as_posix()):
                found.setdefault(name, []).append(shown)
    return found


def _marked(tree: ast.Module, file: str) -> Iterator[tuple[str, Shown]]:
    values = {name: value for node in tree.body for name, value in _assigned(node)}
    tests = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    fixtures = {node.name: node.decorator_list for node in tests if not node.name.startswith("test_")}
    everywhere = [values["pytestmark"]] if "pytestmark" in values else []
    for node in tests:
        if node.name.startswith("test_"):
            marks = [*everywhere, *node.decorator_list]
            asked = [mark for arg in node.args.args for mark in fixtures.get(arg.arg, ())]
            shown = Shown(file, node.name, has_more=any(_is_full(mark, values) for mark in [*marks, *asked]))
            for name in dict.fromkeys(name for mark in marks for name in _names(mark, values)):
                yield name, shown


def _assigned(node: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    match node:
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=value)
            | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
        ):
            yield name, value
        case _:
            pass


def _names(mark: ast.expr, values: Mapping[str, ast.expr]) -> Iterator[str]:
    """The promises in a decorator, or in what it names."""
    for node in _reached(mark, values):
        match node:
            case ast.Call(func=ast.Attribute(attr="promise"), args=[ast.Constant(value=str(name))]):
                yield name
            case _:
                pass


def _is_full(mark: ast.expr, values: Mapping[str, ast.expr]) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr == FULL for node in _reached(mark, values))


def _reached(mark: ast.expr, values: Mapping[str, ast.expr]) -> Iterator[ast.AST]:
    for node in ast.walk(mark):
        yield node
        if isinstance(node, ast.Name) and node.id in values:
            yield from ast.walk(values[node.id])
