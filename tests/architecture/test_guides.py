"""What guides and playbooks tell their readers to send, type and open is there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from allonova.main.cli import _parser

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "src/allonova/adapters/http"
API: dict[str, Any] = json.loads((FOLDER / "openapi.json").read_bytes())
SOCKETS: dict[str, Any] = json.loads((FOLDER / "asyncapi.json").read_bytes())
GUIDES = sorted((ROOT / "docs/guides").glob("*.md"))
READ = [
    *GUIDES,
    ROOT / "README.md",
    *(ROOT / "docs" / f"{name}.md" for name in ("first-hour", "playbooks", "operations")),
]
TYPED = [ROOT / "README.md", ROOT / "docs/first-hour.md", ROOT / "docs/playbooks.md"]
SAID = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (/[^`\s?]*)[^`]*`")
SENT = re.compile(r"```http\n(\w+) (\S+)\n(?:\n(\{.*?\})\n)?(?:\n(\d{3})\n\n(\{.*?\})\n)?```", re.DOTALL)
FRAME = re.compile(r"```json\n(\{\"type\".*?)\n```", re.DOTALL)
SHELL = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def meant(schema: Any) -> Any:
    while "$ref" in schema:
        schema = API["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def unknown(value: Any, schema: Any) -> list[str]:
    """Keys of an example that an answer does not have."""
    schema = meant(schema)
    if options := schema.get("anyOf"):
        return min((unknown(value, option) for option in options), key=len)
    if not isinstance(value, dict) or "properties" not in schema:
        return []
    fields = schema["properties"]
    return [
        name if name not in fields else f"{name}.{odd}" for name in value for odd in odd_in(value[name], name, fields)
    ]


def odd_in(value: Any, name: str, fields: Any) -> list[str]:
    return unknown(value, fields[name]) if name in fields else [""]


def examples() -> list[Any]:
    found = [(page, match) for page in GUIDES for match in SENT.finditer(text(page))]
    return [pytest.param(match, id=f"{page.stem}-{match[1]}-{match[2]}") for page, match in found]


@pytest.mark.parametrize("page", READ, ids=lambda page: page.stem)
def test_each_endpoint_that_a_page_names_is_there(page: Path) -> None:
    named = SAID.findall(text(page))
    assert [f"{method} {path}" for method, path in named if not is_there(method, path)] == []


def is_there(method: str, path: str) -> bool:
    return path.startswith("/sandbox") or method.lower() in API["paths"].get(path, {})


def test_no_example_is_passed_over() -> None:
    assert len(examples()) == sum(text(page).count("```http") for page in GUIDES)


@pytest.mark.parametrize("match", examples())
def test_example_is_what_the_api_takes_and_answers(match: re.Match[str]) -> None:
    operation = API["paths"][match[2]][match[1].lower()]
    if match[3]:
        body = operation["requestBody"]["content"]["application/json"]["schema"]
        Draft202012Validator({**body, "components": API["components"]}).validate(json.loads(match[3]))
    if match[4]:
        answer = operation["responses"][match[4]]["content"]["application/json"]["schema"]
        assert unknown(json.loads(match[5]), answer) == []


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_each_channel_and_frame_of_a_guide_is_there(page: Path) -> None:
    addresses = {channel["address"] for channel in SOCKETS["channels"].values()}
    assert set(re.findall(r"`(/ws/[^`?]+)`", text(page))) <= addresses
    kinds = set(re.findall(r"`((?:message|commande|demande|booking|taxi|intervention|sla)\.[a-z]+)`", text(page)))
    said = [json.loads(frame) for frame in FRAME.findall(text(page))]
    assert kinds | {frame["type"] for frame in said} <= set(re.findall(r'"const": "([a-z._]+)"', json.dumps(SOCKETS)))


@pytest.mark.parametrize("page", TYPED, ids=lambda page: page.stem)
def test_each_command_of_a_page_is_there(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    shell = "\n".join(line.partition(" #")[0] for block in SHELL.findall(text(page)) for line in block.splitlines())
    targets = {
        target for line in re.findall(r"\bmake ((?:[a-z-]+(?: |$))+)", shell, re.MULTILINE) for target in line.split()
    }
    assert [target for target in sorted(targets) if f"\n{target}:" not in makefile] == []
    paths = re.findall(r"(?<![\w/.])((?:docs|scripts|src|tests|deploy)/[\w./-]+)", shell)
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", TYPED, ids=lambda page: page.stem)
def test_each_word_of_the_command_line_is_there(page: Path) -> None:
    said = re.findall(r"\ballonova ((?:[a-z-]+ ?)+)", "\n".join(SHELL.findall(text(page))))
    known = _parser()._subparsers._group_actions[0].choices  # type: ignore[union-attr]
    assert [words for words in said if words.split()[0] not in (known or ())] == []
