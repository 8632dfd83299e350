"""The generated files: `allonova docs write` makes them, `allonova docs check` compares them byte by byte."""

from __future__ import annotations

import json
from pathlib import Path

from fastapi import FastAPI

from allonova.adapters.http.errors import STATUS
from allonova.adapters.http.messages import MESSAGES
from allonova.adapters.http.openapi import create_openapi
from allonova.adapters.http.root import VERSION
from allonova.adapters.ws.asyncapi import asyncapi
from allonova.adapters.ws.channels import ROUTES
from allonova.main.docs.errors import errors_page
from allonova.main.docs.machines import machines_page
from allonova.main.docs.map import map_page
from allonova.main.docs.promises import promises_page
from allonova.main.docs.roles import roles_page
from allonova.main.docs.sealed import sealed_page

OPENAPI = "src/allonova/adapters/http/openapi.json"
ASYNCAPI = "src/allonova/adapters/http/asyncapi.json"


def write_docs(app: FastAPI, root: Path) -> list[Path]:
    """Write every generated file under the repository's root; their paths."""
    written = []
    for name, content in _pages(app, root).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        written.append(path)
    return written


def check_docs(app: FastAPI, root: Path) -> list[str]:
    """Names of the generated files that are missing or not what `write_docs` would write."""
    return [name for name, content in _pages(app, root).items() if _read(root / name) != content]


def _pages(app: FastAPI, root: Path) -> dict[str, bytes]:
    openapi = json.dumps(create_openapi(app), sort_keys=True, indent=1, ensure_ascii=False)
    sockets = json.dumps(asyncapi(ROUTES, title="AlloNova sockets", version=VERSION), indent=1, ensure_ascii=False)
    pages = {
        "docs/machines.md": machines_page(),
        "docs/map.md": map_page(app, root),
        "docs/errors.md": errors_page(STATUS, MESSAGES),
        "docs/roles.md": roles_page(app),
        "docs/sealed.md": sealed_page(),
        "docs/promises.md": promises_page(root),
        OPENAPI: f"{openapi}\n",
        ASYNCAPI: f"{sockets}\n",
    }
    return {name: text.encode() for name, text in pages.items()}


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
