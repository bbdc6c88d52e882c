"""Train one job with TRL: a PEFT LoRA adapter or all weights, from its beginning or from where it stopped. Imports
everything heavy."""

from __future__ import annotations

import copy
import json
import math
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoTokenizer, PrinterCallback, set_seed
from trl.trainer.dpo_config import DPOConfig
from trl.trainer.grpo_config import GRPOConfig
from trl.trainer.sft_config import SFTConfig

from graders.reading import grader_of
from trainer.base_models import without_marks
from trainer.errors import TrainingFailed
from trainer.fetch import MANIFEST
from trainer.hardware import device, dtype
from trainer.serving.messages import Refusal
from trainer.serving.vocabulary import vocabulary
from trainer.training.classification import Classes, ClassOptions, find_classes
from trainer.training.data import Pair, Reader, Task, Tokenized, Tokens, examples_of
from trainer.training.evaluation import Answers, Preferences, Validation
from trainer.training.memory import MemoryPlan, rows_to_sample, shape_of
from trainer.training.messages import Done, NeedsDevices, SavedModel, Started, Stopped
from trainer.training.order import Order
from trainer.training.plan import (
    MOST_AT_ONCE,
    Hyperparameters,
    Plan,
    RolloutNumbers,
    answer_room,
    chosen,
    rollout_numbers,
    share,
)
from trainer.training.ranks import Ranks
from trainer.training.reporting import ControlFlags, ReportingCallback, ResumeState, RewardReporting, Send
from trainer.training.rollouts import ROWS, Rollouts, answer_schema
from trainer.training.room import free_bytes, plan_memory, total_bytes
from trainer.training.runners.attempts import MARK
from trainer.training.trainers import Preference, Rewarded, Supervised, last_saved, save
from trainer.weights import load, silence_transformers

# Short bursts of training on little data want a short warm-up.
_WARMUP_SHARE = 0.05
# Examples stand in one row, each blind to the others, where side by side more than this share of what is computed would
# be padding: the mask between them costs up to a seventh, padding all of its share (docs/trainer.md).
MUCH_PADDING = 0.15


def train(plan: Plan, send: Send, flags: ControlFlags, ranks: Ranks | None = None) -> None:
    """Train and leave the weights of the last epochs under `plan.output`, telling the server as it goes. Of several
    `ranks`, all of which call this, rank 0 writes and is heard.

    Goes on from the last state under `plan.state` if there is one. Where one device is not enough, it says how many it
    needs, and ends. Raises TrainingFailed; anything else is a defect, or the machine's.
    """
    ranks = ranks or Ranks()
    silence_transformers()
    tokenizer = AutoTokenizer.from_pretrained(plan.weights)
    pad_token = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    training, held_back = _tokenized(plan, Reader(tokenizer, plan.chat_template, plan.context_length))
    examples = len(training.examples)
    numbers = chosen(plan, examples)
    classes = _classes(plan, training, held_back, tokenizer, pad_token)
    output, state = Path(plan.output), Path(plan.state)
    for folder in (output, state):
        folder.mkdir(parents=True, exist_ok=True)
    state.chmod(0o700)
    saved = last_saved(state)
    total_steps = math.ceil(examples / numbers.batch_size) * numbers.n_epochs
    rewarded = rollout_numbers(plan.reinforcement, total_steps) if plan.reinforcement else None
    read = [*training.examples, *(held_back.examples if held_back else [])]
    memory = plan_memory(plan, numbers, read, rewarded.answers if rewarded else 1, ranks)
    if isinstance(memory, NeedsDevices):
        send(memory)
        return
    send(
        Started(
            **msgspec.structs.asdict(numbers),
            cut=training.cut,
            dropped=training.dropped,
            context_length=plan.context_length,
            resumed_at=int(saved.name.split("-")[-1]) if saved else None,
            classes=classes.names if classes else None,
            **_told(rewarded),
            memory=total_bytes(),
            lineage={
                "base": _base(Path(plan.weights)),
                "settings": _settings(plan, numbers, rewarded),
                "code": _code(),
            },
        )
    )
    if saved is None and ranks.first:
        # What an attempt left that was cut off. The folder stays: other ranks may be looking how much room there is.
        for left in output.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
    set_seed(plan.seed)
    model = _model(plan, memory, ranks)
    tokenizer.chat_template = without_marks(plan.chat_template)

    def keep(model: Any, folder: Path) -> None:
        save(model, tokenizer, folder)

    trainer: Supervised | Preference | Rewarded
    if rewarded is not None:
        rollouts = _rollouts(plan, max(task.length for task in read), pad_token)
        trainer = _rewarded(plan, numbers, rewarded, memory, model, training.examples, rollouts, tokenizer, total_steps)
    else:
        trainer = _trainer(plan, numbers, memory, model, training, tokenizer, total_steps, ranks)
    told: dict[str, Any] = {
        "send": send,
        "flags": flags,
        "output": output,
        "save": keep,
        "examples": examples,
        "batch_size": numbers.batch_size,
        "total_steps": total_steps,
        "counted": trainer.counted,
        "ranks": ranks,
        "save_seconds": plan.save_seconds,
        "resumed": msgspec.json.decode((saved / MARK).read_bytes(), type=ResumeState) if saved else None,
    }
    reporting: ReportingCallback
    if rewarded is not None:
        assert held_back is not None
        reporting = RewardReporting(
            **told,
            rollouts=rollouts,
            tasks=held_back.examples,
            eval_interval=rewarded.eval_interval,
            eval_samples=rewarded.eval_samples,
        )
    else:
        reporting = ReportingCallback(
            **told,
            validation=_validation(held_back, pad_token, memory.micro_batch, numbers.beta, trainer.model),
            # As many as one rank would take at once, so that several measure the same examples.
            validation_batch=min(MOST_AT_ONCE, memory.micro_batch * ranks.size),
            classes=classes,
        )
    trainer.add_callback(reporting)
    trainer.remove_callback(PrinterCallback)
    trainer.train(resume_from_checkpoint=str(saved) if saved else None)
    step = trainer.state.global_step
    if not ranks.first:
        return
    if step < total_steps:
        snapshot = SavedModel(step, f"pause-{step}", reporting.metrics) if flags.model else None
        if snapshot is not None:
            keep(trainer.model, output / snapshot.folder)
        send(Stopped(snapshot))
        return
    if isinstance(reporting, RewardReporting):
        send(Done(reporting.checkpoints, reporting.tokens, reporting.best.step))
    else:
        send(Done(reporting.checkpoints, training.tokens * numbers.n_epochs))


def _base(weights: Path) -> dict[str, Any]:
    """Where the base's weights came from, with their hashes; of a folder that somebody keeps, only that."""
    manifest = weights / MANIFEST
    if not manifest.is_file():
        return {"origin": f"folder {weights.name}"}
    told = json.loads(manifest.read_text(encoding="utf-8"))
    hashes = {name: hash for name, hash in told["files"].items() if name.endswith(".safetensors")}
    return {"origin": told["origin"], "sha256": hashes}


def _told(rewarded: RolloutNumbers | None) -> dict[str, Any]:
    if rewarded is None:
        return {}
    return {name: getattr(rewarded, name) for name in ("compute_multiplier", "eval_interval", "eval_samples")}


def _settings(plan: Plan, numbers: Hyperparameters, rewarded: RolloutNumbers | None) -> dict[str, Any]:
    """Everything that decided what was learned, as the model card tells it."""
    settings = {**msgspec.structs.asdict(numbers), "learning_rate": plan.rate(numbers.learning_rate_multiplier)}
    if plan.method != "dpo":
        del settings["beta"]
    if plan.reinforcement is not None and rewarded is not None:
        asked = {"grader": plan.reinforcement.grader, "response_format": plan.reinforcement.response_format}
        settings |= asked | msgspec.structs.asdict(rewarded) | {"max_completion_tokens": answer_room(plan)}
    adapter = {"lora_rank": plan.lora_rank, "lora_alpha": plan.lora_alpha}
    return {**settings, **({"weights": "all"} if plan.whole else adapter), "seed": plan.seed}


def _code() -> dict[str, str]:
    names = ("finetune-bot", "torch", "transformers", "trl", "peft")
    return {name: version(name) for name in names} | {"computed_on": device().type, "in": str(dtype(device()))}


def _tokenized(plan: Plan, reader: Reader) -> tuple[Tokenized[Any], Tokenized[Any] | None]:
    def read(path: str, param: str) -> Tokenized[Any]:
        examples = examples_of(Path(path), param)
        if plan.method == "reinforcement":
            return reader.tasks(examples, param, answer_room(plan))
        return reader.preferences(examples, param) if plan.method == "dpo" else reader.supervised(examples, param)

    training = read(plan.training_file, "training_file")
    return training, read(plan.validation_file, "validation_file") if plan.validation_file else None


def _classes(
    plan: Plan, training: Tokenized[Any], held_back: Tokenized[Any] | None, tokenizer: Any, pad_token: int
) -> Classes | None:
    if plan.method != "supervised" or held_back is None:
        return None
    return find_classes(training.examples, held_back.examples, ClassOptions.of(plan.metadata), tokenizer, pad_token)


def _model(plan: Plan, memory: MemoryPlan, ranks: Ranks) -> Any:
    base = load(
        plan.weights,
        # All weights are learned in fp32: in bf16 most steps are smaller than what it can tell apart.
        numbers=torch.float32 if plan.whole else None,
        four_bit=memory.four_bit,
        ranks=ranks.size,
        sharded=memory.sharded,
    )
    if plan.adapter is None:
        return base
    model = PeftModel.from_pretrained(base, plan.adapter, is_trainable=True)
    return model.merge_and_unload().requires_grad_(True) if plan.whole else model


def _trainer(
    plan: Plan,
    numbers: Hyperparameters,
    memory: MemoryPlan,
    model: Any,
    training: Tokenized[Any],
    tokenizer: Any,
    total_steps: int,
    ranks: Ranks,
) -> Supervised | Preference:
    arguments = _arguments(plan, numbers, memory, total_steps, ranks=ranks.size)
    lora = _fresh_adapter(plan, model)
    if plan.method == "dpo":
        return Preference(
            training.examples,
            model=model,
            # Over a fresh adapter the reference is the base itself; TRL copies one that is gone on from.
            peft_config=lora,
            ref_model=copy.deepcopy(model) if plan.whole else None,
            args=DPOConfig(**arguments, max_length=None, beta=numbers.beta),
            processing_class=tokenizer,
        )
    return Supervised(
        training.examples,
        numbers.batch_size,
        model=get_peft_model(model, lora) if lora else model,
        args=SFTConfig(**arguments, max_length=None, padding_free=_in_one_row(numbers, memory, training, plan.seed)),
        processing_class=tokenizer,
    )


def _rewarded(
    plan: Plan,
    numbers: Hyperparameters,
    rewarded: RolloutNumbers,
    memory: MemoryPlan,
    model: Any,
    tasks: list[Task],
    rollouts: Rollouts,
    tokenizer: Any,
    total_steps: int,
) -> Rewarded:
    arguments = _arguments(plan, numbers, memory, total_steps, rewarded.answers)
    lora = _fresh_adapter(plan, model)
    return Rewarded(
        tasks,
        rollouts,
        numbers.batch_size,
        model=get_peft_model(model, lora) if lora else model,
        args=GRPOConfig(**arguments, num_generations=rewarded.answers, max_completion_length=answer_room(plan)),
        processing_class=tokenizer,
    )


def _rollouts(plan: Plan, longest: int, pad_token: int) -> Rollouts:
    """`longest`: tokens of the longest prompt."""
    assert plan.reinforcement is not None
    room, asked = answer_room(plan), plan.reinforcement.response_format
    rows = rows_to_sample(
        shape_of(Path(plan.weights)),
        longest=longest + room,
        rank=plan.lora_rank,
        number_bytes=dtype(device()).itemsize,
        free=free_bytes(),
        most=ROWS,
    )
    try:
        return Rollouts(
            grader_of(plan.reinforcement.grader),
            vocabulary(plan.weights),
            pad_token=pad_token,
            most_tokens=room,
            rows=rows,
            seed=plan.seed,
            schema=answer_schema(asked) if asked else None,
        )
    except Refusal as refusal:
        raise TrainingFailed(
            f"The response_format cannot be followed: {refusal.refused.message}",
            code="invalid_schema",
            param="method.reinforcement.response_format",
        ) from refusal


def _fresh_adapter(plan: Plan, model: Any) -> LoraConfig | None:
    """The adapter to begin with; None where all weights are trained, or one is gone on from."""
    if plan.whole or isinstance(model, PeftModel):
        return None
    return LoraConfig(r=plan.lora_rank, lora_alpha=plan.lora_alpha, target_modules="all-linear", task_type="CAUSAL_LM")


def _in_one_row(numbers: Hyperparameters, memory: MemoryPlan, training: Tokenized[Tokens], seed: int) -> bool:
    order = Order([example.length for example in training.examples], numbers.batch_size, seed)
    return order.padding(memory.micro_batch) > MUCH_PADDING


def _validation(
    held_back: Tokenized[Any] | None, pad_token: int, batch_size: int, beta: float, model: Any
) -> Validation | None:
    if held_back is None:
        return None
    if isinstance(held_back.examples[0], Pair):
        return Preferences(held_back.examples, pad_token, batch_size, beta, model)
    return Answers(held_back.examples, pad_token, batch_size)


def _arguments(
    plan: Plan, numbers: Hyperparameters, memory: MemoryPlan, total_steps: int, answers: int = 1, ranks: int = 1
) -> dict[str, Any]:
    on = device()
    on_cpu = on.type == "cpu"
    return {
        "output_dir": plan.state,
        "num_train_epochs": numbers.n_epochs,
        "per_device_train_batch_size": memory.micro_batch,
        "gradient_accumulation_steps": share(numbers.batch_size * answers, ranks) // memory.micro_batch,
        "learning_rate": plan.rate(numbers.learning_rate_multiplier),
        "lr_scheduler_type": "linear",
        "warmup_steps": max(1, round(total_steps * _WARMUP_SHARE)),
        "seed": plan.seed,
        "data_seed": plan.seed,
        "logging_steps": 1,
        "save_strategy": "no",  # `ReportingCallback` says when
        "report_to": "none",
        "disable_tqdm": True,
        "activation_checkpointing": memory.checkpointing,
        # Under an adapter the weights are loaded in the right type and the adapter in fp32: autocast would only convert
        # back and forth (0.47 s a step without it, 0.55 s with it).
        "bf16": plan.whole and dtype(on) == torch.bfloat16,
        "use_cpu": on_cpu,
        "dataloader_pin_memory": not on_cpu and torch.cuda.is_available(),
        # Of several ranks: a token counts as much wherever it is read, and all that is learned is used in each step.
        "average_tokens_across_devices": True,
        "ddp_find_unused_parameters": False,
    }
