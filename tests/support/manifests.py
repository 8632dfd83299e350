"""What stands in deploy/, as documents, and what the service would make of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml  # type: ignore[import-untyped]

from allonova.main.settings import Settings

DEPLOY = Path(__file__).parents[2] / "deploy"
SETTINGS = {str(field.validation_alias) for field in Settings.model_fields.values()}


def load(path: Path) -> Any:
    """The one document of a file."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def load_all(text: str) -> Iterator[Any]:
    """The documents of a text."""
    return (document for document in yaml.safe_load_all(text) if document)


def faults(document: Any, schema: str) -> list[str]:
    """What a schema that check-jsonschema carries does not allow."""
    text = (files("check_jsonschema") / f"builtin_schemas/vendor/{schema}.json").read_text(encoding="utf-8")
    validator = jsonschema_rs.validator_for(json.loads(text))
    return [f"{'/'.join(map(str, error.instance_path))}: {error.message}" for error in validator.iter_errors(document)]


def filled(value: str, given: Mapping[str, str]) -> str:
    """A value as compose takes it, with `${NAME…}` filled. Raises KeyError for a name without a value or default."""

    def fill(match: re.Match[str]) -> str:
        name, default = match["name"], match["default"]
        return given[name] if default is None else given.get(name, default)

    return re.sub(r"\$\{(?P<name>\w+)(?::-(?P<default>[^}]*)|:\?[^}]*)?\}", fill, value).replace("$$", "$")


def settings_of(monkeypatch: pytest.MonkeyPatch, env: Mapping[str, str]) -> Settings:
    """What the service reads from these variables and no others. Raises Misconfigured with every fault."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    return Settings().checked()
