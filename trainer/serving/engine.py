"""One base model in memory, and the adapters that are put on it.

An adapter is added into the weights themselves, so a fine-tuned model answers as fast as its base; the base's own
weights are kept beside and put back before the next adapter comes, so nothing ever drifts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec
import torch
from jinja2 import TemplateError
from safetensors.torch import load_file
from transformers import AutoTokenizer, DynamicCache

from trainer.hardware import device
from trainer.serving.request import Ask, End, Piece, Refused, Said, Start, Tokens, Wanted
from trainer.serving.request import Text as Plain
from trainer.serving.sampling import Sampler, Text
from trainer.training.data import plain
from trainer.weights import load, quiet


class NotAnswerable(Exception):
    """The request is at fault; `refused` says how."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused)
        self.refused = refused


class Answer:
    """The choices of one request as they grow: iterate `said()`. Each round gives every choice one token."""

    def __init__(self, engine: Engine, ask: Ask) -> None:
        self._engine = engine
        self._request = ask.request
        self._prompt = engine.tokens(ask)
        self.prompt_tokens = len(self._prompt)
        room = ask.wanted.context_length - self.prompt_tokens
        if room <= 0:
            raise NotAnswerable(
                Refused("context_length_exceeded", tokens=self.prompt_tokens, context_length=ask.wanted.context_length)
            )
        if ask.request.schema is not None or ask.request.echo or ask.request.logprobs is not None:
            raise NotAnswerable(Refused("failed", "Schemas, echo and log probabilities are not served yet."))
        self._most = min(ask.request.max_tokens, room)

    def rounds(self) -> Iterator[list[Said]]:
        yield [Start(self.prompt_tokens)]
        going = [self._choice(number) for number in range(self._request.n)]
        while going:
            said: list[Said] = []
            for choice in list(going):
                piece = next(choice)
                said.append(piece)
                if isinstance(piece, End):
                    going.remove(choice)
            yield said

    def _choice(self, number: int) -> Iterator[Piece | End]:
        engine, sampler = self._engine, Sampler(self._request.sampling, number)
        text = Text(engine.backend_tokenizer, self._request.stop)
        cache = DynamicCache(config=engine.model.config)
        ids = torch.tensor([self._prompt], device=engine.device)
        finish_reason: Literal["stop", "length"] = "stop"
        count = 0
        while True:
            with torch.inference_mode():
                logits = engine.model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1).logits
                token = sampler.choose(logits[0, -1])
            count += 1
            if token in engine.end_tokens:
                break
            yield Piece(text.add(token), number)
            if text.stopped:
                break
            if count >= self._most:
                finish_reason = "length"
                break
            ids = torch.tensor([[token]], device=engine.device)
        yield Piece(text.rest(), number)
        yield End(finish_reason, count, number)


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

    def tokens(self, ask: Ask) -> list[int]:
        """The prompt; of a conversation all messages, and the opening of the assistant's turn."""
        prompt = ask.request.prompt
        if isinstance(prompt, Tokens):
            if not all(0 <= id < self.model.config.vocab_size for id in prompt.ids):
                raise NotAnswerable(Refused("invalid_prompt", "The prompt holds ids that are no tokens of this model."))
            return prompt.ids
        if isinstance(prompt, Plain):
            return list(self._tokenizer(prompt.text)["input_ids"]) or [self._tokenizer.bos_token_id or 0]
        try:
            text = self._tokenizer.apply_chat_template(
                [plain(message) for message in prompt.messages],
                tools=prompt.tools,
                chat_template=ask.wanted.chat_template,
                add_generation_prompt=True,
                tokenize=False,
            )
        except (TemplateError, TypeError, ValueError) as error:
            raise NotAnswerable(
                Refused("invalid_prompt", f"The model's chat template cannot take these messages: {error}.")
            ) from error
        return list(self._tokenizer(text + prompt.opening, add_special_tokens=False)["input_ids"])

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
