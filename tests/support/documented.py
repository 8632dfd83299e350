"""Whether an answer is one that the OpenAPI announces; every test over HTTP asks by the way."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI

from allonova.adapters.http.root import create_openapi


@dataclass(frozen=True, slots=True)
class Documented:
    """An httpx response hook."""

    operations: tuple[tuple[str, re.Pattern[str], Any], ...]

    async def __call__(self, response: httpx.Response) -> None:
        """Fails for a status that the operation does not name."""
        request = response.request
        found = operation_of(self.operations, request.method, request.url.path)
        if found is not None:
            assert str(response.status_code) in found["responses"], (
                f"{request.method} {request.url.path} does not announce {response.status_code}"
            )


def documented(app: FastAPI) -> Documented:
    """The hook for an app."""
    operations = [
        (method.upper(), _pattern(path), operation)
        for path, methods in sorted(create_openapi(app)["paths"].items())
        for method, operation in methods.items()
    ]
    return Documented(tuple(sorted(operations, key=lambda each: "(" in each[1].pattern)))


def operation_of(operations: tuple[tuple[str, re.Pattern[str], Any], ...], method: str, path: str) -> Any:
    """The operation that serves a path; literal paths come before those with a parameter."""
    return next((found for verb, pattern, found in operations if verb == method and pattern.fullmatch(path)), None)


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{[^}]*\}", path)
    return re.compile("([^/]+)".join(map(re.escape, parts)))
