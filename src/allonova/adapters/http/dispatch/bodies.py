"""What NOVA's routes read: camelCase bodies, and routers of staff."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends
from pydantic import ConfigDict

from allonova.adapters.http.dispatch.staff import limit_staff_calls, optional_staff
from allonova.adapters.http.fields import Body
from allonova.adapters.http.provide import keyed
from allonova.adapters.http.routes import JsonRoute, Router
from allonova.application.dispatch.wire import camel


class NovaBody(Body):
    """A body whose fields are spelt in camelCase; other spellings are unknown fields."""

    model_config = ConfigDict(extra="forbid", alias_generator=camel)


def staff_router(tag: str, prefix: str) -> APIRouter:
    """A router for companies' staff."""
    return Router(
        route_class=JsonRoute, tags=[f"NOVA: {tag}"], prefix=prefix, dependencies=[Depends(limit_staff_calls)]
    )


def open_router(tag: str, prefix: str) -> APIRouter:
    """A router for whoever comes. A token is welcome there, but not one that is bad or of another audience."""
    return staff_router(tag, prefix)


def staff_keyed(status: int) -> Any:
    """A staff user's Idempotency-Key: see `keyed`."""
    return keyed(status, who=optional_staff)
