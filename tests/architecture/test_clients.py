"""What clients are made from, and what is made of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from client_documents import for_dart, frames, read
from postman import collection, example

CLIENTS = Path(__file__).resolve().parents[2] / "clients"
OPENAPI = read("openapi.json")
CAR = {"type": "object", "properties": {"id": {"type": "string"}, "seats": {"type": "integer"}}}
CAT = {"type": "object", "properties": {"id": {"type": "string"}, "lives": {"type": "integer"}}}


def document(schema: Any) -> Any:
    """An OpenAPI with one schema of interest."""
    both = {"Car": {**CAR, "required": ["id", "seats"]}, "Cat": {**CAT, "required": ["id", "lives"]}}
    return {"paths": {}, "components": {"schemas": {**both, "Thing": schema}}}


def for_dart_of(schema: Any) -> Any:
    """What Dart's generator is given instead."""
    return for_dart(document(schema))["components"]["schemas"]["Thing"]


def refs(*names: str) -> list[dict[str, str]]:
    """References to schemas."""
    return [{"$ref": f"#/components/schemas/{name}"} for name in names]


def calls_of(items: list[Any]) -> list[tuple[str, str]]:
    """Method and path of all calls in folders."""
    found = []
    for item in items:
        if "item" in item:
            found += calls_of(item["item"])
        else:
            request = item["request"]
            parts = [f"{{{part[1:]}}}" if part.startswith(":") else part for part in request["url"]["path"]]
            found.append((request["method"].lower(), "/" + "/".join(parts)))
    return found


def test_every_field_is_certain_when_it_stands_in_an_answer_alone() -> None:
    schemas = OPENAPI["components"]["schemas"]
    uncertain = {
        name: set(schemas[name]["properties"]) - set(schemas[name].get("required", ()))
        for name in ("Tokens", "StaffTokens", "AdminTokens", "RedirectIntent", "Figures", "ErrorBody")
    }
    assert not any(uncertain.values()), uncertain
    assert "seats_available" in schemas["TripBody"]["required"]
    assert "women_only" not in schemas["TripBody"]["required"]


def test_the_ways_of_paying_are_told_apart_when_a_client_reads_the_kind() -> None:
    schemas = OPENAPI["components"]["schemas"]
    kinds = [
        schemas[each["$ref"].rpartition("/")[2]]["properties"]["kind"]["const"] for each in schemas["Intent"]["anyOf"]
    ]
    assert sorted(kinds) == ["client_secret", "instant", "push", "redirect"]


def test_refusals_have_one_shape_when_a_route_refuses() -> None:
    refusals = [
        answer["content"]["application/json"]["schema"]["$ref"]
        for path in OPENAPI["paths"].values()
        for operation in path.values()
        for status, answer in operation["responses"].items()
        if status >= "400"
    ]
    # 503 of /readyz says which part is down.
    assert set(refusals) <= {"#/components/schemas/ErrorEnvelope", "#/components/schemas/Envelope_Readiness_"}


def test_bytes_stay_bytes_when_a_file_is_answered() -> None:
    content = OPENAPI["paths"]["/api/v1/admin/reports/usage"]["get"]["responses"]["200"]["content"]
    assert content["application/pdf"]["schema"]["format"] == "binary"
    assert "format" not in content["text/csv; charset=utf-8"]["schema"]


def test_dart_asks_for_common_fields_alone_when_objects_are_united() -> None:
    made = for_dart_of({"title": "Thing", "anyOf": refs("Car", "Cat")})
    assert (sorted(made["properties"]), made["required"]) == (["id", "lives", "seats"], ["id"])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, {}),
        ({"anyOf": [{"type": "string", "format": "date"}, {"type": "string"}]}, {"type": "string"}),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        ({"type": "null", "description": "Taken away."}, {"type": ["string", "null"], "description": "Taken away."}),
        ({**refs("Car")[0], "default": "Europe/Paris"}, refs("Car")[0]),
        ({**refs("Car")[0], "default": 1}, {**refs("Car")[0], "default": 1}),
    ],
)
def test_dart_gets_what_it_can_write_when_a_schema_is_none_of_its_own(given: Any, expected: Any) -> None:
    assert for_dart_of(given) == expected


def test_dart_names_no_file_with_accents_when_a_tag_has_them() -> None:
    tags = {tag for path in for_dart(OPENAPI)["paths"].values() for each in path.values() for tag in each["tags"]}
    assert "NOVA: societe" in tags
    assert all(tag.isascii() for tag in tags)


def test_each_channel_has_its_frames_when_clients_are_made() -> None:
    asyncapi = read("asyncapi.json")
    schemas = frames(asyncapi)["components"]["schemas"]
    assert schemas["Channels"]["required"] == list(asyncapi["channels"])
    said = schemas["Said"]["properties"]["tripsDriverLocation"]["oneOf"]
    assert [each["properties"]["type"]["const"] for each in said] == ["location"]


def test_each_operation_is_in_the_collection_once_when_it_is_made() -> None:
    made = collection(OPENAPI, [])["item"]
    expected = [(method, path) for path, methods in OPENAPI["paths"].items() for method in methods]
    assert sorted(calls_of(made)) == sorted(expected)


def test_calls_carry_the_token_of_their_door_when_they_need_one() -> None:
    (nova,) = [each for each in collection(OPENAPI, [])["item"] if each["name"] == "NOVA"]
    (courses,) = [each for each in nova["item"] if each["name"] == "NOVA: commandes"]
    assert {call["request"]["auth"]["bearer"][0]["value"] for call in courses["item"]} == {"{{novaToken}}"}


def test_examples_fit_when_a_body_is_made_up() -> None:
    schemas = document({})["components"]["schemas"]
    assert example(refs("Car")[0], schemas) == {"id": "text", "seats": 1}
    trip = example(refs("TripBody")[0], OPENAPI["components"]["schemas"])
    assert set(trip["origin"]) >= {"lat", "lon"}


def test_dart_sends_days_as_days_when_they_are_asked_for() -> None:
    parameters = for_dart(OPENAPI)["paths"]["/api/v1/trips/search"]["get"]["parameters"]
    assert [each["schema"] for each in parameters if each["name"] == "date"] == [{"type": "string"}]


def test_no_registry_is_named_when_packages_are_locked() -> None:
    packages = json.loads((CLIENTS / "package-lock.json").read_bytes())["packages"]
    assert not [name for name, each in packages.items() if "://" in each.get("resolved", "")]
    foreign = [name for name in packages if name.startswith("node_modules/") and not packages[name].get("link")]
    assert all("integrity" in packages[name] for name in foreign)
