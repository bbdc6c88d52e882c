"""What the scripts install is what was tested: constraints.txt has a version of all that pyproject.toml names."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
SYSTEMS = (("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"), ("win32", "AMD64"))


def _named() -> Iterator[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for requirements in (project["dependencies"], *project["optional-dependencies"].values()):
        for requirement in map(Requirement, requirements):
            if requirement.name != project["name"]:  # one extra named by another
                yield requirement


def _constraints() -> Iterator[Requirement]:
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            yield Requirement(line)


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(("system", "machine"), SYSTEMS)
def test_every_dependency_has_one_tested_version(python: str, system: str, machine: str) -> None:
    here: dict[str, Any] = {
        **default_environment(),
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": system,
        "platform_machine": machine,
    }

    def holds(requirement: Requirement) -> bool:
        return requirement.marker is None or requirement.marker.evaluate(here)

    tested = {}
    for constraint in filter(holds, _constraints()):
        name = canonicalize_name(constraint.name)
        assert name not in tested, f"{name} stands twice in constraints.txt"
        (pinned,) = constraint.specifier
        assert pinned.operator == "==", constraint
        tested[name] = pinned.version
    wanting = [
        str(requirement)
        for requirement in filter(holds, _named())
        if not requirement.specifier.contains(tested.get(canonicalize_name(requirement.name), ""))
    ]
    assert wanting == [], "Run scripts/constraints, then the tests, and commit constraints.txt."


def test_the_project_runs_on_these_pythons_and_no_others() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert wanted == f">={PYTHONS[0]},<3.{int(PYTHONS[-1].split('.')[1]) + 1}"
