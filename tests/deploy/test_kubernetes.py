"""deploy/kubernetes: valid, locked, and in step with what the processes do."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
from fastapi.routing import APIRoute

from allonova.adapters.http.ops.probes import router
from allonova.adapters.notify.google_tokens import made_up_account
from allonova.main.serving import STOP_S
from tests.support.image import last, stages
from tests.support.manifests import DEPLOY, SETTINGS, load, load_all, settings_of

FOLDER = DEPLOY / "kubernetes"
VERSION = "1.34"
PARTS = [path for path in sorted(FOLDER.rglob("*.yaml")) if path.name != "kustomization.yaml"]
DOCUMENTS = [document for path in PARTS for document in load_all(path.read_text())]
WORKLOADS = {each["metadata"]["name"]: each for each in DOCUMENTS if each["kind"] in ("Deployment", "Job")}
PODS = {name: each["spec"]["template"] for name, each in WORKLOADS.items()}
CONTAINERS = {name: pod["spec"]["containers"][0] for name, pod in PODS.items()}


def fault(document: Any) -> str | None:
    """What Kubernetes' own schema has against it."""
    try:
        kubernetes_validate.validate(document, VERSION, strict=True)
    except kubernetes_validate.ValidationError as error:
        return f"{document['kind']} {document['metadata']['name']}: {error.message}"
    return None


def test_each_document_is_what_kubernetes_allows() -> None:
    assert set(WORKLOADS) == {"allonova-api", "allonova-migrate", "allonova-worker"}
    assert [found for document in DOCUMENTS if (found := fault(document))] == []


def test_fault_is_seen_when_a_field_is_misspelt() -> None:
    assert fault({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"selctor": {}}})


@pytest.mark.prove  # needs kubectl
@pytest.mark.parametrize("name", ["production", "production/blue", "production/green"])
def test_overlay_is_what_kubernetes_allows_when_it_is_built(name: str) -> None:
    assert shutil.which("kubectl"), "kubectl 1.27 or newer is missing: it builds the overlays"
    done = subprocess.run(["kubectl", "kustomize", FOLDER / name], capture_output=True, text=True, check=True)
    documents = list(load_all(done.stdout))
    assert [found for document in documents if (found := fault(document))] == []
    assert {document["metadata"].get("namespace") for document in documents} == {"allonova"}
    assert "image: ghcr.io/allonova/allonova" in done.stdout
    assert "image: allonova\n" not in done.stdout


def test_each_file_belongs_to_a_kustomization() -> None:
    named = set()
    for path in FOLDER.rglob("kustomization.yaml"):
        listed = load(path)
        patches = [patch["path"] for patch in listed.get("patches", ())]
        named |= {path.parent / name for name in (*listed.get("resources", ()), *patches)}
    assert set(PARTS) <= {path.resolve() for path in named}


@pytest.mark.parametrize("name", PODS)
def test_pod_has_no_powers(name: str) -> None:
    pod, container = PODS[name]["spec"], CONTAINERS[name]
    user, _, group = last(stages()[1], "USER").value.partition(":")
    context = pod["securityContext"]
    assert (context["runAsNonRoot"], context["runAsUser"], context["runAsGroup"]) == (True, int(user), int(group))
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {"cpu", "memory"} <= set(container["resources"]["requests"])
    assert "memory" in container["resources"]["limits"]
    assert {"name": "tmp", "mountPath": "/tmp"} in container["volumeMounts"]  # noqa: S108 - a container's own


def test_probes_ask_what_the_process_answers() -> None:
    for container in (CONTAINERS["allonova-api"], CONTAINERS["allonova-worker"]):
        probes = [container[key]["httpGet"] for key in container if key.endswith("Probe")]
        assert {probe["port"] for probe in probes} == {port["name"] for port in container["ports"]}
        assert {probe["path"] for probe in probes} == {
            route.path for route in router.routes if isinstance(route, APIRoute)
        }
        (variable,) = (each for each in container["env"] if each["name"] in ("PORT", "ALLONOVA_WORKER_PORT"))
        assert int(variable["value"]) == container["ports"][0]["containerPort"]


def test_readiness_asks_for_no_server_that_all_pods_share() -> None:
    assert CONTAINERS["allonova-api"]["readinessProbe"]["httpGet"]["path"] == "/healthz"


@pytest.mark.parametrize("name", ["allonova-api", "allonova-worker"])
def test_grace_is_enough_for_a_stop_in_good_order(name: str) -> None:
    pause = CONTAINERS[name].get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    assert PODS[name]["spec"]["terminationGracePeriodSeconds"] > pause + STOP_S


def test_selectors_find_their_pods() -> None:
    for each in DOCUMENTS:
        if each["kind"] in ("Service", "PodDisruptionBudget", "Deployment", "NetworkPolicy"):
            selector = each["spec"].get("selector", each["spec"].get("podSelector"))
            wanted = selector.get("matchLabels", {} if "matchExpressions" in selector or not selector else selector)
            found = [name for name, pod in PODS.items() if wanted.items() <= pod["metadata"]["labels"].items()]
            assert found, each["metadata"]["name"]


def test_all_that_a_migration_needs_is_applied_with_it() -> None:
    kinds = {"ServiceAccount", "ConfigMap", "PersistentVolumeClaim", "NetworkPolicy", "Job"}
    for each in DOCUMENTS:
        is_before = each["metadata"].get("labels", {}).get("allonova/step") == "before"
        is_patch = each["metadata"]["name"] == "allonova" and "ALLONOVA_ENV" not in each.get(
            "data", {"ALLONOVA_ENV": ""}
        )
        assert is_before == (each["kind"] in kinds) or is_patch, each["metadata"]["name"]


def test_everything_is_denied_that_is_not_allowed() -> None:
    policies = [each["spec"] for each in DOCUMENTS if each["kind"] == "NetworkPolicy"]
    assert {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]} in policies
    blocks = [
        to["ipBlock"] for each in policies for rule in each.get("egress", ()) for to in rule["to"] if "ipBlock" in to
    ]
    (world,) = (block for block in blocks if block["cidr"] == "0.0.0.0/0")
    assert "169.254.0.0/16" in world["except"]


def environment() -> dict[str, str]:
    """What a pod of production has set, once somebody has filled in the secret."""
    maps = [each["data"] for each in DOCUMENTS if each["kind"] == "ConfigMap"]
    lines = (FOLDER / "production/secret.example.env").read_text().splitlines()
    pairs = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    secret = {name: re.sub(r"<[^>]*>", "s" * 48, value) for name, value in pairs.items()}
    account = {"FCM_SERVICE_ACCOUNT": json.dumps({**made_up_account()})}
    return dict(itertools.chain.from_iterable(each.items() for each in (*maps, secret, account)))


def test_production_starts_with_what_its_pods_get(monkeypatch: pytest.MonkeyPatch) -> None:
    env = environment()
    own = {each["name"] for container in CONTAINERS.values() for each in container.get("env", ())}
    assert (set(env) | own) <= SETTINGS
    assert settings_of(monkeypatch, env).is_production


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A kubectl that writes down what it is told, beside a copy of the folder."""
    program = tmp_path / "bin/kubectl"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\nshift 2\necho "$@" >>{tmp_path}/told\n'
        'case "$1 $2" in "get job") echo "$JOB" ;; "get service") echo "$COLOUR"; exit "${AWAY:-0}" ;; esac\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    shutil.copytree(FOLDER, tmp_path / "kubernetes")
    return tmp_path


def release(cluster: Path, *arguments: str, **env: str) -> tuple[int, list[str]]:
    """The exit code, and what the cluster was told to change."""
    environment = {"PATH": f"{cluster}/bin:/usr/bin:/bin", "COLOUR": "blue", "JOB": "SuccessCriteriaMet Complete"}
    command = [str(cluster / "kubernetes/release"), *arguments]
    done = subprocess.run(command, env=environment | env, capture_output=True, check=False, timeout=30)
    told = (cluster / "told").read_text().splitlines() if (cluster / "told").exists() else []
    return done.returncode, [line for line in told if not line.startswith(("get ", "logs ", "delete job"))]


SWITCH = 'patch service allonova-api --patch {"spec":{"selector":{"allonova/colour":"%s"}}}'
NAME = "registry.example/allonova@sha256:0123"


def test_everybody_is_moved_when_the_new_colour_stands(cluster: Path) -> None:
    assert release(cluster, NAME) == (
        0,
        [
            "apply --kustomize production --selector allonova/step=before",
            "apply --kustomize production",
            "rollout status deployment/allonova-worker --timeout=10m",
            "apply --kustomize production/green",
            "rollout status deployment/allonova-api-green --timeout=10m",
            SWITCH % "green",
        ],
    )
    image = load(cluster / "kubernetes/production/image/kustomization.yaml")["images"][0]
    assert (image["newName"], image["digest"]) == ("registry.example/allonova", "sha256:0123")


def test_nothing_is_moved_when_the_migration_fails(cluster: Path) -> None:
    before = ["apply --kustomize production --selector allonova/step=before"]
    assert release(cluster, NAME, JOB="FailureTarget Failed") == (1, before)


def test_everybody_goes_back_when_told_so(cluster: Path) -> None:
    status = "rollout status deployment/allonova-api-blue --timeout=10m"
    assert release(cluster, "--back", COLOUR="green") == (0, [status, SWITCH % "blue"])


def test_other_colour_alone_is_ended_at_the_finish(cluster: Path) -> None:
    assert release(cluster, "--finish") == (0, ["delete --kustomize production/green --ignore-not-found"])


@pytest.mark.parametrize("arguments", [["--finish"], ["--back"], [NAME]])
def test_nothing_is_touched_when_the_cluster_does_not_answer(cluster: Path, arguments: list[str]) -> None:
    assert release(cluster, *arguments, COLOUR="", AWAY="1") == (1, [])


def test_image_without_a_digest_is_refused(cluster: Path) -> None:
    assert release(cluster, "registry.example/allonova:1") == (2, [])
