"""What clients are made from: the OpenAPI and the AsyncAPI, told so that generators understand them."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

type Json = dict[str, Any]

HTTP = Path(__file__).resolve().parents[1] / "src/allonova/adapters/http"
METHODS = ("get", "put", "post", "delete", "patch")
NULL = {"type": "null"}


def read(name: str) -> Any:
    """The document of this name, as the service serves it."""
    return json.loads((HTTP / name).read_bytes())


def frames(asyncapi: Json) -> Json:
    """The frames of sockets as schemas of an OpenAPI: `Channels` has what each channel shows, `Said` what it hears."""
    channels = asyncapi["channels"]
    schemas = dict(asyncapi["components"]["schemas"])
    schemas["Channels"] = _object({name: _one_of(channel, "shown") for name, channel in channels.items()})
    spoken = {name: _one_of(channel, "said") for name, channel in channels.items()}
    schemas["Said"] = _object({name: said for name, said in spoken.items() if said["oneOf"]})
    return {"openapi": "3.1.0", "info": asyncapi["info"], "paths": {}, "components": {"schemas": schemas}}


def _one_of(channel: Json, prefix: str) -> Json:
    return {"oneOf": [each["payload"] for key, each in channel["messages"].items() if key.startswith(prefix)]}


def _object(properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": list(properties)}


def for_dart(openapi: Json) -> Json:
    """The OpenAPI as the Dart generator understands it. It knows no unions and would ask for the fields of all at once:
    of objects, it gets one with the fields that any of them has, of which those are required that all of them require;
    of bare values, any value. It sends a day of a query as an instant, has no type for null alone, writes the defaults
    of named texts without quotes, and makes file names of tags without asking what an accent is.
    """
    schemas: Json = openapi["components"]["schemas"]

    def plain(node: Json) -> Json:
        if node.get("type") == "null" and "description" in node:
            return {**node, "type": ["string", "null"]}
        if "$ref" in node and isinstance(node.get("default"), str):
            return {key: value for key, value in node.items() if key != "default"}
        given = [each for each in node.get("anyOf", ()) if each != NULL]
        return _united(node, [resolved(each, schemas) for each in given]) if len(given) > 1 else node

    made: Json = _mapped(openapi, plain)
    for path in made["paths"].values():
        for operation in (path[method] for method in METHODS if method in path):
            operation["tags"] = [_ascii(tag) for tag in operation.get("tags", ())]
            for parameter in operation.get("parameters", ()):
                given = parameter["schema"].get("anyOf", [parameter["schema"]])
                if any(resolved(each, schemas).get("format") == "date" for each in given):
                    parameter["schema"] = {"type": "string"}
    return made


def _united(node: Json, members: list[Json]) -> Json:
    rest = {key: value for key, value in node.items() if key != "anyOf"}
    if all("properties" in each for each in members):
        return rest | _merged(members)
    return rest | {"type": "string"} if {each.get("type") for each in members} == {"string"} else rest


def resolved(schema: Json, schemas: Json) -> Json:
    """What a reference stands for."""
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    return schema


def _merged(kept: list[Json]) -> Json:
    properties: Json = {}
    for each in kept:
        for name, schema in each["properties"].items():
            # What differs from one to the other is no constant of the whole.
            plain = {key: value for key, value in schema.items() if key not in {"const", "default"}}
            properties.setdefault(name, plain)
    required = set.intersection(*(set(each.get("required", ())) for each in kept))
    return {"type": "object", "properties": properties, "required": sorted(required)}


def _mapped(node: Any, change: Callable[[Json], Json]) -> Any:
    if isinstance(node, dict):
        return change({key: _mapped(value, change) for key, value in node.items()})
    return [_mapped(each, change) for each in node] if isinstance(node, list) else node


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
