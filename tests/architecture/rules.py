"""Rules that no ready-made linter knows, as functions over a module's syntax tree.

A line that must break one says so: `# allow: <rule> - <reason>`.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Mapping

from tests.architecture.safety import logged_values, outgoing, runs_data, shell, weak_random
from tests.architecture.syntax import Found, Module, first_text, is_composed, name_of

SQL_CALLS = {"execute", "executemany", "fetch", "fetchrow", "fetchval", "fetchmany", "prepare", "cursor"}
SQL_STARTS = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|ALTER|DROP|TRUNCATE|LOCK|COPY|SET|CALL|DO)\s")
SECRETS = re.compile(r"(^|_)(signature|digest|hexdigest|hmac|mac|token_hash|code_hash|password_hash|secret)$")
MONEY = re.compile(
    r"(^|_)(amount|price|fees?|fares?|balance|commission|payout|refund|tip|francs|xof|montant|prix|solde|tarif)(_|$)"
)
EFFECTS = {"os", "random", "secrets", "socket", "subprocess", "sqlite3", "threading", "time", "urllib"}


def _is_sqlalchemy_text(function: ast.expr) -> bool:
    match function:
        case ast.Name(id=name) | ast.Attribute(value=ast.Name(id="sa" | "sqlalchemy"), attr=name):
            return name in ("text", "literal_column", "DDL")
        case _:
            return False


def _is_filled(node: ast.expr) -> bool:
    """Text with places in it, which are filled here."""
    return isinstance(node, ast.Call) and name_of(node) in ("format", "format_map", "replace", "substitute")


def sql_text(module: Module) -> Found:
    """SQL is never put together from strings: parameters travel beside it."""
    for node in module.nodes:
        match node:
            case ast.Call(func=function, args=[ast.expr() as text, *_]) if is_composed(text) or _is_filled(text):
                if _is_sqlalchemy_text(function) or name_of(function) in SQL_CALLS:
                    yield text.lineno, "SQL put together from strings"
            case ast.expr() if is_composed(node) and SQL_STARTS.match(first_text(node)):
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
            if SECRETS.search(name_of(side)):
                yield node.lineno, f"{name_of(side)} compared in a time that depends on its value"


def float_money(module: Module) -> Found:
    """Francs are whole: no float of, and none for, what is named like money."""
    for node in module.nodes:
        match node:
            case ast.Call(func=ast.Name(id="float"), args=[argument, *_]) if MONEY.search(name_of(argument)):
                yield node.lineno, f"float({name_of(argument)})"
            case ast.AnnAssign(target=target, annotation=annotation) if MONEY.search(name_of(target)):
                if _mentions_float(annotation):
                    yield node.lineno, f"{name_of(target)}: float"
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
    "runs-data": runs_data,
    "shell": shell,
    "weak-random": weak_random,
    "outgoing": outgoing,
    "logged-values": logged_values,
}


def faults(rule: str, module: Module) -> list[str]:
    """What breaks a rule in a file, without the lines that are allowed to."""
    lines = module.text.splitlines()
    allowed = re.compile(rf"# allow: {re.escape(rule)} - \S")
    found = {(line, what) for line, what in RULES[rule](module) if not allowed.search(lines[line - 1])}
    return [f"{module.path}:{line}: {what}" for line, what in sorted(found)]
