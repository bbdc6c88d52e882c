"""A LoRA adapter with random weights, as PEFT writes it, for any model of the Llama kind. No torch is needed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file


def write_adapter(folder: Path, model: Path, *, rank: int = 8, seed: int = 0, **config: Any) -> Path:
    """Over the queries of each layer of `model`; `config` goes into adapter_config.json."""
    of = json.loads((model / "config.json").read_text(encoding="utf-8"))
    hidden, heads = of["hidden_size"], of["num_attention_heads"]
    out = heads * of.get("head_dim", hidden // heads)
    random = np.random.default_rng(seed)
    weights = {}
    for layer in range(of["num_hidden_layers"]):
        at = f"base_model.model.model.layers.{layer}.self_attn.q_proj."
        weights[f"{at}lora_A.weight"] = (random.standard_normal((rank, hidden)) * 0.2).astype(np.float32)
        weights[f"{at}lora_B.weight"] = (random.standard_normal((out, rank)) * 0.2).astype(np.float32)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(weights, str(folder / "adapter_model.safetensors"), metadata={"format": "pt"})
    described = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": str(model),
        "r": rank,
        "lora_alpha": 2 * rank,
        "target_modules": ["q_proj"],
        "bias": "none",
        **config,
    }
    (folder / "adapter_config.json").write_text(json.dumps(described), encoding="utf-8")
    return folder
