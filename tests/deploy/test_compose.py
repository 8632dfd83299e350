"""deploy/compose: what it starts is sound as far as can be seen without an engine."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import compose_env
import pytest

from allonova.main.settings import Env
from tests.support.manifests import DEPLOY, SETTINGS, faults, filled, load, settings_of

COMPOSE = load(DEPLOY / "compose/compose.yaml")
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {name: each for name, each in SERVICES.items() if each["image"] == "allonova:local"}
LASTING = {"service_started", "service_healthy"}


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """What `make up` writes."""
    (tmp_path / ".env.example").write_bytes((DEPLOY / "compose/.env.example").read_bytes())
    compose_env.main(tmp_path)
    lines = (tmp_path / ".env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_file_is_what_the_compose_specification_allows() -> None:
    assert faults(COMPOSE, "compose-spec") == []


def test_fault_is_seen_when_the_specification_does_not_allow_it() -> None:
    assert faults({"services": {"api": {"imge": "allonova"}}}, "compose-spec")


@pytest.mark.parametrize("name", OURS)
def test_service_starts_when_it_gets_what_compose_sets(
    name: str, env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {variable: filled(value, env) for variable, value in OURS[name]["environment"].items()}
    assert set(given) <= SETTINGS
    settings = settings_of(monkeypatch, given)
    assert settings.env is Env.DEVELOPMENT
    assert settings.bind_host == "0.0.0.0"  # noqa: S104 - of a container, whose ports compose opens on loopback alone


def test_secrets_are_written_once_for_their_owner_alone(tmp_path: Path) -> None:
    (tmp_path / ".env.example").write_text("# of it\nA=\nB=kept\n")
    compose_env.main(tmp_path)
    path = tmp_path / ".env"
    first = path.read_text()
    compose_env.main(tmp_path)
    assert path.read_text() == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    head, a, b = first.splitlines()
    assert (head, len(a), b) == ("# of it", len("A=") + 48, "B=kept")


def test_each_variable_of_the_file_has_a_line_in_the_example(env: dict[str, str]) -> None:
    text = (DEPLOY / "compose/compose.yaml").read_text()
    assert {part.partition("}")[0].partition(":")[0] for part in text.split("${")[1:]} == set(env)


def test_ports_are_open_on_this_machine_alone() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_each_wait_can_come_to_its_end() -> None:
    for service in SERVICES.values():
        for name, how in service.get("depends_on", {}).items():
            other = SERVICES[name]
            assert how["condition"] != "service_healthy" or "healthcheck" in other or other is SERVICES["api"]
            assert how["condition"] in LASTING or "healthcheck" not in other


def test_every_image_has_a_version() -> None:
    tags = [service["image"].rpartition(":")[2] for service in SERVICES.values()]
    assert [tag for tag in tags if tag == "latest" or "/" in tag] == []


def test_mounted_files_are_there() -> None:
    mounts = [volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", ())]
    places = [DEPLOY / "compose" / mount for mount in mounts if mount.startswith(".")]
    assert len(places) == 4
    assert [place for place in places if not place.exists()] == []
    assert {mount for mount in mounts if not mount.startswith(".")} == set(COMPOSE["volumes"])


def test_prometheus_asks_services_that_are_there() -> None:
    jobs = load(DEPLOY / "prometheus/prometheus.yml")["scrape_configs"]
    targets = {target for job in jobs for each in job["static_configs"] for target in each["targets"]}
    hosts = {"api", *SERVICES["api"]["networks"]["default"]["aliases"]}
    ports = {"8000", SERVICES["worker"]["environment"]["ALLONOVA_WORKER_PORT"]}
    assert {target.partition(":")[0] for target in targets} == hosts
    assert {target.partition(":")[2] for target in targets} == ports


@pytest.mark.parametrize("name", OURS)
def test_our_containers_are_locked(name: str) -> None:
    service = OURS[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["tmpfs"] == ["/tmp"]  # noqa: S108 - a container's own
