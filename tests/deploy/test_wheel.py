"""What is installed from the wheel has all that the program reads, and nothing of the tests."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WHEEL = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The wheel's, without those that say what it is."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        return {name for name in opened.namelist() if ".dist-info/" not in name}


def test_the_wheel_has_every_file_of_the_packages(files: set[str]) -> None:
    here = {
        path.relative_to(ROOT).as_posix()
        for package in WHEEL["packages"]
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert here - files == set()
    assert {name for name in files - here if not name.startswith("app/shipped/")} == set()


def test_the_wheel_has_what_is_tried_with(files: set[str]) -> None:
    examples = {f"app/shipped/examples/{path.name}" for path in (ROOT / "examples").iterdir() if path.is_file()}
    assert {name for name in files if name.startswith("app/shipped/")} == {
        *examples,
        "app/shipped/manifest-workflow.yml",
    }
