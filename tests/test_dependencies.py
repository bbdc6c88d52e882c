"""What the shipped packages import, pyproject.toml names: nothing is there only because something else needs it."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SHIPPED = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
# What each may import beside the project's own dependencies; who has not installed it gets a sentence.
EXTRAS = {
    "bot": ["postgres", "tracking"],
    "sandbox": ["sandbox"],
    "telemetry": ["telemetry"],
    "trainer": ["local", "cluster", "tracking"],
    "training_files": ["local"],
}


def declared(package: str) -> set[str]:
    project = PYPROJECT["project"]
    extras = (project["optional-dependencies"][extra] for extra in EXTRAS.get(package, []))
    named = sum(extras, project["dependencies"])
    return {canonicalize_name(Requirement(one).name) for one in named}


def imported(file: Path) -> Iterator[str]:
    """The first names of all modules, also of those that a function imports."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("package", SHIPPED)
def test_every_package_that_is_imported_is_declared(package: str) -> None:
    known, of = declared(package), packages_distributions()
    wanting = {
        name: str(file.relative_to(ROOT))
        for file in (ROOT / package).rglob("*.py")
        for name in {*imported(file)} - {*SHIPPED} - sys.stdlib_module_names
        if name in of and not known & {*map(canonicalize_name, of[name])}  # of what is not installed nobody knows
    }
    assert wanting == {}
