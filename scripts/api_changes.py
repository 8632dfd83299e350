"""Hold the API to its version: what would break a client of the last release needs a new major version.

Usage: scripts/api_changes.py check    compare openapi.json with the newest file of docs/releases
       scripts/api_changes.py release  keep openapi.json as the release that its version names

Rules: docs/decisions/0094-the-docs-site-and-the-apis-version.md.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
OPENAPI = "src/allonova/adapters/http/openapi.json"
METHODS = ("get", "put", "post", "delete", "patch")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems")
WIDER = {("integer", "number")}  # who could read the second can read the first

type Schema = dict[str, Any]


class Refused(Exception):
    """The version does not say what has changed."""


def main() -> None:
    """Check or release, from the repository's root."""
    {"check": check, "release": release}[sys.argv[1]](ROOT)


def check(root: Path) -> None:
    """Compare with the last release. Raises Refused for a break without a new major version."""
    now = _read(root / OPENAPI)
    then = json.loads(gzip.decompress(last_release(root).read_bytes()))
    _require_entry(root, version_of(now))
    judge(then, now)
    print(f"API {now['info']['version']} keeps its word, last released as {then['info']['version']}")


def judge(then: Schema, now: Schema) -> None:
    """Compare two descriptions by what their versions promise. Raises Refused."""
    if version_of(now) < version_of(then):
        raise Refused(f"version {now['info']['version']} is older than the last release")
    if version_of(now)[0] == version_of(then)[0] and (found := breaking(then, now)):
        raise Refused("\n".join(["these break clients, and need a new major version:", *found]))


def release(root: Path) -> None:
    """Keep the API as it is under its version's name; a release never changes afterwards."""
    if any((root / "docs/releases").glob("*.gz")):
        check(root)
    path = root / "docs/releases" / f"{_read(root / OPENAPI)['info']['version']}.openapi.json.gz"
    if path.exists():
        raise Refused(f"{path.name} is released already")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress((root / OPENAPI).read_bytes(), mtime=0))
    print(f"{path.relative_to(root)} is kept")


def last_release(root: Path) -> Path:
    """The newest release by its version."""
    return max((root / "docs/releases").glob("*.openapi.json.gz"), key=lambda path: _numbers(path.name))


def version_of(api: Schema) -> tuple[int, ...]:
    """Major, minor, patch."""
    return _numbers(api["info"]["version"])


def breaking(then: Schema, now: Schema) -> list[str]:
    """What a client that was written for `then` would stumble over, one line each."""
    return list(dict.fromkeys(_Comparison(then, now).lines()))


@dataclass(slots=True)
class _Comparison:
    """Two descriptions of one API, side by side."""

    then: Schema
    now: Schema
    known: dict[tuple[str, str, bool], list[str]] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """All that breaks, from paths down to single values."""
        later = {_shape(path): item for path, item in self.now["paths"].items()}
        for path, item in self.then["paths"].items():
            for method in METHODS:
                if method not in item:
                    continue
                operation = later.get(_shape(path), {}).get(method)
                if operation is None:
                    yield f"{method.upper()} {path}: removed"
                else:
                    yield from (f"{method.upper()} {path}: {line}" for line in self._operation(item[method], operation))

    def _operation(self, then: Schema, now: Schema) -> Iterator[str]:
        if then.get("operationId") != now.get("operationId"):
            yield f"operationId {then.get('operationId')} is {now.get('operationId')} now"
        if _is_open(then) and not _is_open(now):
            yield "needs a login now"
        yield from self._parameters(then, now)
        yield from self._body(then.get("requestBody"), now.get("requestBody"))
        yield from self._answers(then["responses"], now["responses"])

    def _parameters(self, then: Schema, now: Schema) -> Iterator[str]:
        before, after = _by_name(then), _by_name(now)
        for name, parameter in after.items():
            if name not in before:
                if parameter.get("required"):
                    yield f"{name} is required now"
                continue
            if parameter.get("required") and not before[name].get("required"):
                yield f"{name} is required now"
            yield from self._schema(before[name]["schema"], parameter["schema"], is_sent=True, at=name)
        yield from (f"{name} removed" for name in before if name not in after)

    def _body(self, then: Schema | None, now: Schema | None) -> Iterator[str]:
        if now is None:
            if then is not None:
                yield "body removed"
            return
        if now.get("required") and not (then or {}).get("required"):
            yield "a body is required now"
        for kind, content in (then or {}).get("content", {}).items():
            if kind not in now["content"]:
                yield f"body as {kind} removed"
            else:
                yield from self._schema(content.get("schema", {}), now["content"][kind].get("schema", {}), is_sent=True)

    def _answers(self, then: Schema, now: Schema) -> Iterator[str]:
        for status, answer in then.items():
            if not status.startswith("2"):
                continue  # a refusal that is never given any more breaks nobody
            if status not in now:
                yield f"answer {status} removed"
                continue
            for kind, content in answer.get("content", {}).items():
                later = now[status].get("content", {}).get(kind)
                if later is None:
                    yield f"answer {status} as {kind} removed"
                else:
                    at = f"answer {status}"
                    yield from self._schema(content.get("schema", {}), later.get("schema", {}), is_sent=False, at=at)

    def _schema(self, then: Schema, now: Schema, *, is_sent: bool, at: str = "body") -> list[str]:
        """What breaks between two schemas; sent ones may accept more, answered ones may say less."""
        before, after = self._ways(then, self.then), self._ways(now, self.now)
        found: list[str] = []
        for way in before if is_sent else after:
            pairs = [(way, other) if is_sent else (other, way) for other in (after if is_sent else before)]
            tried = [self._named(*pair, is_sent=is_sent) for pair in pairs]
            best = min(tried, key=len, default=["removed"])
            found += best
        return [f"{at}{line if line.startswith('.') else ' ' + line}" for line in found]

    def _ways(self, schema: Schema, api: Schema) -> list[Schema]:
        """What a value may be: the schema itself, or each of its alternatives."""
        several = schema.get("anyOf") or schema.get("oneOf")
        if several is None and "$ref" in schema:
            meant = _meant(schema, api)
            return self._ways(meant, api) if "anyOf" in meant or "oneOf" in meant else [schema]
        return [schema] if several is None else [way for each in several for way in self._ways(each, api)]

    def _named(self, then: Schema, now: Schema, *, is_sent: bool) -> list[str]:
        """Compare schemas, those with a name once; within themselves they are taken as they stand."""
        names = then.get("$ref", ""), now.get("$ref", "")
        if not all(names):
            return list(self._values(_meant(then, self.then), _meant(now, self.now), is_sent=is_sent))
        key = (*names, is_sent)
        if key not in self.known:
            self.known[key] = []
            self.known[key] = list(self._values(_meant(then, self.then), _meant(now, self.now), is_sent=is_sent))
        return self.known[key]

    def _values(self, then: Schema, now: Schema, *, is_sent: bool) -> Iterator[str]:
        kinds = _kind(then), _kind(now)
        if kinds[0] != kinds[1] and (kinds if is_sent else kinds[::-1]) not in WIDER:
            broader = kinds[1] if is_sent else kinds[0]
            if broader is not None:
                yield f"is {kinds[1] or 'anything'} and was {kinds[0] or 'anything'}"
            return
        if is_sent:
            yield from _narrowed(then, now)
        if then.get("format") != now.get("format") and not (is_sent and now.get("format") is None):
            yield f"has format {now.get('format')} and had {then.get('format')}"
        yield from self._properties(then, now, is_sent=is_sent)
        for part in ("items", "additionalProperties"):
            if isinstance(then.get(part), dict) and isinstance(now.get(part), dict):
                yield from self._schema(then[part], now[part], is_sent=is_sent, at=f".{part}")

    def _properties(self, then: Schema, now: Schema, *, is_sent: bool) -> Iterator[str]:
        before, after = then.get("properties", {}), now.get("properties", {})
        needed, given = set(now.get("required", ())), set(then.get("required", ()))
        for name, schema in before.items():
            if name not in after:
                yield f".{name} removed"
                continue
            if not is_sent and name in given - needed:
                yield f".{name} may be missing now"
            yield from self._schema(schema, after[name], is_sent=is_sent, at=f".{name}")
        if is_sent:
            yield from (f".{name} is required now" for name in sorted(needed - given))


def _narrowed(then: Schema, now: Schema) -> Iterator[str]:
    """What was accepted and is not any more."""
    before, after = _choices(then), _choices(now)
    if after is not None:
        lost = ["some values"] if before is None else [value for value in before if value not in after]
        yield from (f"does not take {value!r} any more" for value in lost)
    for name in UPPER:
        if name in now and (name not in then or now[name] < then[name]):
            yield f"{name} is {now[name]} and was {then.get(name, 'open')}"
    for name in LOWER:
        if name in now and (name not in then or now[name] > then[name]):
            yield f"{name} is {now[name]} and was {then.get(name, 'open')}"
    if now.get("pattern") not in {None, then.get("pattern")}:
        yield f"pattern is {now['pattern']} and was {then.get('pattern', 'open')}"


def _is_open(operation: Schema) -> bool:
    """Whether one may call without a token."""
    return {} in (operation.get("security") or [{}])


def _choices(schema: Schema) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _kind(schema: Schema) -> str | None:
    """The type of a value; None is any."""
    return schema.get("type")


def _meant(schema: Schema, api: Schema) -> Schema:
    """The schema that a reference names."""
    while "$ref" in schema:
        schema = api["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _by_name(operation: Schema) -> dict[str, Schema]:
    """What comes beside the body, but for parts of the path, which have their place and no name on the wire."""
    return {
        f"{each['in']} {each['name'].lower() if each['in'] == 'header' else each['name']}": each
        for each in operation.get("parameters", ())
        if each["in"] != "path"
    }


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:3])


def _read(path: Path) -> Schema:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _require_entry(root: Path, version: tuple[int, ...]) -> None:
    name = ".".join(map(str, version))
    if not re.search(rf"^## {re.escape(name)}\b", (root / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE):
        raise Refused(f"CHANGELOG.md has no heading for {name}")


if __name__ == "__main__":
    try:
        main()
    except Refused as fault:
        sys.exit(f"API: {fault}")
