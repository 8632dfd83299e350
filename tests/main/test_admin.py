"""`allonova admin`, as it is typed."""

from __future__ import annotations

import asyncio
import io
import os
import re
from collections.abc import Callable, Iterator

import pytest

from allonova.main.cli import main
from tests.support.postgres import admin_dsn, drop_database, fresh_database

PASSWORD = "quatre mots sans rapport"
EMAIL = "ada@allonova.test"

type Type = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """The DSN of a migrated database."""
    dsn = asyncio.run(fresh_database(admin_dsn()))
    yield dsn
    asyncio.run(drop_database(admin_dsn(), dsn))


@pytest.fixture
def type_in(database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Type:
    """Runs the command; its exit code, and all that it said."""
    settings = {"ALLONOVA_ENV": "test", "DATABASE_URL": database, "REDIS_URL": os.environ["REDIS_URL"]}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)

    def run(*words: str, said: str = "") -> tuple[int, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(said))
        with pytest.raises(SystemExit) as end:
            main(["admin", *words])
        heard = capsys.readouterr()
        return int(end.value.code or 0), heard.out + heard.err

    return run


def test_link_printed_when_the_first_account_is_made(type_in: Type) -> None:
    code, said = type_in("create", EMAIL, "--role", "super")
    assert code == 0
    assert re.search(rf"{EMAIL}.*/admin-password#token=[\w-]{{43}}$", said.strip())
    again, complaint = type_in("create", EMAIL.upper(), "--role", "super")
    assert (again, complaint) == (2, "allonova: this e-mail has an account\n")


def test_another_link_printed_when_one_is_asked_for(type_in: Type) -> None:
    type_in("create", "second@allonova.test", "--role", "ops")
    (_, first), (code, second) = [type_in("link", "second@allonova.test") for _ in range(2)]
    assert code == 0
    assert first != second
    assert type_in("link", "nobody@allonova.test")[0] == 2


def test_password_read_when_it_comes_by_standard_input(type_in: Type) -> None:
    code, said = type_in("create", "third@allonova.test", "--role", "ops", "--password-stdin", said=f"{PASSWORD}\n")
    assert (code, said) == (0, "third@allonova.test may log in as ops\n")
    assert PASSWORD not in said


@pytest.mark.parametrize("weak", ["", "short", "password1", "x" * 129])
def test_account_not_made_when_the_password_is_weak(type_in: Type, weak: str) -> None:
    for _ in range(2):
        code, said = type_in("create", "weak@allonova.test", "--role", "ops", "--password-stdin", said=f"{weak}\n")
        assert code == 2
        assert said.startswith("allonova: password: ")


def test_account_not_made_when_the_address_is_none(type_in: Type) -> None:
    assert type_in("create", "nobody", "--role", "ops")[0] == 2


def test_account_changed_when_the_operator_says_so(type_in: Type) -> None:
    type_in("create", "moved@allonova.test", "--role", "ops")
    said = type_in("change", "moved@allonova.test", "--role", "finance", "--active", "no", "--reset-totp")
    assert said == (0, "moved@allonova.test: finance, closed, authenticator off\n")
    assert type_in("link", "moved@allonova.test")[0] == 2
    assert type_in("change", "moved@allonova.test", "--active", "yes")[0] == 0


def test_command_refused_when_there_is_no_database(type_in: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLONOVA_ENV", "embedded")
    assert type_in("create", EMAIL, "--role", "super")[0] == 2


def test_demo_data_refused_when_there_is_no_sandbox(
    type_in: Type, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ALLONOVA_SANDBOX", "false")
    with pytest.raises(SystemExit) as end:
        main(["seed"])
    assert end.value.code == 2
    assert "passwords" in capsys.readouterr().err
