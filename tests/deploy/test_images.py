"""What the images, compose.yaml and the chart say is what the program knows: settings, ports, paths, version."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import Settings
from bot.settings import load as load_settings
from tests.variables import known
from trainer.settings import Settings as TrainerSettings
from trainer.training.runners.local import LEAVING_SECONDS

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DOCKERFILE = (ROOT / "deploy" / "container" / "Dockerfile").read_text()


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    compose: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return compose["services"]


def test_every_package_gets_into_the_images_and_no_more_than_needed() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    needed = {*wheel["packages"], *wheel.get("force-include", {}), "pyproject.toml", PROJECT["readme"], "LICENSE"}
    assert let_in == {*needed, "constraints.txt"}


def test_the_images_set_variables_that_the_program_reads() -> None:
    found = re.findall(r"^ENV (.*)$", DOCKERFILE, re.MULTILINE)
    names = {name for line in found for name in re.findall(r"(\w+)=", line) if not name.startswith(("PYTHON", "UV_"))}
    assert names - known() == set()
    assert "FINETUNE_DATA" in names


def test_the_images_run_as_a_user_without_rights() -> None:
    stages = re.split(r"^FROM .* AS ", DOCKERFILE, flags=re.MULTILINE)
    final = {stage.partition("\n")[0]: stage for stage in stages if re.match(r"(bot|trainer|trainer-gpu)\n", stage)}
    assert set(final) == {"bot", "trainer", "trainer-gpu"}
    for stage in final.values():
        assert re.search(r"^USER 10001:10001$", stage, re.MULTILINE)
        assert "RUN" not in stage.partition("USER")[2]


def test_the_ports_of_the_images_are_those_of_the_program() -> None:
    http = Settings.model_fields["http_port"].default
    trainer = TrainerSettings.model_fields["port"].default
    assert f"EXPOSE {http} 8901\n" in DOCKERFILE
    assert f"EXPOSE {trainer}\n" in DOCKERFILE
    assert f"http://127.0.0.1:{trainer}/livez" in DOCKERFILE


def test_compose_sets_variables_that_the_program_reads(services: dict[str, Any]) -> None:
    assert {name for service in services.values() for name in service["environment"]} - known() == set()


def test_compose_names_every_volume_and_confines_every_service(services: dict[str, Any]) -> None:
    volumes = yaml.safe_load((ROOT / "compose.yaml").read_text())["volumes"]
    mounted = {volume.partition(":")[0] for service in services.values() for volume in service["volumes"]}
    assert mounted == set(volumes)
    for service in services.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert "ports" not in service


def test_bot_and_trainer_are_given_longer_than_they_need_to_end(services: dict[str, Any]) -> None:
    for name in ("bot", "trainer"):
        unit = (ROOT / "deploy" / "systemd" / f"finetune-{name}.service").read_text()
        needed = re.search(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
        assert needed is not None
        assert _seconds(services[name]["stop_grace_period"]) >= int(needed[1])


def test_whatever_ends_the_trainer_waits_longer_than_the_trainer_does_for_what_trains(services: dict[str, Any]) -> None:
    waits = TrainerSettings.model_fields["drain_seconds"].default + LEAVING_SECONDS
    unit = (ROOT / "deploy" / "systemd" / "finetune-trainer.service").read_text()
    chart = (ROOT / "deploy" / "helm" / "finetune-bot" / "templates" / "trainer.yaml").read_text()
    graces = [
        _seconds(services["trainer"]["stop_grace_period"]),
        *map(int, re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)),
        *map(int, re.findall(r"terminationGracePeriodSeconds: (\d+)", chart)),
    ]
    assert len(graces) == 3
    assert min(graces) >= waits + 20


def test_the_bot_has_memory_for_the_largest_file_that_it_takes_twice(services: dict[str, Any]) -> None:
    """Else encrypted files lie plain on the disk while they are read."""
    size = re.fullmatch(r"(\d+)gb", services["bot"]["shm_size"])
    assert size is not None
    assert int(size[1]) * 1024**3 > 2 * load_settings(_env_file=None).finetune_max_file_mb * 1_000_000


@pytest.mark.parametrize("file", ["compose.yaml", "compose.gpu.yaml"])
def test_the_images_bear_the_version(file: str) -> None:
    services = yaml.safe_load((ROOT / file).read_text())["services"]
    for name, service in services.items():
        if name != "postgres":
            assert service["image"].endswith(f":{PROJECT['version']}")


def test_the_version_has_its_section_in_the_changelog() -> None:
    latest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert latest is not None
    assert latest[1] == PROJECT["version"]


def _seconds(duration: str) -> int:
    return int(duration[:-1]) * {"s": 1, "m": 60}[duration[-1]]
