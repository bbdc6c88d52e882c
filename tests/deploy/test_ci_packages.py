"""`.ci/run` sees to a browser and promtool, on Debian and where its packages are not to be had. apt-get is a double."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.browser import NAMES

RUN = (Path(__file__).parents[2] / ".ci" / "run").read_text()
BASH = shutil.which("bash")
APT = f"""#!{BASH}
[ "$1" = install ] || exit 0
for package; do case $package in
  install | -*) ;; *) {shutil.which("grep")} -qx "$package" "$SHELF" || exit 100 ;;
esac; done
for package; do case $package in
  prometheus) names=promtool ;; chromium*) names=$package ;; *) continue ;;
esac; {shutil.which("cp")} "$0" "${{0%/*}}/$names"; done
"""


def carried_out(folder: Path, *, here: set[str], to_be_had: set[str]) -> tuple[bool, set[str]]:
    """Whether the run goes on, and which programs there are then."""
    machine = folder / "bin"
    machine.mkdir()
    (folder / "shelf").write_text("\n".join(to_be_had) + "\n")
    for name in here | {"apt-get"}:
        (machine / name).write_text(APT)
        (machine / name).chmod(0o755)
    functions = "".join(re.findall(r"^\w+\(\) \{\n.*?^\}\n", RUN, re.MULTILINE | re.DOTALL))
    script = f"set -euo pipefail\n{functions}packages & packages=$!\nwait $packages\n"
    environment = {"PATH": str(machine), "SHELF": str(folder / "shelf")}
    done = subprocess.run([str(BASH), "-c", script], env=environment, capture_output=True, text=True, timeout=60)
    return done.returncode == 0, {path.name for path in machine.iterdir()} - {"apt-get"}


@pytest.mark.parametrize(
    ("here", "to_be_had", "then"),
    [
        (set(), {"chromium-headless-shell", "chromium", "prometheus"}, {"chromium-headless-shell", "promtool"}),
        ({"chromium"}, {"chromium-headless-shell", "prometheus"}, {"chromium", "chromium-headless-shell", "promtool"}),
        (set(), {"chromium", "prometheus"}, {"chromium", "promtool"}),
        ({"chromium-headless-shell", "promtool"}, {"chromium"}, {"chromium-headless-shell", "promtool"}),
        ({"chromium-headless-shell"}, {"prometheus"}, {"chromium-headless-shell", "promtool"}),
        *(({name}, {"prometheus"}, {name, "promtool"}) for name in NAMES),
        ({"google-chrome"}, {"chromium", "prometheus"}, {"google-chrome", "promtool"}),
        ({"chromium", "promtool"}, set(), {"chromium", "promtool"}),
    ],
)
def test_there_is_a_browser_and_promtool(tmp_path: Path, here: set[str], to_be_had: set[str], then: set[str]) -> None:
    assert carried_out(tmp_path, here=here, to_be_had=to_be_had) == (True, then)


@pytest.mark.parametrize(("here", "to_be_had"), [(set(), {"prometheus"}), ({"chromium"}, {"chromium"})])
def test_without_either_the_run_ends(tmp_path: Path, here: set[str], to_be_had: set[str]) -> None:
    assert not carried_out(tmp_path, here=here, to_be_had=to_be_had)[0]
