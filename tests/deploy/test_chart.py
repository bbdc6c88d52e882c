"""The Helm chart, rendered by Helm's own engine, and held to Kubernetes' own schemas."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from app.health import Health, health_app
from app.workspaces.install_flow import INSTALL, REDIRECT
from bot.jobs.links import PATH as JOBS
from bot.settings import load as load_settings
from tests.variables import known

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "helm" / "finetune-bot"
KUBERNETES = ("1.25", "1.37")

TOGETHER = {"database": {"existingSecret": "database"}, "persistence": {"accessMode": "ReadWriteMany"}}
MANY_WORKSPACES = {"settings": {"SLACK_CLIENT_ID": "1234567890.1234567890"}}
EVERYTHING = {
    **TOGETHER,
    "replicas": 2,
    "imagePullSecrets": [{"name": "registry"}],
    "settings": {"FINETUNE_ADMINS": "U0ANAREED1"},
    "providers": '[providers.openai]\nvendor = "openai"\nkey_env = "OPENAI_API_KEY"\n',
    "volumes": [{"name": "certificates", "configMap": {"name": "certificates"}}],
    "volumeMounts": [{"name": "certificates", "mountPath": "/certificates"}],
    "ingress": {"enabled": True, "host": "finetune.example.com", "className": "nginx", "tlsSecret": "tls"},
    "networkPolicy": {"monitoring": [{"namespaceSelector": {"matchLabels": {"name": "monitoring"}}}]},
    "serviceMonitor": {"enabled": True, "token": True},
    "trainer": {
        "enabled": True,
        "settings": {"TRAINER_SAVE_SECONDS": "30"},
        "clients": [{"podSelector": {"matchLabels": {"app": "notebook"}}}],
        "resources": {"limits": {"nvidia.com/gpu": 1}},
        "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}],
        "nodeSelector": {"gpu": "h200"},
    },
}


@pytest.fixture(scope="module")
def chart() -> Iterator[Any]:
    # Where there is no wheel of it, only the other tests are run.
    helm = pytest.importorskip("helm_python")
    with helm.Chart.load(str(CHART)) as loaded:
        yield loaded


def rendered(chart: Any, values: Mapping[str, Any]) -> dict[tuple[str, str], Any]:
    """The objects, by kind and name."""
    files = chart.render(values, name="finetune-bot", namespace="models")
    objects = [
        each
        for name, text in files.items()
        if not name.endswith(".txt")
        for each in yaml.safe_load_all(text)
        if each is not None
    ]
    return {(each["kind"], each["metadata"]["name"]): each for each in objects}


def pods(objects: Mapping[tuple[str, str], Any]) -> Iterator[Any]:
    for (kind, _), each in objects.items():
        if kind in ("Deployment", "StatefulSet"):
            yield each["spec"]["template"]["spec"]


@pytest.mark.parametrize("values", [{}, EVERYTHING], ids=["nothing set", "everything set"])
@pytest.mark.parametrize("version", KUBERNETES)
def test_kubernetes_takes_what_the_chart_renders(chart: Any, version: str, values: Mapping[str, Any]) -> None:
    import kubernetes_validate

    for (kind, _), each in rendered(chart, values).items():
        if kind != "ServiceMonitor":  # of the Prometheus operator
            kubernetes_validate.validate(each, version, strict=True)


def test_helm_finds_no_fault(chart: Any) -> None:
    import helm_python

    assert helm_python.lint(str(CHART))["errors"] == []


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"replicas": 2}, "/database/existingSecret"),
        ({"replicas": 2, "database": TOGETHER["database"]}, "/persistence/accessMode"),
        ({"replicas": 2, **TOGETHER, **MANY_WORKSPACES}, "/replicas"),
        ({"ingress": {"enabled": True}}, "/ingress/host"),
        ({"replica": 2}, "'replica' not allowed"),
        ({"settings": {"FINETUNE_MAX_RUNNING": 2}}, "/settings/FINETUNE_MAX_RUNNING"),
    ],
    ids=[
        "two bots on SQLite",
        "two bots on a disk of one",
        "two hosts of many workspaces",
        "ingress for no name",
        "typing error",
        "number",
    ],
)
def test_what_cannot_work_is_refused_with_its_place(chart: Any, values: Mapping[str, Any], why: str) -> None:
    import helm_python

    with pytest.raises(helm_python.HelmError, match=re.escape(why)):
        rendered(chart, values)


@pytest.mark.parametrize(
    "values", [{}, {**TOGETHER, **MANY_WORKSPACES}], ids=["on SQLite", "for many workspaces on a database"]
)
def test_a_bot_that_is_alone_ends_before_the_next_begins(chart: Any, values: Mapping[str, Any]) -> None:
    strategy = rendered(chart, values)["Deployment", "finetune-bot"]["spec"]["strategy"]
    assert strategy == {"type": "Recreate"}


def test_bots_on_a_database_are_replaced_without_a_gap(chart: Any) -> None:
    objects = rendered(chart, {"replicas": 2, **TOGETHER})
    strategy = objects["Deployment", "finetune-bot"]["spec"]["strategy"]
    assert strategy["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert ("PodDisruptionBudget", "finetune-bot") in objects


def test_every_container_is_confined(chart: Any) -> None:
    for pod in pods(rendered(chart, EVERYTHING)):
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def test_the_chart_sets_variables_that_the_program_reads(chart: Any) -> None:
    set_ = {variable["name"] for pod in pods(rendered(chart, EVERYTHING)) for variable in pod["containers"][0]["env"]}
    assert set_ - known() == set()


def test_kubernetes_asks_the_bot_what_it_answers(chart: Any) -> None:
    bot, _ = pods(rendered(chart, EVERYTHING))
    asked = {
        bot["containers"][0][probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")
    }
    answered = {resource.canonical for resource in health_app(cast(Health, None)).router.resources()}
    assert asked - answered == set()


def test_a_trainer_that_cannot_train_or_export_for_now_goes_on_chatting(chart: Any) -> None:
    _, trainer = pods(rendered(chart, EVERYTHING))
    probes = ("startupProbe", "livenessProbe", "readinessProbe")
    assert {trainer["containers"][0][probe]["httpGet"]["path"] for probe in probes} == {"/livez"}


def test_the_ingress_lets_through_what_is_heard(chart: Any) -> None:
    (rule,) = rendered(chart, EVERYTHING)["Ingress", "finetune-bot"]["spec"]["rules"]
    let_through = [path["path"] for path in rule["http"]["paths"]]
    for heard in ("/slack/events", INSTALL, REDIRECT, "/openai/webhook", "/webhooks/openai", JOBS):
        assert any(heard.startswith(f"{path}/") or heard == path for path in let_through), heard


def test_every_folder_that_the_images_write_to_is_mounted(chart: Any) -> None:
    dockerfile = (ROOT / "deploy" / "container" / "Dockerfile").read_text()
    bot, trainer = (line.split()[1:] for line in dockerfile.splitlines() if line.startswith("VOLUME"))
    for pod, written in zip(pods(rendered(chart, EVERYTHING)), (bot, trainer), strict=True):
        mounted = {mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]}
        assert {*written, "/tmp"} <= mounted


def test_the_bot_has_memory_for_the_largest_file_that_it_takes_twice(chart: Any) -> None:
    """Else encrypted files lie plain on the disk while they are read."""
    bot = rendered(chart, {})["Deployment", "finetune-bot"]["spec"]["template"]["spec"]
    (name,) = [each["name"] for each in bot["containers"][0]["volumeMounts"] if each["mountPath"] == "/dev/shm"]
    (memory,) = [each["emptyDir"] for each in bot["volumes"] if each["name"] == name]
    size = re.fullmatch(r"(\d+)Gi", memory["sizeLimit"])
    assert (memory["medium"], size is not None) == ("Memory", True)
    assert int(size[1]) * 1024**3 > 2 * load_settings(_env_file=None).finetune_max_file_mb * 1_000_000


def test_the_bot_uses_the_trainer_beside_it(chart: Any) -> None:
    objects = rendered(chart, {"trainer": {"enabled": True}})
    bot, trainer = pods(objects)
    (address,) = [v["value"] for v in bot["containers"][0]["env"] if v["name"] == "OPENAI_BASE_URL"]
    (allowed,) = [v["value"] for v in trainer["containers"][0]["env"] if v["name"] == "TRAINER_ALLOWED_HOSTS"]
    assert address == "http://finetune-bot-trainer:8902/v1"
    assert ("Service", "finetune-bot-trainer") in objects
    assert "finetune-bot-trainer" in allowed.split(",")


def test_the_chart_bears_the_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert (chart["version"], chart["appVersion"]) == (version, version)
