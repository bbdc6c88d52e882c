import io
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import openai
import pytest

from tests.trainer_process import KEY, Trainer, wait_for
from trainer.base_models import read_table
from trainer.exports.plan import Plan
from trainer.exports.trial import NotAsServed
from trainer.exports.worker import NoRoom, problem, try_written, write

HEADERS = {"Authorization": f"Bearer {KEY}"}


def ask(trainer: Trainer, model: str, **wanted: Any) -> dict[str, Any]:
    answer = httpx.post(f"{trainer.url}/x/exports", json={"model": model, **wanted}, headers=HEADERS)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def ended(trainer: Trainer, export: dict[str, Any]) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        now = httpx.get(f"{trainer.url}/x/exports/{export['id']}", headers=HEADERS).json()
        return now if now["status"] in ("succeeded", "failed") else None

    return wait_for(look)


def content(trainer: Trainer, export: dict[str, Any], **headers: str) -> httpx.Response:
    return httpx.get(f"{trainer.url}/x/exports/{export['id']}/content", headers=HEADERS | headers)


def run(trainer: Trainer, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "trainer", *words, "--data", str(trainer.data)],
        capture_output=True,
        text=True,
        timeout=300,
        env=trainer.environment,
    )


@pytest.fixture(scope="module")
def gguf(trainer: Trainer, finished: Any) -> dict[str, Any]:
    export = ask(trainer, finished.fine_tuned_model, format="gguf", quantization="q8_0")
    done = ended(trainer, export)
    assert done["status"] == "succeeded", done["error"]
    return done


def test_an_adapter_is_handed_out_with_its_lineage(trainer: Trainer, finished: Any) -> None:
    export = ended(trainer, ask(trainer, finished.fine_tuned_model))
    assert export["status"] == "succeeded", export["error"]
    assert export["trial"]["divergence"] < 0.05
    answer = content(trainer, export)
    assert (answer.status_code, len(answer.content)) == (200, export["bytes"])
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert sorted(archive.namelist()) == [
        "README.md",
        "adapter_config.json",
        "adapter_model.safetensors",
        "lineage.json",
    ]
    lineage = json.loads(archive.read("lineage.json"))
    data = trainer.client.files.content(finished.training_file).read()
    assert lineage["training_file"]["sha256"] == sha256(data).hexdigest()
    assert lineage["training_file"]["examples"] == 12
    assert lineage["settings"]["n_epochs"] == 4
    assert lineage["settings"]["seed"] == 7
    assert lineage["metrics"]["step"] == 24
    assert lineage["code"]["trl"]
    assert lineage["base"]["origin"] == "folder tiny-random"
    card = archive.read("README.md").decode()
    assert lineage["training_file"]["sha256"] in card
    assert "library_name: peft" in card


def test_a_merged_model_is_what_peft_makes_of_base_and_adapter(
    trainer: Trainer, table: Path, finished: Any, tmp_path: Path
) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    out = tmp_path / "merged"
    told = run(trainer, "export", finished.fine_tuned_model, "--format", "merged", "-o", str(out))
    assert told.returncode == 0, told.stderr
    assert not list(out.glob("*.bin"))
    tokenizer: Any = AutoTokenizer.from_pretrained(out)
    model: Any = AutoModelForCausalLM.from_pretrained(out, dtype=torch.float32)
    base: Any = AutoModelForCausalLM.from_pretrained(table.parent / "tiny-random", dtype=torch.float32)
    messages = [{"role": "user", "content": "What comes after 3?"}, {"role": "assistant", "content": "It is 4!"}]
    # Its own chat template is one that anybody can read.
    assert "generation %}" not in tokenizer.chat_template
    ids = tokenizer.apply_chat_template(messages, return_tensors="pt", return_dict=True)["input_ids"]
    with torch.no_grad():
        merged_loss, base_loss = (float(one(input_ids=ids, labels=ids).loss) for one in (model, base))
    assert merged_loss < base_loss
    (adapter,) = (trainer.data / "models" / finished.id).glob("step-24")
    theirs = PeftModel.from_pretrained(base, adapter).merge_and_unload().to(torch.bfloat16).state_dict()
    ours = model.state_dict()
    assert all(torch.equal(ours[name].to(torch.bfloat16), theirs[name]) for name in theirs)


def test_a_gguf_answers_as_the_model_does_and_is_whole(trainer: Trainer, gguf: dict[str, Any]) -> None:
    assert gguf["filename"].endswith(".q8_0.gguf")
    answer = content(trainer, gguf)
    assert answer.content.startswith(b"GGUF")
    assert sha256(answer.content).hexdigest() == gguf["sha256"]
    assert gguf["trial"]["same"]
    assert gguf["trial"]["exported"] == gguf["trial"]["served"]


def test_a_download_that_broke_off_goes_on(trainer: Trainer, gguf: dict[str, Any]) -> None:
    first = content(trainer, gguf, Range="bytes=0-999")
    assert (first.status_code, first.headers["etag"]) == (206, f'"{gguf["sha256"]}"')
    rest = content(trainer, gguf, Range="bytes=1000-", **{"If-Range": first.headers["etag"]})
    assert rest.status_code == 206
    assert sha256(first.content + rest.content).hexdigest() == gguf["sha256"]
    # Of another file nothing is appended: it comes whole.
    assert content(trainer, gguf, Range="bytes=1000-", **{"If-Range": '"another"'}).status_code == 200


def test_the_same_export_is_made_once(trainer: Trainer, finished: Any, gguf: dict[str, Any]) -> None:
    assert ask(trainer, finished.fine_tuned_model, format="gguf", quantization="q8_0")["id"] == gguf["id"]
    listed = httpx.get(f"{trainer.url}/x/exports", params={"model": finished.fine_tuned_model}, headers=HEADERS).json()
    assert gguf["id"] in [one["id"] for one in listed["data"]]


def test_a_gguf_is_written_from_the_command_line(trainer: Trainer, finished: Any, tmp_path: Path) -> None:
    words = ["export", finished.fine_tuned_model, "--format", "gguf", "--quantization", "f16"]
    told = run(trainer, *words, "-o", str(tmp_path / "out"))
    assert told.returncode == 0, told.stderr
    assert "nats a token" in told.stdout
    (file,) = (tmp_path / "out").glob("*.f16.gguf")
    assert_told_to_others(file)


@pytest.mark.parametrize("quantization", ["q5_k_m", "q4_k_m", "q4_0"])
def test_a_gguf_is_written_in_each_quantization(
    trainer: Trainer, finished: Any, table: Path, tmp_path: Path, quantization: str
) -> None:
    (adapter,) = (trainer.data / "models" / finished.id).glob("step-24")
    tiny, template = table.parent / "tiny-random", read_table(table)["tiny-random"].template()
    made = plan(adapter, tiny, tmp_path / "out", template, quantization=quantization)
    write(made, lambda _: None)
    try_written(made, lambda _: None)
    (file,) = (tmp_path / "out").glob(f"*.{quantization}.gguf")
    assert_told_to_others(file)


def assert_told_to_others(file: Path) -> None:
    """A program that loads it reads the template and the tokenizer that it needs."""
    from gguf import GGUFReader

    fields = GGUFReader(file).fields
    assert "generation %}" not in fields["tokenizer.chat_template"].contents()
    assert fields["tokenizer.ggml.pre"].contents() == "gpt-2"


def test_an_export_that_was_cut_off_is_begun_again_and_never_shown_as_complete(
    table: Path, finished: Any, trainer: Trainer, tmp_path: Path
) -> None:
    own = Trainer(tmp_path / "data", table, tmp_path / "cache")
    try:
        job = own.ended(own.train(hyperparameters={"n_epochs": 1}).id)
        exports = [ask(own, job.fine_tuned_model, format=format) for format in ("gguf", "merged", "adapter")]
        wait_for(lambda: own.workers("trainer.exports.worker"))
        own.kill_all()
        own.start()
        before = [httpx.get(f"{own.url}/x/exports/{one['id']}", headers=HEADERS).json() for one in exports]
        assert {one["status"] for one in before} <= {"queued", "running", "succeeded"}
        assert content(own, exports[0]).status_code in (200, 409)
        done = [ended(own, one) for one in exports]
        assert [one["status"] for one in done] == ["succeeded"] * 3, done
        assert all(sha256(content(own, one).content).hexdigest() == one["sha256"] for one in done)
        # With the model go its exports.
        own.client.models.delete(job.fine_tuned_model)
        assert not list((own.data / "exports").iterdir())
        assert content(own, exports[0]).status_code == 404
    finally:
        own.stop()


def plan(folder: Path, weights: Path, into: Path, template: str = "", **more: Any) -> Plan:
    told: dict[str, Any] = {"format": "gguf", "quantization": "f16", "context_length": 2048, "licence": ""} | more
    told |= {"folder": str(folder), "weights": str(weights), "into": str(into), "cache": str(into.parent / "cache")}
    return Plan(name="m", chat_template=template, lineage={"base_model": "b"}, **told)


def test_a_disk_without_room_is_said_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: Path
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1 << 20))
    tiny = table.parent / "tiny-random"
    with pytest.raises(NoRoom) as caught:
        write(plan(tiny, tiny, tmp_path / "out"), lambda _: None)
    assert "1 MB are free" in problem(caught.value)
    assert not list((tmp_path / "out").iterdir())


def test_an_export_that_is_not_the_model_is_refused(
    trainer: Trainer, finished: Any, table: Path, tmp_path: Path
) -> None:
    (adapter,) = (trainer.data / "models" / finished.id).glob("step-24")
    tiny, template = table.parent / "tiny-random", read_table(table)["tiny-random"].template()
    base, tuned = (plan(folder, tiny, tmp_path / "out", template) for folder in (tiny, adapter))
    write(base, lambda _: None)
    with pytest.raises(NotAsServed, match="does not answer as the model does"):
        try_written(tuned, lambda _: None)


def test_a_model_whose_text_llama_cpp_would_cut_otherwise_is_refused(table: Path, tmp_path: Path) -> None:
    tiny, template = tmp_path / "tiny", read_table(table)["tiny-random"].template()
    shutil.copytree(table.parent / "tiny-random", tiny)
    file = tiny / "tokenizer.json"
    described = json.loads(file.read_text())
    made = plan(tiny, tiny, tmp_path / "out", template)
    write(made, lambda _: None)
    # It has learned a longer token since the file was written.
    described["model"]["vocab"]["lo"] = len(described["model"]["vocab"])
    described["model"]["merges"] = [["l", "o"]]
    file.write_text(json.dumps(described))
    with pytest.raises(NotAsServed, match="other tokens"):
        try_written(made, lambda _: None)


def test_an_export_belongs_to_the_key_that_asked_for_it(
    trainer: Trainer, gguf: dict[str, Any], client: Callable[..., openai.OpenAI]
) -> None:
    other = client("export-other")
    for path in (f"/x/exports/{gguf['id']}", f"/x/exports/{gguf['id']}/content"):
        with pytest.raises(openai.NotFoundError):
            other.get(path, cast_to=object)
    assert other.get("/x/exports", cast_to=dict)["data"] == []


def test_what_cannot_be_exported_is_said(trainer: Trainer, finished: Any, tmp_path: Path) -> None:
    def refused(**body: Any) -> tuple[int, str]:
        answer = httpx.post(f"{trainer.url}/x/exports", json=body, headers=HEADERS)
        return answer.status_code, str(answer.json()["error"]["param"])

    assert refused(model="tiny-random") == (400, "model")
    assert refused(model="ft:nobody")[0] == 404
    model = finished.fine_tuned_model
    assert refused(model=model, format="onnx") == (400, "format")
    assert refused(model=model, format="gguf", quantization="q9") == (400, "quantization")
    assert refused(model=model, format="merged", quantization="q8_0") == (400, "quantization")
    told = run(trainer, "export", "ft:nobody", "-o", str(tmp_path))
    assert told.returncode == 1
    assert "no fine-tuned model ft:nobody" in told.stderr
    assert "Traceback" not in told.stderr
