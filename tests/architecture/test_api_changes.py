"""What would break a client needs a new major version of the API."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import api_changes
import pytest

ROOT = Path(__file__).parents[2]
API: dict[str, Any] = json.loads((ROOT / api_changes.OPENAPI).read_bytes())
RELEASED = API["info"]["version"]


def schema(api: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = api["components"]["schemas"][name]
    return found


def booking(api: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = api["paths"]["/api/v1/bookings"]["post"]
    return found


def lose_path(api: dict[str, Any]) -> None:
    del api["paths"]["/api/v1/bookings/{id}/accept"]


def lose_method_of_nova(api: dict[str, Any]) -> None:
    del api["paths"]["/api/interventions/{id}"]["patch"]


def lose_answered_field(api: dict[str, Any]) -> None:
    del schema(api, "BookingView")["properties"]["status"]


def make_answered_field_optional(api: dict[str, Any]) -> None:
    schema(api, "BookingView")["required"].remove("status")


def make_answered_field_nullable(api: dict[str, Any]) -> None:
    fields = schema(api, "BookingView")["properties"]
    fields["seats"] = {"anyOf": [fields["seats"], {"type": "null"}]}


def change_answered_type(api: dict[str, Any]) -> None:
    schema(api, "BookingView")["properties"]["seats"]["type"] = "string"


def require_sent_field(api: dict[str, Any]) -> None:
    body = schema(api, "BookingBody")
    body["properties"]["reason"] = {"type": "string"}
    body["required"].append("reason")


def lose_sent_field(api: dict[str, Any]) -> None:
    del schema(api, "BookingBody")["properties"]["seats"]


def lower_bound(api: dict[str, Any]) -> None:
    schema(api, "SeatCount")["maximum"] = 1


def narrow_sent_choice(api: dict[str, Any]) -> None:
    del schema(api, "Method")["enum"][0]


def require_parameter(api: dict[str, Any]) -> None:
    booking(api)["parameters"][0]["required"] = True


def lose_parameter(api: dict[str, Any]) -> None:
    booking(api)["parameters"].clear()


def change_success(api: dict[str, Any]) -> None:
    booking(api)["responses"]["200"] = booking(api)["responses"].pop("201")


def rename_operation(api: dict[str, Any]) -> None:
    booking(api)["operationId"] = "book"


def close_door(api: dict[str, Any]) -> None:
    api["paths"]["/auth/login"]["post"]["security"] = [{"HTTPBearer": []}]


BREAKS = [
    lose_path,
    lose_method_of_nova,
    lose_answered_field,
    make_answered_field_optional,
    make_answered_field_nullable,
    change_answered_type,
    require_sent_field,
    lose_sent_field,
    lower_bound,
    narrow_sent_choice,
    require_parameter,
    lose_parameter,
    change_success,
    rename_operation,
    close_door,
]


def add_path(api: dict[str, Any]) -> None:
    api["paths"]["/api/v1/new"] = api["paths"]["/api/v1/bookings"]


def add_answered_field(api: dict[str, Any]) -> None:
    schema(api, "BookingView")["properties"]["mood"] = {"type": "string"}


def add_sent_field(api: dict[str, Any]) -> None:
    schema(api, "BookingBody")["properties"]["mood"] = {"type": "string"}


def widen_sent_choice(api: dict[str, Any]) -> None:
    schema(api, "Method")["enum"].append("cowries")


def rename_part_of_path(api: dict[str, Any]) -> None:
    api["paths"]["/api/v1/bookings/{booking_id}/accept"] = api["paths"].pop("/api/v1/bookings/{id}/accept")


def say_it_otherwise(api: dict[str, Any]) -> None:
    booking(api)["description"] = "Other words."
    del booking(api)["responses"]["409"]


ADDITIONS = [
    add_path,
    add_answered_field,
    add_sent_field,
    widen_sent_choice,
    rename_part_of_path,
    say_it_otherwise,
]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a release of its own, small enough to be read often."""
    (tmp_path / api_changes.OPENAPI).parent.mkdir(parents=True)
    (tmp_path / "CHANGELOG.md").write_text("# Changes\n\n## 2.0.0\n\n## 1.0.0\n")
    publish(tmp_path, "1.0.0", ["get", "post"])
    api_changes.release(tmp_path)
    return tmp_path


def publish(root: Path, version: str, methods: list[str]) -> None:
    paths: dict[str, Any] = {"/trips": {method: {"responses": {}} for method in methods}}
    (root / api_changes.OPENAPI).write_text(json.dumps({"info": {"version": version}, "paths": paths}))


def changed(change: Callable[[dict[str, Any]], None], version: str) -> dict[str, Any]:
    api = copy.deepcopy(API)
    change(api)
    api["info"]["version"] = version
    return api


@pytest.mark.parametrize("change", BREAKS)
def test_break_is_refused_when_the_major_version_stays(change: Callable[..., None]) -> None:
    later = changed(change, RELEASED)
    with pytest.raises(api_changes.Refused, match="need a new major version"):
        api_changes.judge(API, later)


@pytest.mark.parametrize("change", BREAKS)
def test_break_passes_when_the_major_version_is_new(change: Callable[..., None]) -> None:
    api_changes.judge(API, changed(change, "99.0.0"))


@pytest.mark.parametrize("change", ADDITIONS)
def test_addition_passes_when_the_version_stays(change: Callable[..., None]) -> None:
    api_changes.judge(API, changed(change, RELEASED))


def test_break_is_said_with_its_place() -> None:
    found = api_changes.breaking(API, changed(lose_answered_field, RELEASED))
    assert "POST /api/v1/bookings: answer 201.data.status removed" in found


def test_only_the_newest_release_counts_when_there_are_several(repository: Path) -> None:
    publish(repository, "2.0.0", ["get"])
    api_changes.check(repository)
    api_changes.release(repository)
    publish(repository, "2.0.0", ["get", "patch"])
    api_changes.check(repository)
    publish(repository, "2.0.0", ["post"])
    with pytest.raises(api_changes.Refused, match="GET /trips: removed"):
        api_changes.check(repository)


def test_version_is_refused_when_the_changelog_does_not_know_it(repository: Path) -> None:
    publish(repository, "1.1.0", ["get", "post"])
    with pytest.raises(api_changes.Refused, match=r"no heading for 1\.1\.0"):
        api_changes.check(repository)


def test_release_is_refused_when_it_was_made_before(repository: Path) -> None:
    with pytest.raises(api_changes.Refused, match="released already"):
        api_changes.release(repository)
