"""Our own rules about what lets strangers in, or secrets out."""

from __future__ import annotations

import ast
import re

from tests.architecture.syntax import Found, Module, name_of

RUNS_DATA = {
    "builtins": {"eval", "exec", "compile", "__import__"},
    "pickle": {"load", "loads", "Unpickler"},
    "marshal": {"load", "loads"},
    "shelve": {"open"},
    "yaml": {"load", "load_all", "unsafe_load", "full_load"},
}
SHELLS = {"system", "popen", "create_subprocess_shell", "getoutput", "getstatusoutput"}
HOSTS = {
    "httpx": {"AsyncClient", "Client", "get", "post", "put", "patch", "delete", "request", "stream"},
    "urllib": {"urlopen", "urlretrieve"},
    "request": {"urlopen", "urlretrieve"},
    "asyncio": {"open_connection", "open_unix_connection"},
    "socket": {"create_connection"},
    "boto3": {"client", "resource"},
    "requests": {"get", "post", "Session"},
    "aiohttp": {"ClientSession"},
}
# Who makes connections, each to where a setting says. No address that a person wrote ever comes there.
CALLERS = ("main", "adapters/vendors/http.py", "adapters/http/forward.py", "adapters/sandbox", "adapters/storage/s3.py")
LOGGED = {"debug", "info", "warning", "error", "exception", "critical", "log"}
PERSONAL = re.compile(
    r"(^|_)(phone|email|mail|address|first_name|last_name|full_name|doc_number|birthdate|plate|lat|lng|lon|point|position"
    r"|password|secret|token|otp|totp|ticket|authorization|cookie|headers?|body|payload|content|text|query|params|url|dsn"
    r"|contact|telephone|nom|adresse|commentaire|row|record|args|request|response)$"
)


ERRORS = ("error", "exc", "failure", "refused")


def _origin(function: ast.expr) -> str:
    """The module that a call names: `yaml` of `yaml.load(…)`, `builtins` of `eval(…)`."""
    match function:
        case ast.Name():
            return "builtins"
        case ast.Attribute(value=value):
            return name_of(value)
        case _:
            return ""


def runs_data(module: Module) -> Found:
    """Nothing that came from outside is ever run: no pickles, no YAML that makes objects, no eval."""
    for node in module.nodes:
        match node:
            case ast.Call(func=function) if name_of(function) in RUNS_DATA.get(_origin(function), ()):
                yield node.lineno, f"{_origin(function)}.{name_of(function)}()"
            case ast.ImportFrom(module="pickle" | "marshal" | "shelve" | "dill" | "jsonpickle" as name):
                yield node.lineno, f"from {name}"
            case _:
                pass


def shell(module: Module) -> Found:
    """Programs get their arguments one by one: no shell reads them."""
    for node in module.nodes:
        match node:
            case ast.keyword(arg="shell", value=ast.Constant(value=value)) if value:
                yield node.value.lineno, "shell=True"
            case ast.Call(func=function) if name_of(function) in SHELLS and _origin(function) in (
                "os",
                "asyncio",
                "subprocess",
            ):
                yield node.lineno, f"{_origin(function)}.{name_of(function)}()"
            case _:
                pass


def weak_random(module: Module) -> Found:
    """What nobody may guess comes from `secrets`; a generator that can be replayed makes up demo data alone."""
    if module.is_in("main/seed_many"):
        return
    for node in module.nodes:
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="random"), attr=name)) if name != "SystemRandom":
                yield node.lineno, f"random.{name}()"
            case ast.ImportFrom(module="random"):
                yield node.lineno, "from random"
            case _:
                pass


def outgoing(module: Module) -> Found:
    """Connections to other hosts are made in few places, and none follows where an answer points."""
    for node in module.nodes:
        match node:
            case ast.keyword(arg="follow_redirects" | "allow_redirects", value=value) if not _is_false(value):
                yield value.lineno, f"{node.arg} other than False"
            case ast.Call(func=function) if not module.is_in(*CALLERS):
                if name_of(function) in HOSTS.get(_origin(function), ()):
                    yield node.lineno, f"{_origin(function)}.{name_of(function)}()"
            case ast.ImportFrom(module="httpx" | "requests" | "urllib.request" as name, names=names):
                if not module.is_in(*CALLERS) and any(
                    alias.name in HOSTS["httpx"] | HOSTS["urllib"] for alias in names
                ):
                    yield node.lineno, f"from {name}"
            case _:
                pass


def _is_false(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is False


def logged_values(module: Module) -> Found:
    """A line of the log is a constant and facts: no personal value, no secret, no body, no words of an exception."""
    for node in module.nodes:
        if (
            not isinstance(node, ast.Call)
            or name_of(node.func) not in LOGGED
            or _origin(node.func) not in ("log", "logger")
        ):
            continue
        given = node.args[1:] if name_of(node.func) == "log" else node.args
        if [type(each) for each in given] != [ast.Constant]:
            yield node.lineno, "a message with values in it"
        for keyword in node.keywords:
            yield from _told(keyword.value)


def _told(extra: ast.expr) -> Found:
    for node in ast.walk(extra):
        match node:
            case ast.Dict(keys=keys):
                yield from ((key.lineno, f"logs {name}") for key in keys if key and (name := _personal(key)))
            case ast.Call(
                func=ast.Name(id="str" | "repr" | "vars"), args=[ast.Name(id="error" | "exc" | "failure" as name)]
            ):
                yield node.lineno, f"logs the words of {name}"
            case ast.Attribute(attr=name) | ast.Name(id=name) if PERSONAL.search(name):
                yield node.lineno, f"logs {name}"
            case _:
                pass


def _personal(key: ast.expr) -> str:
    match key:
        case ast.Constant(value=str(name)) if PERSONAL.search(name):
            return name
        case _:
            return ""
