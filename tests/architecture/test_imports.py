"""Who may import whom: every contract of pyproject.toml refuses what it is there for."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = {
    contract["id"]: contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}


@dataclass(frozen=True, slots=True)
class Plant:
    """A forbidden import: `importer` (a package, which gets a module of its own for it) imports `imported`."""

    contract: str
    importer: str
    imported: str

    @property
    def stem(self) -> str:
        """The planted module."""
        return f"plants_{self.imported.replace('.', '_')}"

    @property
    def line(self) -> str:
        """How lint-imports names the import."""
        return f"allonova.{self.importer}.{self.stem} -> {self.imported}"


PLANTS = (
    Plant("layers", "domain.kernel", "allonova.application.kernel"),
    Plant("layers", "application.kernel", "allonova.adapters.memory"),
    Plant("layers", "adapters.http", "allonova.main"),
    Plant("contexts", "domain.kernel", "allonova.domain.money"),
    Plant("contexts", "domain.identity", "allonova.domain.carpool"),
    Plant("contexts", "application.carpool", "allonova.application.dispatch"),
    Plant("contexts", "application.money", "allonova.application.dispatch"),
    Plant("carpool-without-dispatch", "application.carpool", "allonova.domain.dispatch"),
    Plant("carpool-without-dispatch", "adapters.http.carpool", "allonova.application.dispatch"),
    Plant("carpool-without-dispatch", "adapters.postgres.carpool", "allonova.adapters.postgres.dispatch"),
    Plant("dispatch-without-carpool", "application.dispatch", "allonova.domain.carpool"),
    Plant("dispatch-without-carpool", "adapters.memory.dispatch", "allonova.adapters.memory.carpool"),
    Plant("shared-without-worlds", "application.money", "allonova.domain.dispatch"),
    Plant("shared-without-worlds", "adapters.http.identity", "allonova.application.carpool"),
    Plant("adapters-apart", "adapters.http", "allonova.adapters.postgres"),
    Plant("adapters-apart", "adapters.jobs", "allonova.adapters.redis"),
    Plant("adapters-apart", "adapters.ws", "allonova.adapters.local"),
    Plant("vendors", "adapters.sandbox", "allonova.adapters.vendors"),
    Plant("sql-in-postgres", "adapters.memory", "sqlalchemy"),
    Plant("sql-in-postgres", "adapters.jobs", "asyncpg"),
    Plant("sql-in-postgres", "main", "geoalchemy2"),
)
STRAY_FOLDERS = {"layers": "helpers", "contexts": "domain.loyalty", "adapters-apart": "adapters.fax"}


def make_package(source: Path, name: str) -> Path:
    """The folder of a package, made with all its parents where it is missing."""
    folder = source / "allonova"
    for part in name.split("."):
        folder /= part
        if folder.with_suffix(".py").exists():
            folder.with_suffix(".py").unlink()
        folder.mkdir(exist_ok=True)
        (folder / "__init__.py").touch()
    return folder


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What lint-imports says of each contract over a copy of the package with everything planted."""
    source = tmp_path_factory.mktemp("planted")
    shutil.copytree(ROOT / "src/allonova", source / "allonova", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", source)
    for plant in PLANTS:
        folder = make_package(source, plant.importer)
        if plant.imported.startswith("allonova."):
            make_package(source, plant.imported.removeprefix("allonova."))
        (folder / f"{plant.stem}.py").write_text(f"import {plant.imported}\n")
    for name in STRAY_FOLDERS.values():
        make_package(source, name)
    program = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    run = subprocess.run(
        [sys.executable, "-I", "-c", program],
        cwd=source,
        env={"COLUMNS": "1000"},  # no wrapped lines
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert run.returncode == 1, run.stderr
    _, *parts = re.split(r"\n(.+)\n-+\n", run.stdout.partition("Broken contracts")[2])
    return dict(zip(parts[::2], parts[1::2], strict=True))


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: f"{plant.contract}: {plant.importer} → {plant.imported}")
def test_contract_is_broken_when_a_forbidden_import_is_planted(verdicts: dict[str, str], plant: Plant) -> None:
    assert plant.line in verdicts[CONTRACTS[plant.contract]]


@pytest.mark.parametrize(("contract", "folder"), list(STRAY_FOLDERS.items()))
def test_contract_is_broken_when_a_folder_is_not_named_in_it(
    verdicts: dict[str, str], contract: str, folder: str
) -> None:
    assert f"allonova.{folder}" in verdicts[CONTRACTS[contract]]


def test_each_contract_has_a_plant() -> None:
    assert {plant.contract for plant in PLANTS} == set(CONTRACTS)
