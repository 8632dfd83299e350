"""The AsyncAPI 3 document, from the same definitions that the sockets run on."""

from __future__ import annotations

import inspect
import re
from typing import Any

from pydantic import TypeAdapter

from allonova.adapters.ws.hub import RESYNC
from allonova.adapters.ws.routes import SocketRoute
from allonova.adapters.ws.server import ERROR
from allonova.application.kernel.live import FrameKind
from allonova.domain.identity.session import Audience

type Json = dict[str, Any]

INTRO = """\
Native WebSockets. The service sends JSON text `{"id", "type", "ts", "data"}`, a client sends `{"type", "data"}`.

`id` grows within a channel. Whoever comes back with `?last_event_id=` gets what came since, or `resync` when that is
not known any more: then read the objects anew over HTTP, and go on with the frames that follow. Frames that are not
kept have `id: null`.

Log in by `Authorization: Bearer` with the handshake, or by a ticket as `?ticket=`: good once, for 30 seconds, from
`POST /api/v1/ws/tickets` or `POST /api/ws/tickets`. The handshake is accepted first and then closed with a code: 4401
no access, 4403 not yours, 4404 gone, 1012 come back (the process stops), 1013 come back (too slow, or a part is down),
1008 more than 30 messages in 5 seconds, 1009 a message over 16 KiB, 1003 no text. An unknown path is HTTP 404, a
foreign `Origin` HTTP 403. The service pings every 20 seconds; a peer that is silent for 60 seconds is dropped."""

TICKETS = {Audience.ALLOCAR: "allocar", Audience.NOVA: "nova"}


def asyncapi(routes: tuple[SocketRoute, ...], *, title: str, version: str) -> Json:
    """The whole document."""
    schemas = _schemas(routes)
    channels = {_name(route): _channel(route) for route in routes}
    operations = {key: made for route in routes for key, made in _operations(route).items()}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": title, "version": version, "description": INTRO},
        "defaultContentType": "application/json",
        "servers": {
            "service": {
                "host": "{host}",
                "protocol": "wss",
                "description": "The host of the HTTP API; `ws` where that is `http`.",
                "variables": {"host": {"default": "localhost:8000"}},
            }
        },
        "channels": channels,
        "operations": operations,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                **{
                    f"{name}Token": {
                        "type": "http",
                        "scheme": "bearer",
                        "bearerFormat": "JWT",
                        "description": f"An access token of audience `{audience.value}`, with the handshake.",
                    }
                    for audience, name in TICKETS.items()
                },
                **{
                    f"{name}Ticket": {
                        "type": "httpApiKey",
                        "in": "query",
                        "name": "ticket",
                        "description": f"A ticket of audience `{audience.value}`.",
                    }
                    for audience, name in TICKETS.items()
                },
            },
        },
    }


def _name(route: SocketRoute) -> str:
    """`/ws/trips/{id}/driver-location` is `tripsDriverLocation`."""
    words: list[str] = re.findall(r"[a-z]+", re.sub(r"\{\w+\}", "", route.path.removeprefix("/ws/")))
    return words[0] + "".join(word.capitalize() for word in words[1:])


def _shown(route: SocketRoute) -> tuple[FrameKind[Any], ...]:
    return (*route.shows, RESYNC, ERROR)


def _views(routes: tuple[SocketRoute, ...]) -> dict[str, tuple[str, Any]]:
    """Each view once, by its name: how it is used, and what it is."""
    found: dict[str, tuple[str, Any]] = {}
    for route in routes:
        views: list[tuple[str, Any]] = [("serialization", kind.view) for kind in _shown(route)]
        views += [("validation", heard.said) for heard in route.hears.values()]
        for mode, view in views:
            if found.setdefault(view.__name__, (mode, view)) != (mode, view):
                raise ValueError(f"two views are called {view.__name__}")
    return found


def _schemas(routes: tuple[SocketRoute, ...]) -> Json:
    inputs: Any = [(name, mode, TypeAdapter(view)) for name, (mode, view) in _views(routes).items()]
    made, common = TypeAdapter.json_schemas(inputs, ref_template="#/components/schemas/{model}")
    schemas: Json = dict(common.get("$defs", {}))
    for (name, _), schema in made.items():
        schemas.setdefault(str(name), schema)
    return dict(sorted(schemas.items()))


def _channel(route: SocketRoute) -> Json:
    names = re.findall(r"\{(\w+)\}", route.path)
    channel: Json = {
        "address": route.path,
        "description": route.summary,
        "servers": [{"$ref": "#/servers/service"}],
        "messages": {
            **{_key("shown", kind.name): _frame(kind) for kind in _shown(route)},
            **{_key("said", name): _message(name, heard.said) for name, heard in route.hears.items()},
        },
        "bindings": {"ws": {"method": "GET", "query": _query(route), "bindingVersion": "0.1.0"}},
    }
    if names:
        channel["parameters"] = {name: {} for name in names}
    return channel


def _query(route: SocketRoute) -> Json:
    properties: Json = {
        "last_event_id": {"type": "integer", "description": "The `id` of the last frame that was seen here."}
    }
    if route.audience is not None:
        properties["ticket"] = {"type": "string"}
    return {"type": "object", "properties": properties}


def _frame(kind: FrameKind[Any]) -> Json:
    numbered: Json = {"type": ["integer", "null"], "description": "null where it answers this socket alone"}
    id_schema: Json = numbered if kind.is_kept else {"type": "null"}
    properties: Json = {
        "id": id_schema,
        "type": {"const": kind.name},
        "ts": {"type": "string", "format": "date-time"},
        "data": {"$ref": f"#/components/schemas/{kind.view.__name__}"},
    }
    return {
        "name": kind.name,
        "summary": _says(kind.view),
        "payload": {"type": "object", "properties": properties, "required": list(properties)},
    }


def _message(name: str, said: Any) -> Json:
    properties: Json = {"type": {"const": name}, "data": {"$ref": f"#/components/schemas/{said.__name__}"}}
    return {
        "name": name,
        "summary": _says(said),
        "payload": {
            "type": "object",
            "properties": properties,
            "required": ["type", *(["data"] if TypeAdapter(said).json_schema().get("required") else [])],
            "additionalProperties": False,
        },
    }


def _says(view: Any) -> str:
    return (inspect.getdoc(view) or "").split("\n\n")[0].replace("\n", " ")


def _key(direction: str, name: str) -> str:
    """A message's key: `shown` by the service, or `said` by a client."""
    return direction + "".join(word.capitalize() for word in re.split(r"[._]", name))


def _operations(route: SocketRoute) -> Json:
    """From the service's side: it sends what is shown, and receives what is said."""
    channel = _name(route)
    said = [_key("said", name) for name in route.hears]
    shown = [_key("shown", kind.name) for kind in _shown(route)]
    found = {f"{channel}Shows": _operation(route, "send", shown)}
    return found | ({f"{channel}Hears": _operation(route, "receive", said)} if said else {})


def _operation(route: SocketRoute, action: str, messages: list[str]) -> Json:
    channel = _name(route)
    operation: Json = {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{key}"} for key in messages],
    }
    if route.audience is not None:
        name = TICKETS[route.audience]
        operation["security"] = [{"$ref": f"#/components/securitySchemes/{name}{way}"} for way in ("Token", "Ticket")]
    return operation
