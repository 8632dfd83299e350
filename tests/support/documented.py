"""Whether an answer is one that the OpenAPI announces, key by key; every test over HTTP asks by the way."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI

from allonova.adapters.http.openapi import create_openapi


@dataclass(frozen=True, slots=True)
class Documented:
    """An httpx response hook."""

    operations: tuple[tuple[str, re.Pattern[str], Any], ...]
    schemas: Mapping[str, Any]

    async def __call__(self, response: httpx.Response) -> None:
        """Fails for a status that the operation does not name, and for a key too many or too few."""
        request = response.request
        found = operation_of(self.operations, request.method, request.url.path)
        if found is not None:
            assert str(response.status_code) in found["responses"], (
                f"{request.method} {request.url.path} does not announce {response.status_code}"
            )
            shape = found["responses"][str(response.status_code)].get("content", {}).get("application/json")
            is_json = response.headers.get("content-type", "").startswith("application/json")
            if shape is not None and response.is_success and is_json:
                await response.aread()
                odd = list(self.odd_keys(response.json(), shape["schema"], "answer"))
                assert odd == [], f"{request.method} {request.url.path}: {odd}"

    def odd_keys(self, value: Any, schema: Any, where: str) -> Iterator[str]:
        """Paths that the schema does not declare, and those that it requires and that are missing."""
        if name := schema.get("$ref"):
            schema = self.schemas[name.rpartition("/")[2]]
        if options := schema.get("anyOf"):
            yield from min((list(self.odd_keys(value, option, where)) for option in options), key=len)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield from self.odd_keys(item, schema.get("items", {}), f"{where}.{index}")
        elif isinstance(value, dict) and "properties" in schema:
            properties = schema["properties"]
            yield from (f"{where}.{name} is too many" for name in value.keys() - properties.keys())
            yield from (f"{where}.{name} is missing" for name in set(schema.get("required", ())) - value.keys())
            for name in value.keys() & properties.keys():
                yield from self.odd_keys(value[name], properties[name], f"{where}.{name}")
        elif isinstance(value, dict) and schema.get("type") not in (None, "object"):
            yield f"{where} is no {schema['type']}"


def documented(app: FastAPI) -> Documented:
    """The hook for an app."""
    document = create_openapi(app)
    operations = [
        (method.upper(), _pattern(path), operation)
        for path, methods in sorted(document["paths"].items())
        for method, operation in methods.items()
    ]
    ordered = tuple(sorted(operations, key=lambda each: "(" in each[1].pattern))
    return Documented(ordered, document["components"]["schemas"])


def operation_of(operations: tuple[tuple[str, re.Pattern[str], Any], ...], method: str, path: str) -> Any:
    """The operation that serves a path; literal paths come before those with a parameter."""
    return next((found for verb, pattern, found in operations if verb == method and pattern.fullmatch(path)), None)


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{[^}]*\}", path)
    return re.compile("([^/]+)".join(map(re.escape, parts)))
