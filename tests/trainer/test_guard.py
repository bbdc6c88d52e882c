import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from tests.trainer_process import KEY, Trainer
from trainer.cli import main


def ask(trainer: Trainer, path: str = "/v1/models", method: str = "GET", **headers: str) -> httpx.Response:
    root = trainer.url.removesuffix("/v1")
    return httpx.request(method, root + path, headers={"Authorization": f"Bearer {KEY}", **headers})


def command(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """The command line, here: its code, what it said, and what it said of errors."""
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    assert isinstance(ended.value.code, int)
    return ended.value.code, *capsys.readouterr()


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "trainer", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **environment},
    )


def test_without_a_key_nothing_but_health_is_answered(trainer: Trainer) -> None:
    for path in ("/livez", "/healthz"):
        assert httpx.get(trainer.url.removesuffix("/v1") + path).status_code == 200
    for key in ("", "Bearer", "Basic abc", "Bearer wrong"):
        answer = ask(trainer, Authorization=key)
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "invalid_api_key"
    with pytest.raises(openai.AuthenticationError) as caught:
        openai.OpenAI(base_url=trainer.url, api_key="wrong", max_retries=0).models.list()
    assert "wrong" not in str(caught.value.body)


def test_the_page_of_the_api_needs_nothing_from_elsewhere(trainer: Trainer) -> None:
    root = trainer.url.removesuffix("/v1")
    page = httpx.get(f"{root}/docs")
    assert page.status_code == 200
    links = re.findall(r"""(?:src|href)=["']([^"']+)""", page.text)
    assert len(links) >= 2
    for link in links:
        assert link.startswith("/")
        assert httpx.get(root + link).status_code == 200
    described = httpx.get(f"{root}/openapi.json").json()
    assert {"/v1/files", "/v1/fine_tuning/jobs/{job_id}/pause", "/v1/chat/completions"} <= set(described["paths"])
    assert "HTTPBearer" in described["components"]["securitySchemes"]
    assert httpx.get(f"{root}/docs-static/../v1/models").status_code == 401


def test_foreign_hosts_and_pages_are_refused(trainer: Trainer) -> None:
    assert ask(trainer, Host="evil.example:80").status_code == 403
    assert ask(trainer, Origin="http://evil.example").status_code == 403
    assert ask(trainer, Origin="null").status_code == 403
    assert ask(trainer, Host="localhost").status_code == 200


def test_errors_outside_the_protocol_have_its_shape_too(trainer: Trainer) -> None:
    for answer, status in (
        (ask(trainer, "/v1/nowhere"), 404),
        (ask(trainer, "/v1/models", "POST"), 405),
        (ask(trainer, "/v1/fine_tuning/jobs", "POST"), 400),
        (ask(trainer, "/v1/fine_tuning/jobs?limit=0"), 400),
    ):
        assert answer.status_code == status
        assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


def test_keys_are_made_on_the_command_line_and_kept_as_hashes(
    trainer: Trainer, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ("--data", str(trainer.data))
    made = run("keys", "create", "laptop", *data)
    key = made.stdout.strip()
    client: Any = openai.OpenAI(base_url=trainer.url, api_key=key, max_retries=0)
    assert client.models.list().data
    assert "laptop" in command(capsys, "keys", "list", *data)[1]
    kept = b"".join(path.read_bytes() for path in trainer.data.glob("trainer.db*"))
    assert b"laptop" in kept
    assert key.encode() not in kept
    code, _, error = command(capsys, "keys", "create", "laptop", *data)
    assert code == 1
    assert "already" in error
    assert command(capsys, "keys", "delete", "laptop", *data)[0] == 0
    with pytest.raises(openai.AuthenticationError):
        client.models.list()


def test_without_any_key_one_is_made_and_its_place_is_said(tmp_path: Path, table: Path) -> None:
    environment = {**os.environ, "TRAINER_BASE_MODELS": str(table)}
    environment.pop("TRAINER_KEY", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "trainer", "serve", "--port", "0", "--data", str(tmp_path)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip().endswith(str(tmp_path / "key"))
        url = process.stdout.readline().split()[-1]
        key = (tmp_path / "key").read_text().strip()
        assert openai.OpenAI(base_url=url, api_key=key, max_retries=0).models.list().data
        if os.name != "nt":
            assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    finally:
        process.kill()
        process.wait()


def test_a_port_in_use_is_a_sentence(trainer: Trainer, tmp_path: Path) -> None:
    port = trainer.url.rsplit(":", 1)[1].removesuffix("/v1")
    second = run("serve", "--port", port, "--data", str(tmp_path))
    assert second.returncode == 1
    assert "cannot listen" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_table_with_a_mistake_is_a_sentence_that_names_the_field(tmp_path: Path) -> None:
    table = tmp_path / "mine.toml"
    table.write_text('[[model]]\nid = "x"\ncontext = 5\n')
    answer = run("models", TRAINER_BASE_MODELS=str(table))
    assert answer.returncode == 1
    assert "mine.toml" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_the_server_never_imports_torch() -> None:
    code = "import sys, trainer.cli, trainer.server; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
