"""Answers by transformers: any model, any request, on whatever device there is; one base model in memory.

An adapter is added into the weights themselves, so a fine-tuned model answers as fast as its base; the base's own
weights are kept beside (on a CPU they stay in their file) and put back before the next adapter comes, so nothing ever
drifts.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec
import torch
from safetensors.torch import load_file
from transformers import DynamicCache

from trainer.hardware import device
from trainer.serving.prompt import Vocabulary, vocabulary
from trainer.serving.request import NEVER, Ask, Chosen, Conversation, End, Likely, Piece, Said, Start, Wanted
from trainer.serving.sampling import Sampler, Text
from trainer.serving.schema import Schemas
from trainer.weights import load, quiet

_L = TypeVar("_L", bound=Likely)

_PORTION = 256  # tokens


class Answer:
    """The choices of one request as they grow: iterate `rounds()`. Each round gives every choice one token."""

    def __init__(self, engine: Engine, ask: Ask) -> None:
        self._engine = engine
        self._request = ask.request
        self._prompt = engine.vocabulary.prompt(ask)
        self._most = min(ask.request.max_tokens, ask.wanted.context_length - len(self._prompt))
        schema = ask.request.schema
        self._followers = [None if schema is None else engine.schemas.follow(schema) for _ in range(ask.request.n)]

    def rounds(self) -> Iterator[list[Said]]:
        yield [Start(len(self._prompt))]
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
        engine, request = self._engine, self._request
        sampler = Sampler(request.sampling, number, self._followers[number])
        text = Text(engine.vocabulary.tokenizer, request.stop)
        cache = DynamicCache(config=engine.model.config)
        logits = yield from self._read_prompt(cache, number)
        finish_reason: Literal["stop", "length"] = "length"
        ended: list[Chosen] = []
        offset = 0 if isinstance(request.prompt, Conversation) else sum(map(engine.vocabulary.characters, self._prompt))
        count = 0
        while count < self._most:
            token = sampler.choose(logits)
            count += 1
            chosen = self._chosen(logits, token, offset)
            if token in engine.vocabulary.ends:
                finish_reason, ended = "stop", chosen
                break
            yield Piece(text.add(token), number, chosen)
            offset += engine.vocabulary.characters(token) if engine.vocabulary.shown(token) else 0
            if text.stopped or sampler.complete:
                finish_reason = "stop"
                break
            if count < self._most:
                logits = self._read([token], cache)[-1]
        yield Piece(text.rest(), number)
        yield End(finish_reason, count, number, ended)

    def _read_prompt(self, cache: DynamicCache, number: int) -> Generator[Piece, None, torch.Tensor]:
        """Read the prompt, in portions: what is thought of each of its tokens is as large as the vocabulary. Tells it,
        where that was asked for. Returns the logits (word) after its last token."""
        words, request = self._engine.vocabulary, self._request
        text = Text(words.tokenizer, [], special=True)
        offset = 0
        logits: list[torch.Tensor] = []  # the last of the portion before, then those of this one
        for start in range(0, len(self._prompt), _PORTION):
            ids = self._prompt[start : start + _PORTION]
            logits = [*logits[-1:], *self._read(ids, cache)]
            pieces = []
            for place, token in enumerate(ids if request.echo else []):
                tokens: list[Chosen] = []
                if start + place == 0 and request.logprobs is not None:
                    tokens = [self._told(Chosen, token, 0.0)]
                elif request.logprobs is not None:
                    tokens = self._chosen(logits[place - (start == 0)], token, offset)
                pieces.append(Piece(text.add(token), number, tokens))
                offset += words.characters(token)
            logits = [logits[-1].clone()]  # lets go of all others
            yield from pieces
        if request.echo:
            yield Piece(text.rest(), number)
        return logits[-1]

    def _read(self, ids: list[int], cache: DynamicCache) -> torch.Tensor:
        """Logits (place, word) after the last of `ids`; after each of them where the prompt is told with its own."""
        keep = 0 if self._request.echo and self._request.logprobs is not None else 1
        with torch.inference_mode():
            answer: Any = self._engine.model(
                input_ids=torch.tensor([ids], device=self._engine.device),
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=keep,
            )
        logits: torch.Tensor = answer.logits[0]
        return logits

    def _chosen(self, logits: torch.Tensor, token: int, offset: int) -> list[Chosen]:
        """The token as the model judged it, where that was asked for."""
        wanted = self._request.logprobs
        if wanted is None:
            return []
        logs = torch.log_softmax(logits.float(), dim=-1)
        values, ids = logs.topk(min(wanted, logs.numel()))
        top = [self._told(Likely, id, value) for id, value in zip(ids.tolist(), values.tolist(), strict=True)]
        chosen = self._told(Chosen, token, float(logs[token]))
        if chosen.bytes and chosen.bytes[0] & 0xC0 == 0x80:  # it goes on in the middle of a character
            offset -= 1
        return [msgspec.structs.replace(chosen, top=top, offset=offset)]

    def _told(self, kind: type[_L], token: int, logprob: float) -> _L:
        own = self._engine.vocabulary.bytes(token)
        return kind(token=own.decode(errors="replace"), bytes=list(own), logprob=max(logprob, NEVER))


class Engine:
    def __init__(self) -> None:
        quiet()
        self.device = device()
        self.model: Any = None
        self.wanted: Wanted | None = None
        self.vocabulary: Vocabulary
        self._schemas: Schemas | None = None
        self._originals: dict[str, torch.Tensor] = {}

    @property
    def schemas(self) -> Schemas:
        if self._schemas is None:
            self._schemas = Schemas(self.vocabulary)
        return self._schemas

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

    def forget(self, folder: str) -> None:
        """A fine-tuned model was deleted: no answer may come from it any more."""
        if self.wanted is not None and folder == self.wanted.adapter:
            self.use(msgspec.structs.replace(self.wanted, adapter=None))
        elif self.wanted is not None and folder == self.wanted.weights:
            self.model = self.wanted = None

    def _load(self, wanted: Wanted) -> None:
        self.model = self.wanted = None  # free the old one first
        self._originals = {}
        self._schemas = None
        self.vocabulary = vocabulary(wanted.weights)
        self.model = load(wanted.weights).eval()

    @torch.inference_mode()
    def _restore(self) -> None:
        for name, original in self._originals.items():
            self.model.get_parameter(name).data = original
        self._originals = {}

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
            weight = self.model.get_parameter(target)
            self._originals[target] = weight.data
            change = (up.float() @ down.float()).to(self.device) * scale
            weight.data = (weight.data.float() + change).to(weight.dtype)
