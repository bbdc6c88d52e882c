"""A fine-tuned model as one GGUF file: weights, vocabulary and chat template, for llama.cpp and what is built on it.

Which tensor gets which type is llama.cpp's own recipe (`llama-quant.cpp`, read November 2026), without an importance
matrix: of K-quants the output, and every so often values and what leads out of a block, are a type finer; where a row
is no multiple of 256, a type of 32 that is as fine takes its place.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import gguf
from gguf import GGMLQuantizationType as Type
from gguf import LlamaFileType, TokenType

from trainer.base_models import without_marks
from trainer.exports.card import origin
from trainer.exports.plan import Plan
from trainer.objects import Quantization
from trainer.serving.engines import gguf_files, llama_library
from trainer.serving.vocabulary import Vocabulary
from trainer.tensors import tensors, with_adapter


class _Recipe(NamedTuple):
    """The file's type, that of most matrices, of those that are finer, and of the output."""

    file: LlamaFileType
    main: Type
    finer: Type
    output: Type


_RECIPES: dict[Quantization, _Recipe] = {
    "f16": _Recipe(LlamaFileType.MOSTLY_F16, Type.F16, Type.F16, Type.F16),
    "bf16": _Recipe(LlamaFileType.MOSTLY_BF16, Type.BF16, Type.BF16, Type.BF16),
    "q8_0": _Recipe(LlamaFileType.MOSTLY_Q8_0, Type.Q8_0, Type.Q8_0, Type.Q8_0),
    "q6_k": _Recipe(LlamaFileType.MOSTLY_Q6_K, Type.Q6_K, Type.Q6_K, Type.Q6_K),
    "q5_k_m": _Recipe(LlamaFileType.MOSTLY_Q5_K_M, Type.Q5_K, Type.Q6_K, Type.Q6_K),
    "q4_k_m": _Recipe(LlamaFileType.MOSTLY_Q4_K_M, Type.Q4_K, Type.Q6_K, Type.Q6_K),
    "q4_0": _Recipe(LlamaFileType.MOSTLY_Q4_0, Type.Q4_0, Type.Q4_0, Type.Q6_K),
}
# For rows that are no multiple of 256.
_NARROW = {Type.Q4_K: Type.Q5_0, Type.Q5_K: Type.Q5_1, Type.Q6_K: Type.Q8_0}
_NARROWEST = Type.F16  # for rows that are no multiple of 32 either

# llama.cpp knows each way of cutting text by a name.
_DIGITS = {"type": "Digits", "individual_digits": True}
_LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_QWEN2 = _LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")


class NotConvertible(ValueError):
    """A model that cannot be told to llama.cpp; the message is for people."""


def expected_bytes(plan: Plan) -> int:
    """At most about this large the file becomes, its finer tensors and the vocabulary included."""
    block, size = gguf.GGML_QUANT_SIZES[_RECIPES[plan.quantization].main]
    return sum(math.prod(tensor.shape) for tensor in tensors(plan.whole)) * size // block * 7 // 5 + (16 << 20)


def write_gguf(plan: Plan, to: Path, wrote: Callable[[int], None], threads: int) -> None:
    """NotConvertible where llama.cpp cannot read such a model."""
    if not gguf_files.convertible(plan.whole):
        raise NotConvertible("Models of this kind cannot be written as GGUF here; Llama and Qwen3 can.")
    recipe = _RECIPES[plan.quantization]
    gguf_files.write_model(
        plan.whole,
        with_adapter(tensors(plan.whole), plan.adapter),
        to,
        recipe.file,
        _types(plan, recipe),
        lambda writer: _describe(writer, plan),
        quantized=lambda numbers, kind: llama_library.quantized(numbers, kind, threads),
        wrote=wrote,
    )


def _types(plan: Plan, recipe: _Recipe) -> Callable[[str, tuple[int, ...]], Type]:
    shape = gguf_files.Shape(plan.whole)
    is_output = "token_embd" if shape.config.get("tie_word_embeddings") else "output"

    def type_of(name: str, size: tuple[int, ...]) -> Type:
        kind = recipe.main
        if name.startswith(is_output):
            kind = recipe.output
        elif name.startswith("blk.") and (".attn_v." in name or ".ffn_down." in name):
            kind = recipe.finer if _finer(int(name.split(".")[1]), shape.layers) else recipe.main
        if size[-1] % gguf.GGML_QUANT_SIZES[kind][0]:
            kind = _NARROW.get(kind, kind)
        return kind if size[-1] % gguf.GGML_QUANT_SIZES[kind][0] == 0 else _NARROWEST

    return type_of


def _finer(layer: int, layers: int) -> bool:
    eighth = layers // 8
    return layer < eighth or layer >= 7 * layers // 8 or (layer - eighth) % 3 == 2


def _describe(writer: gguf.GGUFWriter, plan: Plan) -> None:
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_name(plan.name)
    writer.add_description(f"Fine-tuned from {origin(plan.lineage)}.")
    if plan.licence:
        writer.add_license(plan.licence)
    words = Vocabulary(plan.whole)
    described = words.json()
    model = described["model"]
    if model.get("type") != "BPE":
        raise NotConvertible("Only byte-level BPE vocabularies can be written as GGUF here.")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(_pre_tokenizer(described.get("pre_tokenizer")))
    tokens, types = _tokens(model["vocab"], described.get("added_tokens") or [], words.size)
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    merges = [one if isinstance(one, str) else " ".join(one) for one in model.get("merges") or []]
    # llama.cpp wants the list, and the format has no empty ones. No text holds this pair.
    writer.add_token_merges(merges or ["\u0100 \u0100"])
    for name, add in (
        ("bos_token", writer.add_bos_token_id),
        ("eos_token", writer.add_eos_token_id),
        ("pad_token", writer.add_pad_token_id),
        ("unk_token", writer.add_unk_token_id),
    ):
        id = words.tokenizer.token_to_id(words.special.get(name, ""))
        if id is not None:
            add(id)
    begins = words.tokenizer.encode("a").ids[:1] == [words.tokenizer.token_to_id(words.special.get("bos_token", ""))]
    writer.add_add_bos_token(begins)
    writer.add_chat_template(without_marks(plan.chat_template))


def _tokens(vocabulary: dict[str, int], added: list[dict[str, Any]], size: int) -> tuple[list[str], list[int]]:
    """Texts and types of all tokens, by id; rows of the model that no token has are unused ones."""
    size = max([size, *(id + 1 for id in vocabulary.values()), *(one["id"] + 1 for one in added)])
    tokens = [f"[PAD{id}]" for id in range(size)]
    types = [int(TokenType.UNUSED)] * size
    for text, id in vocabulary.items():
        tokens[id], types[id] = text, int(TokenType.NORMAL)
    for one in added:
        kind = TokenType.CONTROL if one.get("special") else TokenType.USER_DEFINED
        tokens[one["id"]], types[one["id"]] = one["content"], int(kind)
    return tokens, types


def _pre_tokenizer(described: Any) -> str:
    """llama.cpp's name for how text is cut before it is merged. NotConvertible where it has none that is known here;
    what is named wrongly shows when the file is tried."""
    steps = described.get("pretokenizers", [described]) if isinstance(described, dict) else []
    patterns = [str((step.get("pattern") or {}).get("Regex")) for step in steps if step.get("type") == "Split"]
    own = [step for step in steps if step.get("type") == "ByteLevel" and step.get("use_regex", True)]
    if patterns == [_LLAMA3]:
        return "llama-bpe"
    if patterns == [_QWEN2]:
        return "qwen2"
    if not patterns and own:
        digits = [{name: step.get(name) for name in _DIGITS} for step in steps if step.get("type") == "Digits"]
        if not digits:
            return "gpt-2"
        if digits == [_DIGITS]:
            return "smollm"
    raise NotConvertible(
        f"It is not known here how llama.cpp would cut text for this model: {json.dumps(described)[:200]}"
    )
