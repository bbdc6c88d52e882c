"""The trainer against a plain TRL script: the same model, data, settings and threads, in turns.

    python benchmarks/train.py [--rounds 3] [--steps 20] [--data FILE] [--record]

Prints `name: value unit` lines: seconds from *create* to the first metric, with the server just started (cold) and with
its training libraries loaded (warm); and the step of the trainer and of the script, with weights in bf16 and in fp32
(TRL's own default): the median of the rounds. The model must have been fetched. A round's step is the mean time between
two metrics, the first one left out. The trainer is asked for them ten times a second: whoever asks more often takes the
processor from what is measured.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import openai

from benchmarks import table

ROOT = Path(__file__).parents[1]
MODEL = "SmolLM2-135M-Instruct"
KEY = "sk-benchmark"

PLAIN = """
import json, sys, time
import torch
from datasets import load_dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
from trl import SFTConfig, SFTTrainer
weights, data, template, steps, batch, out = sys.argv[1:]
class Clock(TrainerCallback):
    def on_log(self, args, state, control, logs=None, **kwargs):
        if logs and "loss" in logs:
            print(json.dumps({"at": time.monotonic(), "loss": logs["loss"]}), flush=True)
tokenizer = AutoTokenizer.from_pretrained(weights)
tokenizer.chat_template = open(template).read()
model = AutoModelForCausalLM.from_pretrained(weights, dtype=torch.%s)
SFTTrainer(
    model=model,
    processing_class=tokenizer,
    train_dataset=load_dataset("json", data_files=data, split="train").select_columns(["messages"]),
    peft_config=LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM"),
    args=SFTConfig(output_dir=out, max_steps=int(steps), per_device_train_batch_size=int(batch), learning_rate=3e-4,
                   lr_scheduler_type="linear", assistant_only_loss=True, max_length=None, logging_steps=1,
                   save_strategy="no", report_to="none", disable_tqdm=True, activation_checkpointing=False, bf16=False,
                   use_cpu=True, seed=1),
    callbacks=[Clock()],
).train()
"""


class Server:
    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "trainer", "serve", "--port", "0", "--data", str(folder)],
            cwd=ROOT,
            env={**os.environ, "TRAINER_KEY": KEY},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        address = self.process.stdout.readline().split()[-1]
        self.client = openai.OpenAI(base_url=address, api_key=KEY)

    def job(self, data: Path, steps: int, batch: int) -> tuple[float, float]:
        """Seconds from create to the first metric, and those of a step. Ends the job then."""
        file = self.client.files.create(file=data, purpose="fine-tune")
        began = time.monotonic()
        jobs = self.client.fine_tuning.jobs
        settings: Any = {"n_epochs": 50, "batch_size": batch}
        job = jobs.create(model=MODEL, training_file=file.id, seed=1, hyperparameters=settings)
        seen: list[float] = []
        while len(seen) < steps:
            step = next((e.data["step"] for e in jobs.list_events(job.id, limit=2) if e.type == "metrics"), 0)
            if step > len(seen):
                seen += [time.monotonic()] * (step - len(seen))
            elif jobs.retrieve(job.id).status in ("failed", "cancelled", "succeeded"):
                raise SystemExit(f"the job ended: {jobs.retrieve(job.id).error}")
            time.sleep(0.1)
        jobs.cancel(job.id)
        return seen[0] - began, _step(seen)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


def plain(weights: Path, data: Path, template: Path, steps: int, batch: int, dtype: str, folder: Path) -> float:
    out = subprocess.run(
        [sys.executable, "-c", PLAIN % dtype, *map(str, (weights, data, template, steps, batch, folder))],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "TRL_EXPERIMENTAL_SILENCE": "1"},
    ).stdout
    seen = [json.loads(line)["at"] for line in out.splitlines() if line.startswith('{"at"')]
    return _step(seen)


def _step(seen: list[float]) -> float:
    """The mean time between two metrics, in seconds, from when each was seen."""
    return (seen[-1] - seen[1]) / (len(seen) - 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--data", type=Path, default=ROOT / "examples" / "house-voice.jsonl")
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()

    from trainer.base_models import read_table
    from trainer.fetch import located
    from trainer.settings import cache_folder

    base = read_table()[MODEL]
    weights = located(base, cache_folder())
    if weights is None:
        raise SystemExit(f"Fetch the model first: finetune-bot trainer pull {MODEL}")
    cold, warm = [], []
    ours, script, script32 = [], [], []
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            template = folder / "template.jinja"
            template.write_text(base.template(), encoding="utf-8")
            server = Server(folder / "data")
            first, step = server.job(options.data, options.steps, options.batch)
            cold.append(first)
            ours.append(step)
            warm.append(server.job(options.data, 3, options.batch)[0])
            server.stop()
            more = (weights, options.data, template, options.steps, options.batch)
            script.append(plain(*more, "bfloat16", folder / "out"))
            script32.append(plain(*more, "float32", folder / "out"))
    figures = {
        "create to first metric, cold": f"{statistics.median(cold):.1f} s",
        "warm": f"{statistics.median(warm):.1f} s",
        "step": f"{statistics.median(ours):.3f} s",
        "step of a plain TRL script, bf16": f"{statistics.median(script):.3f} s",
        "step of a plain TRL script, fp32": f"{statistics.median(script32):.3f} s",
    }
    for name, value in figures.items():
        print(f"{name}: {value}")
    if options.record:
        table.record("train", {"data": options.data.name, "batch": str(options.batch), **figures})


if __name__ == "__main__":
    main()
