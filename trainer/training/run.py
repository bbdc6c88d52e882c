"""Train one job with TRL: a PEFT LoRA adapter or all weights, from its beginning or from where it stopped. Imports
everything heavy."""

from __future__ import annotations

import copy
import importlib.util
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
from trl.trainer.sft_config import SFTConfig

from trainer.base_models import without_marks
from trainer.errors import TrainingFailed
from trainer.fetch import MANIFEST
from trainer.hardware import device, dtype
from trainer.training.classification import Classes, ClassOptions, find_classes
from trainer.training.data import Pair, Reader, Tokenized, Tokens, examples_of
from trainer.training.evaluation import Answers, Preferences, Validation
from trainer.training.memory import MemoryPlan, disk_needed, find_plan, free_disk, free_memory, shape_of
from trainer.training.messages import Done, SavedModel, Started, Stopped
from trainer.training.order import Order
from trainer.training.plan import Hyperparameters, Plan, chosen
from trainer.training.reporting import ControlFlags, ReportingCallback, ResumeState, Send
from trainer.training.trainers import MARK, Preference, Supervised, last_saved, save
from trainer.weights import load, silence_transformers

# Short bursts of training on little data want a short warm-up.
_WARMUP_SHARE = 0.05
# Examples stand in one row, each blind to the others, where side by side more than this share of what is computed would
# be padding: the mask between them costs up to a seventh, padding all of its share (docs/trainer.md).
MUCH_PADDING = 0.15


def train(plan: Plan, send: Send, flags: ControlFlags) -> None:
    """Train and leave the weights of the last epochs under `plan.output`, telling the server as it goes.

    Goes on from the last state under `plan.state` if there is one. Raises TrainingFailed; anything else is a defect,
    or the machine's.
    """
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
    memory = plan_memory(plan, numbers, [*training.examples, *(held_back.examples if held_back else [])])
    saved = last_saved(state)
    total_steps = math.ceil(examples / numbers.batch_size) * numbers.n_epochs
    send(
        Started(
            **msgspec.structs.asdict(numbers),
            cut=training.cut,
            dropped=training.dropped,
            context_length=plan.context_length,
            resumed_at=int(saved.name.split("-")[-1]) if saved else None,
            classes=classes.names if classes else None,
            lineage={"base": _base(Path(plan.weights)), "settings": _settings(plan, numbers), "code": _code()},
        )
    )
    if saved is None:
        shutil.rmtree(output, ignore_errors=True)  # of an attempt that was cut off
        output.mkdir()
    set_seed(plan.seed)
    model = _model(plan, memory)
    tokenizer.chat_template = without_marks(plan.chat_template)

    def keep(model: Any, folder: Path) -> None:
        save(model, tokenizer, folder)

    trainer = _trainer(plan, numbers, memory, model, training, tokenizer, total_steps)
    validation = _validation(held_back, pad_token, memory.micro_batch, numbers.beta, trainer.model)
    reporting = ReportingCallback(
        send=send,
        flags=flags,
        output=output,
        save=keep,
        examples=examples,
        batch_size=numbers.batch_size,
        total_steps=total_steps,
        counted=trainer.counted,
        validation=validation,
        validation_batch=memory.micro_batch,
        classes=classes,
        save_seconds=plan.save_seconds,
        resumed=msgspec.json.decode((saved / MARK).read_bytes(), type=ResumeState) if saved else None,
    )
    trainer.add_callback(reporting)
    trainer.remove_callback(PrinterCallback)
    trainer.train(resume_from_checkpoint=str(saved) if saved else None)
    step = trainer.state.global_step
    if step < total_steps:
        snapshot = SavedModel(step, f"pause-{step}", reporting.metrics) if flags.model else None
        if snapshot is not None:
            keep(trainer.model, output / snapshot.folder)
        send(Stopped(snapshot))
        return
    send(Done(reporting.checkpoints, training.tokens * numbers.n_epochs))


def _base(weights: Path) -> dict[str, Any]:
    """Where the base's weights came from, with their hashes; of a folder that somebody keeps, only that."""
    manifest = weights / MANIFEST
    if not manifest.is_file():
        return {"origin": f"folder {weights.name}"}
    told = json.loads(manifest.read_text(encoding="utf-8"))
    hashes = {name: hash for name, hash in told["files"].items() if name.endswith(".safetensors")}
    return {"origin": told["origin"], "sha256": hashes}


def _settings(plan: Plan, numbers: Hyperparameters) -> dict[str, Any]:
    """Everything that decided what was learned, as the model card tells it."""
    settings = {**msgspec.structs.asdict(numbers), "learning_rate": plan.rate(numbers.learning_rate_multiplier)}
    if plan.method != "dpo":
        del settings["beta"]
    adapter = {"lora_rank": plan.lora_rank, "lora_alpha": plan.lora_alpha}
    return {**settings, **({"weights": "all"} if plan.whole else adapter), "seed": plan.seed}


def _code() -> dict[str, str]:
    names = ("finetune-bot", "torch", "transformers", "trl", "peft")
    return {name: version(name) for name in names} | {"computed_on": device().type, "in": str(dtype(device()))}


def _tokenized(plan: Plan, reader: Reader) -> tuple[Tokenized[Any], Tokenized[Any] | None]:
    def read(path: str, param: str) -> Tokenized[Any]:
        examples = examples_of(Path(path), param)
        return reader.preferences(examples, param) if plan.method == "dpo" else reader.supervised(examples, param)

    training = read(plan.training_file, "training_file")
    return training, read(plan.validation_file, "validation_file") if plan.validation_file else None


def _classes(
    plan: Plan, training: Tokenized[Any], held_back: Tokenized[Any] | None, tokenizer: Any, pad_token: int
) -> Classes | None:
    if plan.method == "dpo" or held_back is None:
        return None
    return find_classes(training.examples, held_back.examples, ClassOptions.of(plan.metadata), tokenizer, pad_token)


def plan_memory(plan: Plan, numbers: Hyperparameters, examples: list[Tokens] | list[Pair]) -> MemoryPlan:
    """How to train within the memory and disk there are. Raises TrainingFailed where there is no way."""
    shape = shape_of(Path(plan.weights))
    longest = max(example.length for example in examples)
    on = device()
    free = torch.cuda.mem_get_info()[0] if on.type == "cuda" else free_memory()
    memory = find_plan(
        shape,
        longest=longest,
        batch_size=numbers.batch_size,
        rank=plan.lora_rank,
        number_bytes=dtype(on).itemsize,
        free=free,
        reference=plan.method == "dpo",
        can_quantize=on.type == "cuda" and importlib.util.find_spec("bitsandbytes") is not None,
    )
    if memory is None:
        raise TrainingFailed(
            f"There is not enough memory to train {plan.base} on examples of up to {longest} tokens: even one at a "
            f"time needs more than the {free / 2**30:.1f} GB that are free. Use a smaller base model or shorter "
            "examples, or end other programs and start the job again.",
            code="not_enough_memory",
            param="model",
        )
    wanted, room = disk_needed(shape, plan.lora_rank), free_disk(Path(plan.output))
    if wanted > room:
        raise TrainingFailed(
            f"There is not enough disk space for this job: {wanted >> 20} MB are needed where models are kept, "
            f"{room >> 20} MB are free. Delete models or files and start the job again.",
            code="disk_full",
        )
    return memory


def _model(plan: Plan, memory: MemoryPlan) -> Any:
    # All weights are learned in fp32: in bf16 most steps are smaller than what it can tell apart.
    base = load(plan.weights, numbers=torch.float32 if plan.whole else None, four_bit=memory.four_bit)
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
) -> Supervised | Preference:
    arguments = _arguments(plan, numbers, memory, total_steps)
    fresh = not plan.whole and not isinstance(model, PeftModel)
    lora = None
    if fresh:
        lora = LoraConfig(
            r=plan.lora_rank, lora_alpha=plan.lora_alpha, target_modules="all-linear", task_type="CAUSAL_LM"
        )
    if plan.method == "dpo":
        return Preference(
            training.examples,
            model=model,
            # Over a fresh adapter the reference is the base itself; TRL copies one that is gone on from.
            peft_config=lora,
            ref_model=copy.deepcopy(model) if plan.whole else None,
            args=DPOConfig(**arguments, beta=numbers.beta),
            processing_class=tokenizer,
        )
    return Supervised(
        training.examples,
        model=get_peft_model(model, lora) if lora else model,
        args=SFTConfig(**arguments, padding_free=_in_one_row(numbers, memory, training, plan.seed)),
        processing_class=tokenizer,
    )


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


def _arguments(plan: Plan, numbers: Hyperparameters, memory: MemoryPlan, total_steps: int) -> dict[str, Any]:
    on = device()
    on_cpu = on.type == "cpu"
    return {
        "output_dir": plan.state,
        "num_train_epochs": numbers.n_epochs,
        "per_device_train_batch_size": memory.micro_batch,
        "gradient_accumulation_steps": numbers.batch_size // memory.micro_batch,
        "learning_rate": plan.rate(numbers.learning_rate_multiplier),
        "lr_scheduler_type": "linear",
        "warmup_steps": max(1, round(total_steps * _WARMUP_SHARE)),
        "seed": plan.seed,
        "data_seed": plan.seed,
        "max_length": None,  # examples are cut already
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
    }
