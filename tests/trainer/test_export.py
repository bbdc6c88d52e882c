import io
import json
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
from trainer_process import KEY, Trainer


def fetch(trainer: Trainer, model: str, **query: Any) -> httpx.Response:
    return httpx.get(
        f"{trainer.url}/x/models/{model}/export",
        params=query,
        headers={"Authorization": f"Bearer {KEY}"},
        timeout=300,
    )


def test_an_adapter_is_handed_out_with_its_lineage(trainer: Trainer, finished: Any) -> None:
    answer = fetch(trainer, finished.fine_tuned_model)
    assert answer.status_code == 200
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


def test_a_merged_model_answers_without_its_base_and_adapter(
    trainer: Trainer, table: Path, finished: Any, tmp_path: Path
) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    out = tmp_path / "merged"
    words = ["export", finished.fine_tuned_model, "--merged", "-o", str(out), "--data", str(trainer.data)]
    told = subprocess.run(
        [sys.executable, "-m", "trainer", *words],
        capture_output=True,
        text=True,
        timeout=300,
        env=trainer.environment,
    )
    assert told.returncode == 0, told.stderr
    assert not list(out.glob("*.bin"))
    tokenizer = AutoTokenizer.from_pretrained(out)
    model: Any = AutoModelForCausalLM.from_pretrained(out, dtype=torch.float32)
    base: Any = AutoModelForCausalLM.from_pretrained(table.parent / "tiny-random")
    messages = [{"role": "user", "content": "What comes after 3?"}, {"role": "assistant", "content": "It is 4!"}]
    # Its own chat template is one that anybody can read.
    assert "generation %}" not in tokenizer.chat_template
    ids = tokenizer.apply_chat_template(messages, return_tensors="pt", return_dict=True)["input_ids"]
    with torch.no_grad():
        merged_loss, base_loss = (float(one(input_ids=ids, labels=ids).loss) for one in (model, base))
    assert merged_loss < base_loss


def test_what_cannot_be_exported_is_said(trainer: Trainer, tmp_path: Path) -> None:
    assert fetch(trainer, "tiny-random").status_code == 400
    assert fetch(trainer, "ft:nobody").status_code == 404
    told = subprocess.run(
        [sys.executable, "-m", "trainer", "export", "ft:nobody", "-o", str(tmp_path), "--data", str(trainer.data)],
        capture_output=True,
        text=True,
        timeout=300,
        env=trainer.environment,
    )
    assert told.returncode == 1
    assert "no fine-tuned model ft:nobody" in told.stderr
    assert "Traceback" not in told.stderr
