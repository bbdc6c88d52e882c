"""Go through the whole loop with the images of bot and trainer, confined as in compose.yaml: a file is dropped in a
local Slack, a small model is trained and answers. Then both are stopped. On Linux, with docker or what works like it:

    scripts/images bot trainer && python scripts/check_images.py [ENGINE]
"""

import contextlib
import json
import secrets
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import yaml
from rich.console import Console

from app.processes import Child
from app.smoke import smoke_test

ROOT = Path(__file__).parents[1]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
BASE_MODEL = "SmolLM2-135M-Instruct"
MOST_SECONDS = {"bot": 30, "trainer": 120}


def main() -> int:
    engine = sys.argv[1] if len(sys.argv) > 1 else "docker"
    token = secrets.token_hex(12)
    slack = {"SANDBOX_BOT_TOKEN": f"xoxb-{token}", "SANDBOX_APP_TOKEN": f"xapp-1-{token}", "SANDBOX_KEY": token}
    of_trainer = {"TRAINER_KEY": f"sk-{token}"}
    of_bot = {
        "SLACK_BOT_TOKEN": slack["SANDBOX_BOT_TOKEN"],
        "SLACK_APP_TOKEN": slack["SANDBOX_APP_TOKEN"],
        "SLACK_API_URL": "http://127.0.0.1:8900/api/",
        "OPENAI_BASE_URL": "http://127.0.0.1:8902/v1",
        "OPENAI_API_KEY": of_trainer["TRAINER_KEY"],
        "FINETUNE_DEFAULT_MODEL": BASE_MODEL,
        "FINETUNE_POLL_SECONDS": "1",
    }
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        arguments = ["--port", "8900", "--data", str(folder), "--manifest", str(ROOT / "manifest-workflow.yml")]
        sandbox = Child("sandbox", ["sandbox", *arguments], slack, folder / "sandbox.log")
        stack.callback(sandbox.stop)
        page = sandbox.ready("sandbox ready ", 60)
        trainer = stack.enter_context(_container(engine, "trainer", of_trainer))
        _run(engine, "exec", trainer, "finetune-bot", "trainer", "pull", BASE_MODEL)
        bot = stack.enter_context(_container(engine, "bot", of_bot))
        _answers("http://127.0.0.1:8902/healthz")
        _answers("http://127.0.0.1:8901/healthz")
        if code := smoke_test(page, token, ROOT / "examples" / "house-voice.jsonl", Console()):
            return code
        for name, container in (("bot", bot), ("trainer", trainer)):
            began = time.monotonic()
            _run(engine, "stop", "--time", str(MOST_SECONDS[name]), container)
            code = int(_run(engine, "inspect", "--format", "{{.State.ExitCode}}", container))
            print(f"{name}: stopped in {time.monotonic() - began:.1f} s, with code {code}")
            if code:
                return 1
    return 0


@contextlib.contextmanager
def _container(engine: str, target: str, environment: dict[str, str]) -> Iterator[str]:
    """The container's id; what it said is printed at its end."""
    service = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"][target]
    confined = [
        *(("--read-only",) if service["read_only"] else ()),
        *(f"--tmpfs={folder}" for folder in service["tmpfs"]),
        *(f"--cap-drop={capability}" for capability in service["cap_drop"]),
        *(f"--security-opt={option.removesuffix(':true')}" for option in service["security_opt"]),
    ]
    variables = [f"--env={name}={value}" for name, value in environment.items()]
    image = service["image"]
    container = _run(engine, "run", "--detach", "--network=host", *confined, *variables, image).strip()
    try:
        yield container
    finally:
        print(f"--- {target}", flush=True)
        subprocess.run([engine, "logs", "--tail=20", container], check=False)
        _run(engine, "rm", "--force", "--volumes", container)


def _answers(address: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                print(f"{address}: {json.load(answer)}")
                return
        except (OSError, urllib.error.URLError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def _run(engine: str, *arguments: str) -> str:
    done = subprocess.run(
        [engine, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{engine} {arguments[0]}: {done.stdout}")
    return done.stdout


if __name__ == "__main__":
    raise SystemExit(main())
