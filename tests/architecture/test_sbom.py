"""The list of what the service is made of."""

from __future__ import annotations

import json

import pytest
import sbom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator


@pytest.mark.prove  # the schema is large, and reading it takes its time
def test_list_is_sound_and_whole_when_it_is_written() -> None:
    text = sbom.bill()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    found = {sbom.plain(each["name"]) for each in json.loads(text)["components"]}
    assert {"fastapi", "asyncpg", "cryptography"} <= found
    assert found.isdisjoint({"pytest", "ruff", "bandit"})
