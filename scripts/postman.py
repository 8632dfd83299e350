"""A Postman collection from the OpenAPI: every call by world and tag, and stories that run by themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from client_documents import METHODS, NULL, Json, resolved

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
TOKENS = {"HTTPBearer": "allocarToken", "StaffBearer": "novaToken", "AdminBearer": "adminToken"}
WORLDS = {"NOVA": "NOVA", "Back office": "Back office"}  # by the tag's beginning; all else is AlloCar
VARIABLES = {
    "baseUrl": "http://localhost:8000",
    "password": "demo-allonova",
    "driverPhone": "+2250700000001",
    "passengerPhone": "+2250700000002",
    "dispatcherEmail": "admin@nova.demo.test",
    **dict.fromkeys(TOKENS.values(), ""),
}
# Whoever logs in by any call is logged in for all calls of that door.
LOGGED_IN = """\
const type = pm.response.headers.get("Content-Type") || "";
const data = type.includes("json") ? pm.response.json().data : null;
if (data && data.access_token) {
  pm.collectionVariables.set(data.admin ? "adminToken" : "allocarToken", data.access_token);
}
if (data && data.accessToken) pm.collectionVariables.set("novaToken", data.accessToken);"""
# A story's own wishes have keys of their own in each run.
WISHED = 'pm.collectionVariables.set("wish", pm.variables.replaceIn("{{$guid}}"));'
ANSWERED = "const { data, error } = pm.response.json();"
TRIES = 100
DEPTH = 8


def collection(openapi: Json, stories: Iterable[Json]) -> Json:
    """The whole collection."""
    return {
        "info": {"name": "AlloNova", "schema": SCHEMA, "version": openapi["info"]["version"], "description": ABOUT},
        "variable": [{"key": key, "value": value} for key, value in VARIABLES.items()],
        "event": [_event("test", LOGGED_IN)],
        "item": [
            _folder("Stories", [_folder(story["name"], _told(story)) for story in stories]),
            *_worlds(openapi),
        ],
    }


ABOUT = (
    "Log in by any call that answers with tokens: the other calls of that door then carry them. `Stories` runs against"
    " a service with its demo data and the played world (`make run`)."
)


def _folder(name: str, items: list[Json]) -> Json:
    return {"name": name, "item": items}


def _event(listen: str, script: str) -> Json:
    own = ["{", *(f"  {line}" for line in script.splitlines()), "}"]  # Postman has a `data` of its own
    return {"listen": listen, "script": {"type": "text/javascript", "exec": own}}


def _worlds(openapi: Json) -> Iterator[Json]:
    worlds: dict[str, dict[str, list[Json]]] = {"AlloCar": {}, "NOVA": {}, "Back office": {}}
    for path, methods in openapi["paths"].items():
        for method in METHODS:
            if method in methods:
                (tag,) = methods[method]["tags"]
                world = WORLDS.get(tag.partition(":")[0], "AlloCar")
                made = _call(openapi, path, method, methods[method])
                worlds[world].setdefault(tag, []).append(made)
    for world, tags in worlds.items():
        yield _folder(world, [_folder(tag, calls) for tag, calls in sorted(tags.items())])


def _call(openapi: Json, path: str, method: str, operation: Json) -> Json:
    """One operation, filled with the examples of its schemas. What may be left out is switched off."""
    schemas = openapi["components"]["schemas"]
    parameters = operation.get("parameters", [])
    shown = {
        kind: [_parameter(each, schemas) for each in parameters if each["in"] == kind]
        for kind in ("path", "query", "header")
    }
    headers, request = shown["header"], {"method": method.upper(), "description": operation.get("description", "")}
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        headers.append({"key": "Content-Type", "value": "application/json"})
        request["body"] = _body(example(content["application/json"]["schema"], schemas))
    for header in headers:
        if header["key"] == "idempotency-key":
            header["value"] = "{{$guid}}"
    url = _url(re.sub(r"\{(\w+)\}", r":\1", path), shown["query"]) | {"variable": shown["path"]}
    tokens = [TOKENS[name] for needed in operation.get("security", ()) for name in needed]
    request |= {"header": headers, "url": url, "auth": _auth(tokens[0] if tokens else None)}
    return {"name": operation["summary"], "request": request, "response": []}


def _parameter(parameter: Json, schemas: Json) -> Json:
    value = example(parameter.get("schema", {}), schemas)
    made = {"key": parameter["name"], "value": "" if value is None else str(value)}
    made["description"] = parameter.get("description", "")
    return made if parameter.get("required") else made | {"disabled": True}


def _url(path: str, query: list[Json]) -> Json:
    return {
        "raw": f"{{{{baseUrl}}}}{path}",
        "host": ["{{baseUrl}}"],
        "path": path.strip("/").split("/"),
        "query": query,
    }


def _body(value: Any) -> Json:
    raw = json.dumps(value, ensure_ascii=False, indent=2)
    return {"mode": "raw", "raw": raw, "options": {"raw": {"language": "json"}}}


def _auth(token: str | None) -> Json:
    if token is None:
        return {"type": "noauth"}
    return {"type": "bearer", "bearer": [{"key": "token", "value": f"{{{{{token}}}}}", "type": "string"}]}


def example(schema: Json, schemas: Json, depth: int = 0) -> Any:
    """A value such as the schema asks for: its own examples first, of objects what is required or has one."""
    for named in ("const", "default"):
        if named in schema and not schema.get("examples"):
            return schema[named]
    for several in ("examples", "enum"):
        if schema.get(several):
            return schema[several][0]
    found = resolved(schema, schemas)
    given = [found] if found is not schema else [each for each in schema.get("anyOf", ()) if each != NULL]
    if given and depth < DEPTH:
        return example(given[0], schemas, depth + 1)
    return _of_type(schema, schemas, depth) if depth < DEPTH else None


def _of_type(schema: Json, schemas: Json, depth: int) -> Any:
    match schema.get("type"):
        case "object":
            required = schema.get("required", ())
            fields = schema.get("properties", {}).items()
            chosen = [(name, each) for name, each in fields if name in required or each.get("examples")]
            return {name: example(each, schemas, depth + 1) for name, each in chosen}
        case "array":
            return [example(schema.get("items", {}), schemas, depth + 1)]
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case "string":
            return FORMATS.get(schema.get("format", ""), "text")
        case _:
            return None


FORMATS = {
    "uuid": "00000000-0000-4000-8000-000000000000",
    "date": "2030-01-31",
    "date-time": "2030-01-31T08:00:00Z",
}


def _told(story: Json) -> list[Json]:
    steps = [_step(step) for step in story["steps"]]
    steps[0]["event"].append(_event("prerequest", WISHED))
    return steps


def _step(step: Json) -> Json:
    """One call of a story: its status is checked, then what the step says of the answer."""
    method, _, target = step["call"].partition(" ")
    asked = urlsplit(target)
    query = [{"key": key, "value": value} for key, value in parse_qsl(asked.query)]
    headers = [{"key": "Content-Type", "value": "application/json"}] if "body" in step else []
    headers += [{"key": "Idempotency-Key", "value": step["key"]}] if "key" in step else []
    request = {"method": method, "header": headers, "url": _url(asked.path, query), "auth": _auth(step.get("as"))}
    if "body" in step:
        request["body"] = _body(step["body"])
    return {"name": step["name"], "request": request, "response": [], "event": [_event("test", _script(step))]}


def _script(step: Json) -> str:
    status = step.get("status", 200)
    lines = [f"pm.test('answers {status}', () => pm.response.to.have.status({status}));", ANSWERED]
    lines += [f"pm.collectionVariables.set({_js(name)}, {value});" for name, value in step.get("keep", {}).items()]
    lines += [
        f"pm.test({_js(what)}, () => pm.expect({true}).to.be.true);" for what, true in step.get("check", {}).items()
    ]
    if "until" in step:
        lines += _again(step)
    return "\n".join(lines)


def _again(step: Json) -> list[str]:
    """The same call until it is so, or a hundred times."""
    return [
        "const tries = Number(pm.collectionVariables.get('tries') || 0) + 1;",
        f"const done = {step['until']};",
        f"if (!done && tries < {TRIES}) {{",
        "  pm.collectionVariables.set('tries', tries);",
        "  pm.execution.setNextRequest(pm.info.requestName);",
        "} else {",
        "  pm.collectionVariables.set('tries', 0);",
        f"  pm.test({_js(step['name'])}, () => pm.expect(done).to.be.true);",
        "}",
    ]


def _js(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
