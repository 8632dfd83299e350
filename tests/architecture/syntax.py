"""A module's syntax tree, as our own rules read it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath

type Found = Iterator[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Module:
    """A parsed file; `path` from the repository's root."""

    path: PurePosixPath
    text: str

    @property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Its syntax."""
        return _nodes(self.text)

    def is_in(self, *folders: str) -> bool:
        """Whether it is one of these files, or inside one of these folders, of the package."""
        inside = self.path.relative_to("src/allonova")
        return any(inside.is_relative_to(folder) for folder in folders)


@cache
def _nodes(text: str) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(text)))


def name_of(node: ast.expr) -> str:
    """The last name of `a.b.c`, `c` or `x["c"]`; of a call, that of its function."""
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name) | ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
        case ast.Call(func=function):
            return name_of(function)
        case _:
            return ""


def is_composed(node: ast.expr) -> bool:
    """A string put together at run time."""
    match node:
        case ast.JoinedStr(values=values):
            return any(isinstance(value, ast.FormattedValue) for value in values)
        case ast.BinOp(op=ast.Add() | ast.Mod()):
            return True
        case ast.Call(func=ast.Attribute(value=value, attr="format" | "join")):
            return isinstance(value, ast.Constant)
        case _:
            return False


def first_text(node: ast.expr) -> str:
    """What a composed string begins with."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=[first, *_]) | ast.BinOp(left=first):
            return first_text(first)
        case ast.Call(func=ast.Attribute(value=value)):
            return first_text(value)
        case _:
            return ""
