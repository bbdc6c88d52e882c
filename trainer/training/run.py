"""Train one job with TRL's SFTTrainer and a PEFT LoRA adapter. Imports everything heavy."""

from __future__ import annotations

import math
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset  # type: ignore[import-untyped]  # ships no types
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoTokenizer, PrinterCallback, set_seed
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from bot.datasets import auto_epochs
from trainer.hardware import device
from trainer.training.callback import Between, Send
from trainer.training.data import Tokenized, tokenize_file
from trainer.training.plan import Hyperparameters, Plan, auto_batch_size, micro_batch
from trainer.weights import load, quiet

# Short bursts of training on little data want a short warm-up.
_WARMUP_SHARE = 0.05


def train(plan: Plan, send: Send, go: threading.Event) -> None:
    """Train and leave checkpoints (adapters) under `plan.output`, telling the server as it goes.

    Raises TrainingFailed; anything else is a defect, or the machine's.
    """
    quiet()
    tokenizer = AutoTokenizer.from_pretrained(plan.weights)
    training, validation = _tokenized(plan, tokenizer)
    examples = len(training.examples)
    chosen = Hyperparameters(
        n_epochs=plan.n_epochs or auto_epochs(examples).count,
        batch_size=plan.batch_size or auto_batch_size(examples),
        learning_rate_multiplier=plan.learning_rate_multiplier or 1.0,
    )
    micro = micro_batch(chosen.batch_size)
    steps_per_epoch = math.ceil(examples / chosen.batch_size)
    total_steps = steps_per_epoch * chosen.n_epochs
    send(
        kind="started",
        n_epochs=chosen.n_epochs,
        batch_size=chosen.batch_size,
        learning_rate_multiplier=chosen.learning_rate_multiplier,
        cut=training.cut,
        dropped=training.dropped,
        examples=examples,
        context_length=plan.context_length,
    )
    output = Path(plan.output)
    shutil.rmtree(output, ignore_errors=True)  # of an attempt that was cut off
    output.mkdir(parents=True)
    set_seed(plan.seed)
    pad_token = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    trainer = SFTTrainer(
        model=_model(plan),
        args=_arguments(plan, chosen, micro, total_steps),
        train_dataset=_dataset(training),
        processing_class=tokenizer,
        callbacks=[
            Between(
                send=send,
                go=go,
                output=output,
                steps_per_epoch=steps_per_epoch,
                total_steps=total_steps,
                validation=validation.examples if validation else [],
                pad_token=pad_token,
                batch_size=micro,
            )
        ],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    send(kind="done", trained_tokens=training.tokens * chosen.n_epochs, at=time.time())


def _tokenized(plan: Plan, tokenizer: Any) -> tuple[Tokenized, Tokenized | None]:
    def read(path: str, param: str) -> Tokenized:
        return tokenize_file(Path(path), tokenizer, plan.chat_template, plan.context_length, param)

    training = read(plan.training_file, "training_file")
    return training, read(plan.validation_file, "validation_file") if plan.validation_file else None


def _dataset(tokenized: Tokenized) -> Dataset:
    return Dataset.from_dict(
        {
            "input_ids": [example.input_ids for example in tokenized.examples],
            "labels": [example.labels for example in tokenized.examples],
        }
    )


def _model(plan: Plan) -> Any:
    base = load(plan.weights)
    if plan.adapter is not None:
        return PeftModel.from_pretrained(base, plan.adapter, is_trainable=True)
    lora = LoraConfig(r=plan.lora_rank, lora_alpha=plan.lora_alpha, target_modules="all-linear", task_type="CAUSAL_LM")
    return get_peft_model(base, lora)


def _arguments(plan: Plan, chosen: Hyperparameters, micro: int, total_steps: int) -> SFTConfig:
    on_cpu = device().type == "cpu"
    return SFTConfig(
        output_dir=plan.output,
        num_train_epochs=chosen.n_epochs,
        per_device_train_batch_size=micro,
        gradient_accumulation_steps=chosen.batch_size // micro,
        learning_rate=plan.learning_rate * chosen.learning_rate_multiplier,
        lr_scheduler_type="linear",
        warmup_steps=max(1, round(total_steps * _WARMUP_SHARE)),
        seed=plan.seed,
        data_seed=plan.seed,
        max_length=None,  # examples are cut already
        logging_steps=1,
        save_strategy="no",  # the callback saves adapters; optimizer states are not kept
        report_to="none",
        disable_tqdm=True,
        gradient_checkpointing=False,
        # The weights are loaded in the right type and the adapter in fp32: autocast would only convert back and
        # forth (0.47 s a step without it, 0.55 s with it).
        bf16=False,
        use_cpu=on_cpu,
        dataloader_pin_memory=not on_cpu and torch.cuda.is_available(),
    )
