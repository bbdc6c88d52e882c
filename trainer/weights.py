"""Read a base model's weights, and turn GGUF into safetensors. Imports torch: for workers only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig
from transformers.distributed.configuration_utils import DistributedConfig
from transformers.utils import logging

from trainer.hardware import device, dtype

# Under this many parameters a second thread costs more than it brings: a step of a two-layer model took 0.07 s on two
# threads and 0.02 s on one, on a machine that had other things to do.
_SMALL = 10_000_000


def load(
    folder: str, *, numbers: torch.dtype | None = None, four_bit: bool = False, ranks: int = 1, sharded: bool = False
) -> Any:
    """The model in `folder`, on this machine's device, in its number type or `numbers`. Runs no code that a model
    brings.

    Each of several `ranks` has one device, and all of the model or, `sharded`, its part (FSDP2). Otherwise accelerate
    spreads the layers over the GPUs there are. That, GPUs of several ranks and `four_bit` (CUDA with bitsandbytes) are
    untried.
    """
    on = device()
    more: dict[str, Any] = {}
    if four_bit:
        quantization: Any = BitsAndBytesConfig  # carries no types
        more["quantization_config"] = quantization(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype(on)
        )
    spread = on.type == "cuda" and torch.cuda.device_count() > 1 and ranks == 1
    if sharded:
        more["distributed_config"] = DistributedConfig(fsdp_size=ranks)
    elif spread or four_bit:
        more["device_map"] = "auto" if spread else {"": torch.cuda.current_device()}
    model: Any = AutoModelForCausalLM.from_pretrained(
        folder, dtype=numbers or dtype(on), use_safetensors=True, trust_remote_code=False, local_files_only=True, **more
    )
    if model.num_parameters() < _SMALL:
        torch.set_num_threads(1)
    return model if sharded or "device_map" in more else model.to(on)


def convert_gguf(gguf: Path, into: Path) -> None:
    """Read GGUF weights and write them as bf16 safetensors, with their tokenizer."""
    silence_transformers()
    where = {"pretrained_model_name_or_path": str(gguf.parent), "gguf_file": gguf.name}
    model: Any = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.bfloat16)
    # save_pretrained refuses a model that a quantizer has read, until its marks are gone.
    model.hf_quantizer = None
    model.is_quantized = False
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.save_pretrained(into)
    AutoTokenizer.from_pretrained(**where).save_pretrained(into)


def merge(folder: str, adapter: str, into: Path, chat_template: str) -> None:
    """Write the model in `folder` with a LoRA adapter added into its weights, as safetensors, with its tokenizer."""
    from peft import PeftModel  # not for the serving worker, which merges by itself

    silence_transformers()
    base: Any = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, use_safetensors=True, trust_remote_code=False, local_files_only=True
    )
    model: Any = PeftModel.from_pretrained(base, adapter).merge_and_unload()
    model.to(torch.bfloat16).save_pretrained(into)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = chat_template
    tokenizer.save_pretrained(into)


def silence_transformers() -> None:
    """Keep transformers' progress bars and advice out of the logs."""
    loud: Any = logging  # its functions carry no types
    loud.disable_progress_bar()
    loud.set_verbosity_error()
