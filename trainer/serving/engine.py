"""One base model in memory, and the adapters that are put on it.

An adapter is added into the weights themselves, so a fine-tuned model answers as fast as its base; the base's own
weights are kept beside and put back before the next adapter comes, so nothing ever drifts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer, DynamicCache

from trainer.hardware import device
from trainer.serving.sampling import Sampler, Sampling, Text
from trainer.training.data import plain
from trainer.weights import load, quiet


class Wanted(msgspec.Struct, frozen=True):
    """The model that a chat asks for: folders of the base's weights and of the adapter (None: the base itself)."""

    base: str
    weights: str
    chat_template: str
    context_length: int
    adapter: str | None = None


class Chat(msgspec.Struct, frozen=True):
    """One request. `id` names it between server and worker."""

    id: str
    wanted: Wanted
    messages: list[dict[str, Any]]
    sampling: Sampling
    tools: list[dict[str, Any]] | None = None


class ContextExceeded(Exception):
    def __init__(self, tokens: int, context_length: int) -> None:
        super().__init__(tokens, context_length)
        self.tokens = tokens
        self.context_length = context_length


class Answer:
    """An answer as it grows: iterate for pieces of text. `prompt_tokens`, `completion_tokens` and, at the end,
    `finish_reason` tell the rest."""

    def __init__(self, engine: Engine, chat: Chat) -> None:
        self.chat = chat
        self.finish_reason = "stop"
        self.completion_tokens = 0
        self._engine = engine
        self._prompt = engine.tokens(chat)
        self.prompt_tokens = len(self._prompt)
        if self.prompt_tokens >= chat.wanted.context_length:
            raise ContextExceeded(self.prompt_tokens, chat.wanted.context_length)
        self._most = min(chat.sampling.max_tokens, chat.wanted.context_length - self.prompt_tokens)

    def pieces(self) -> Iterator[str]:
        engine, sampler = self._engine, Sampler(self.chat.sampling)
        text = Text(engine.backend_tokenizer, self.chat.sampling.stop)
        cache = DynamicCache(config=engine.model.config)
        ids = torch.tensor([self._prompt], device=engine.device)
        while True:
            with torch.inference_mode():
                logits = engine.model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1).logits
                token = sampler.choose(logits[0, -1])
            self.completion_tokens += 1
            if token in engine.end_tokens:
                break
            yield text.add(token)
            if text.stopped:
                break
            if self.completion_tokens >= self._most:
                self.finish_reason = "length"
                break
            ids = torch.tensor([[token]], device=engine.device)
        yield text.rest()


class Engine:
    def __init__(self) -> None:
        quiet()
        self.device = device()
        self.model: Any = None
        self.wanted: Wanted | None = None
        self.end_tokens: set[int] = set()
        self._tokenizer: Any = None
        self._originals: dict[str, torch.Tensor] = {}

    @property
    def backend_tokenizer(self) -> Any:
        return self._tokenizer.backend_tokenizer

    def use(self, wanted: Wanted) -> None:
        """Make ready to answer as `wanted`. OSError where weights or adapter are gone."""
        if wanted == self.wanted:
            return
        if self.wanted is None or self.wanted.weights != wanted.weights:
            self._load(wanted)
        self._restore()
        # Until the adapter is wholly in, the weights are nobody's.
        self.wanted = None
        if wanted.adapter is not None:
            self._merge(Path(wanted.adapter))
        self.wanted = wanted

    def forget(self, adapter: str) -> None:
        """The adapter was deleted: no answer may come from it any more."""
        if self.wanted is not None and self.wanted.adapter == adapter:
            self.use(msgspec.structs.replace(self.wanted, adapter=None))

    def tokens(self, chat: Chat) -> list[int]:
        """The prompt: all messages, and the opening of the assistant's turn."""
        encoded = self._tokenizer.apply_chat_template(
            [plain(message) for message in chat.messages],
            tools=chat.tools,
            chat_template=chat.wanted.chat_template,
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
        )
        return list(encoded["input_ids"])

    def _load(self, wanted: Wanted) -> None:
        self.model = self.wanted = None  # free the old one first
        self._originals = {}
        self._tokenizer = AutoTokenizer.from_pretrained(wanted.weights)
        self.model = load(wanted.weights).eval()
        ends = self.model.generation_config.eos_token_id
        self.end_tokens = {self._tokenizer.eos_token_id, *([ends] if isinstance(ends, int) else ends or [])}

    @torch.inference_mode()
    def _restore(self) -> None:
        for name, original in self._originals.items():
            self.model.get_parameter(name).data.copy_(original)

    @torch.inference_mode()
    def _merge(self, adapter: Path) -> None:
        config = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
        scale = config["lora_alpha"] / config["r"]
        parts = load_file(adapter / "adapter_model.safetensors")
        for name, down in parts.items():
            if not name.endswith(".lora_A.weight"):
                continue
            up = parts[name.replace(".lora_A.", ".lora_B.")]
            target = name.removeprefix("base_model.model.").replace(".lora_A.weight", ".weight")
            weight = self.model.get_parameter(target).data
            original = self._originals.setdefault(target, weight.clone())
            change = (up.float() @ down.float()).to(self.device) * scale
            weight.copy_((original.float() + change).to(weight.dtype))
