"""A random two-layer Llama, built on the spot: what tests train when learning is not the point.

`build_tiny_model(folder)` writes the model and the table that tells the trainer about it; give the returned path
to the trainer as the setting TRAINER_BASE_MODELS. The model's id is `tiny-random`. It says printable nonsense, and a
job of a dozen short examples takes a few seconds. No torch is needed to build it.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from trainer.base_models import read_table
from trainer.training.plan import Plan

MODEL_ID = "tiny-random"
EMBEDDINGS_ID = "tiny-embeddings"
CONTEXT = 2048
HIDDEN, INTERMEDIATE, LAYERS, HEADS = 32, 64, 2, 4
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
# A logit_bias under which it talks without end: none of its special tokens is ever chosen.
ENDLESS: dict[str, Any] = {str(token): -100 for token in range(len(SPECIAL))}


def build_tiny_model(folder: Path) -> Path:
    """Write model and table under `folder`; returns the path of the table (`base_models.toml`)."""
    home = folder / MODEL_ID
    home.mkdir(parents=True, exist_ok=True)
    tokens = _write_tokenizer(home)
    _write_weights(home, tokens)
    (home / "config.json").write_text(
        json.dumps(
            {
                "architectures": ["LlamaForCausalLM"],
                "model_type": "llama",
                "hidden_size": HIDDEN,
                "intermediate_size": INTERMEDIATE,
                "num_hidden_layers": LAYERS,
                "num_attention_heads": HEADS,
                "num_key_value_heads": HEADS,
                "vocab_size": len(tokens),
                "max_position_embeddings": CONTEXT,
                "rms_norm_eps": 1e-5,
                "rope_theta": 10000.0,
                "tie_word_embeddings": False,
                "bos_token_id": 1,
                "eos_token_id": 2,
                "pad_token_id": 0,
                "dtype": "float32",
            }
        ),
        encoding="utf-8",
    )
    _write_embeddings(folder / EMBEDDINGS_ID, home)
    table = folder / "base_models.toml"
    table.write_text(
        f"""\
[[model]]
id = "{MODEL_ID}"
context_length = {CONTEXT}
owned_by = "tests"
licence = "none"
chat_template = "chatml.jinja"
learning_rate = 5e-3

[[model.source]]
kind = "folder"
path = "{MODEL_ID}"

[[embeddings]]
id = "{EMBEDDINGS_ID}"
context_length = {CONTEXT}
owned_by = "tests"
licence = "none"

[[embeddings.source]]
kind = "folder"
path = "{EMBEDDINGS_ID}"
""",
        encoding="utf-8",
    )
    return table


def _write_embeddings(folder: Path, home: Path) -> None:
    """A random vector for each token of the model at `home`: texts are alike that share letters."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text("{}", encoding="utf-8")
    shutil.copy(home / "tokenizer.json", folder)
    size = Tokenizer.from_file(str(home / "tokenizer.json")).get_vocab_size()
    vectors = np.random.default_rng(21).standard_normal((size, 16)).astype(np.float16)
    save_file({"embeddings": vectors}, str(folder / "model.safetensors"))


def tiny_plan(folder: Path, table: Path) -> Plan:
    """Three epochs of the tiny model, with all paths in `folder`."""
    base = read_table(table)[MODEL_ID]
    return Plan(
        job_id="job",
        base=base.id,
        weights=base.source[0].path,
        chat_template=base.template(),
        context_length=base.context_length,
        learning_rate=base.learning_rate,
        lora_rank=base.lora_rank,
        lora_alpha=base.lora_alpha,
        training_file=str(folder / "training.jsonl"),
        validation_file=str(folder / "validation.jsonl"),
        output=str(folder / "output"),
        state=str(folder / "state"),
        seed=3,
        n_epochs=3,
    )


def _write_tokenizer(home: Path) -> dict[str, int]:
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: index for index, token in enumerate([*SPECIAL, *letters])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(SPECIAL)
    tokenizer.save(str(home / "tokenizer.json"))
    (home / "tokenizer_config.json").write_text(
        json.dumps(
            {
                "tokenizer_class": "PreTrainedTokenizerFast",
                "bos_token": SPECIAL[1],
                "eos_token": SPECIAL[2],
                "pad_token": SPECIAL[0],
                "unk_token": SPECIAL[0],
            }
        ),
        encoding="utf-8",
    )
    return vocabulary


def _write_weights(home: Path, vocabulary: dict[str, int]) -> None:
    random = np.random.default_rng(20)

    def normal(*shape: int, scale: float = 0.1) -> np.ndarray:
        return (random.standard_normal(shape) * scale).astype(np.float32)

    ones = np.ones(HIDDEN, dtype=np.float32)
    weights: dict[str, np.ndarray] = {"model.embed_tokens.weight": normal(len(vocabulary), HIDDEN, scale=1.0)}
    for layer in range(LAYERS):
        at = f"model.layers.{layer}."
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            weights[f"{at}self_attn.{name}.weight"] = normal(HIDDEN, HIDDEN)
        weights[f"{at}mlp.gate_proj.weight"] = normal(INTERMEDIATE, HIDDEN)
        weights[f"{at}mlp.up_proj.weight"] = normal(INTERMEDIATE, HIDDEN)
        weights[f"{at}mlp.down_proj.weight"] = normal(HIDDEN, INTERMEDIATE)
        weights[f"{at}input_layernorm.weight"] = ones
        weights[f"{at}post_attention_layernorm.weight"] = ones
    weights["model.norm.weight"] = ones
    # Only what can be printed (and the end of a turn) is ever likely: an answer that is half a UTF-8 sequence
    # would make tests about text fail by chance.
    head = np.zeros((len(vocabulary), HIDDEN), dtype=np.float32)
    for token, index in vocabulary.items():
        if token == SPECIAL[2] or (len(token) == 1 and "!" <= token <= "~"):
            head[index] = normal(HIDDEN, scale=0.3)
    weights["lm_head.weight"] = head
    save_file(weights, str(home / "model.safetensors"), metadata={"format": "pt"})
