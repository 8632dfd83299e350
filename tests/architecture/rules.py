"""Rules that no ready-made linter knows, as functions over a module's syntax tree.

A line that must break one says so: `# allow: <rule> - <reason>`.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath

SQL_CALLS = {"execute", "executemany", "fetch", "fetchrow", "fetchval", "fetchmany", "prepare", "cursor"}
SQL_STARTS = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|ALTER|DROP|TRUNCATE|LOCK|COPY|SET|CALL|DO)\s")
SECRETS = re.compile(r"(^|_)(signature|digest|hexdigest|hmac|mac|token_hash|code_hash|password_hash|secret)$")
MONEY = re.compile(
    r"(^|_)(amount|price|fees?|fares?|balance|commission|payout|refund|tip|francs|xof|montant|prix|solde|tarif)(_|$)"
)
EFFECTS = {"os", "random", "secrets", "socket", "subprocess", "sqlite3", "threading", "time", "urllib"}

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


def _name(node: ast.expr) -> str:
    """The last name of `a.b.c`, `c` or `x["c"]`; of a call, that of its function."""
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name) | ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
        case ast.Call(func=function):
            return _name(function)
        case _:
            return ""


def _is_composed(node: ast.expr) -> bool:
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


def _first_text(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=[first, *_]) | ast.BinOp(left=first):
            return _first_text(first)
        case ast.Call(func=ast.Attribute(value=value)):
            return _first_text(value)
        case _:
            return ""


def _is_sqlalchemy_text(function: ast.expr) -> bool:
    match function:
        case ast.Name(id="text") | ast.Attribute(value=ast.Name(id="sa" | "sqlalchemy"), attr="text"):
            return True
        case _:
            return False


def sql_text(module: Module) -> Found:
    """SQL is never put together from strings: parameters travel beside it."""
    for node in module.nodes:
        match node:
            case ast.Call(func=function, args=[ast.expr() as text, *_]) if _is_composed(text):
                if _is_sqlalchemy_text(function) or _name(function) in SQL_CALLS:
                    yield text.lineno, "SQL put together from strings"
            case ast.expr() if _is_composed(node) and SQL_STARTS.match(_first_text(node)):
                yield node.lineno, "SQL put together from strings"
            case _:
                pass


def tls_verify(module: Module) -> Found:
    """Certificates are always checked."""
    for node in module.nodes:
        match node:
            case ast.keyword(arg="verify" | "check_hostname", value=ast.Constant(value=False)):
                yield node.value.lineno, f"{node.arg}=False"
            case ast.Assign(targets=[ast.Attribute(attr="check_hostname")], value=ast.Constant(value=False)):
                yield node.lineno, "check_hostname = False"
            case ast.Attribute(attr="CERT_NONE" | "_create_unverified_context" as name):
                yield node.lineno, name
            case _:
                pass


def _is_public(node: ast.expr) -> bool:
    """Emptiness, or a constant of the source: comparing with it tells nothing new."""
    return (isinstance(node, ast.Constant) and not node.value) or (isinstance(node, ast.Name) and node.id.isupper())


def digest_compare(module: Module) -> Found:
    """Secrets, digests and signatures are compared with hmac.compare_digest."""
    for node in module.nodes:
        if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], ast.Eq | ast.NotEq | ast.In | ast.NotIn):
            continue
        sides = [node.left, *node.comparators]
        if any(_is_public(side) for side in sides):
            continue
        for side in sides:
            if SECRETS.search(_name(side)):
                yield node.lineno, f"{_name(side)} compared in a time that depends on its value"


def float_money(module: Module) -> Found:
    """Francs are whole: no float of, and none for, what is named like money."""
    for node in module.nodes:
        match node:
            case ast.Call(func=ast.Name(id="float"), args=[argument, *_]) if MONEY.search(_name(argument)):
                yield node.lineno, f"float({_name(argument)})"
            case ast.AnnAssign(target=target, annotation=annotation) if MONEY.search(_name(target)):
                if _mentions_float(annotation):
                    yield node.lineno, f"{_name(target)}: float"
            case ast.arg(arg=name, annotation=ast.expr() as annotation) if MONEY.search(name):
                if _mentions_float(annotation):
                    yield node.lineno, f"{name}: float"
            case _:
                pass


def _mentions_float(annotation: ast.expr) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "float" for node in ast.walk(annotation))


def bare_except(module: Module) -> Found:
    """`except:` also swallows cancellation and exits."""
    for node in module.nodes:
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            yield node.lineno, "except:"


def printed(module: Module) -> Found:
    """Only the command line talks to the terminal; the rest logs."""
    if module.is_in("main/cli.py", "main/cli", "main/demo"):
        return
    for node in module.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            yield node.lineno, "print()"


def environment(module: Module) -> Found:
    """The environment is read in one place, main/settings.py. Whoever starts processes may write it for them."""
    if module.is_in("main/settings.py"):
        return
    names = {"environ", "environb", "getenv", "getenvb"}
    written = [
        node.value
        for node in module.nodes
        if (isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store))
        or (isinstance(node, ast.Attribute) and node.attr == "setdefault")
    ]
    for node in module.nodes:
        match node:
            case ast.Attribute(value=ast.Name(id="os"), attr=name) if name in names and node not in written:
                yield node.lineno, f"os.{name}"
            case ast.ImportFrom(module="os") if names & {alias.name for alias in node.names}:
                yield node.lineno, "os.environ"
            case ast.ImportFrom(module="pydantic_settings"):
                yield node.lineno, "pydantic_settings"
            case _:
                pass


def pure_imports(module: Module) -> Found:
    """Domain and application import the standard library and the package alone, and nothing of it that acts.

    Time, randomness, files and sockets come through ports.
    """
    if not module.is_in("domain", "application"):
        return
    allowed = (sys.stdlib_module_names - EFFECTS) | {"allonova"}
    for node in module.nodes:
        match node:
            case ast.Import(names=aliases):
                names = [alias.name for alias in aliases]
            case ast.ImportFrom(level=0, module=str(name)):
                names = [name]
            case ast.ImportFrom():
                yield node.lineno, "relative import"
                continue
            case _:
                continue
        yield from ((node.lineno, f"imports {name}") for name in names if name.partition(".")[0] not in allowed)


RULES: Mapping[str, Callable[[Module], Found]] = {
    "sql-text": sql_text,
    "tls-verify": tls_verify,
    "digest-compare": digest_compare,
    "float-money": float_money,
    "bare-except": bare_except,
    "print": printed,
    "environment": environment,
    "pure-imports": pure_imports,
}


def faults(rule: str, module: Module) -> list[str]:
    """What breaks a rule in a file, without the lines that are allowed to."""
    lines = module.text.splitlines()
    allowed = re.compile(rf"# allow: {re.escape(rule)} - \S")
    found = {(line, what) for line, what in RULES[rule](module) if not allowed.search(lines[line - 1])}
    return [f"{module.path}:{line}: {what}" for line, what in sorted(found)]
