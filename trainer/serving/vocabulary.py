"""From a request's prompt to token ids, and from token ids to text and bytes. Needs no torch.

A chat is rendered as transformers renders it (a test compares the two), in a fraction of the time that importing it
takes.
"""

from __future__ import annotations

import json
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Template, TemplateError, nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import AddedToken, Tokenizer, pre_tokenizers

from trainer.plain_message import plain
from trainer.serving.messages import GenerationRequest, Refusal, Refused, Text, Tokens


class Vocabulary:
    """A model's tokens. OSError where `weights` holds no readable tokenizer."""

    def __init__(self, weights: Path) -> None:
        self._file = weights / "tokenizer.json"
        try:
            self.tokenizer = Tokenizer.from_file(str(self._file))
        except Exception as error:  # the library raises nothing narrower
            raise OSError(f"{self._file} cannot be read: {error}") from error
        self._config: dict[str, Any] = _json(weights / "tokenizer_config.json")
        self.special = {name: _word(self._config[name]) for name in _SPECIAL if self._config.get(name)}
        named: list[Any] = [self.tokenizer.token_to_id(self.special.get("eos_token", ""))]
        for file in ("generation_config.json", "config.json"):
            ends = _json(weights / file).get("eos_token_id")
            named += ends if isinstance(ends, list) else [ends]
        self.ends: set[int] = {end for end in named if end is not None}
        self.size: int = _json(weights / "config.json").get("vocab_size") or self.tokenizer.get_vocab_size()

    def json(self) -> dict[str, Any]:
        """The tokenizer as its file describes it; some 20 MB."""
        return _json(self._file)

    def prompt(self, request: GenerationRequest) -> list[int]:
        """The prompt; of a conversation all messages, and the opening of the assistant's turn. Refusal where
        ids or messages are not what the model takes, or where nothing is left of its context."""
        ids = self._ids(request)
        if len(ids) >= request.model.context_length:
            raise Refusal(
                Refused("context_length_exceeded", tokens=len(ids), context_length=request.model.context_length)
            )
        return ids

    def bytes(self, id: int) -> bytes:
        """What a token stands for; of an ordinary one exactly, also where it is half a character."""
        word = self.tokenizer.id_to_token(id) or ""
        if self._byte_level and id not in self._added:
            return bytes(_BYTES[letter] for letter in word)
        if word.startswith("<0x") and len(word) == 6:
            return bytes.fromhex(word[3:5])
        return word.replace("▁", " ").encode()

    def characters(self, id: int) -> int:
        """How many characters begin in a token."""
        return sum(byte & 0xC0 != 0x80 for byte in self.bytes(id))

    def shown(self, id: int) -> bool:
        """Whether an answer shows the token: it is no special one."""
        return id not in self._added or not self._added[id].special

    def _ids(self, request: GenerationRequest) -> list[int]:
        prompt = request.generation.prompt
        if isinstance(prompt, Tokens):
            if not all(0 <= id < self.size for id in prompt.ids):
                raise Refusal(Refused("invalid_prompt", "The prompt holds ids that are no tokens of this model."))
            return prompt.ids
        if isinstance(prompt, Text):
            return self.tokenizer.encode(prompt.text).ids or [min(self.ends, default=0)]
        try:
            text = _compiled(request.model.chat_template).render(
                messages=[plain(message) for message in prompt.messages],
                tools=prompt.tools,
                add_generation_prompt=True,
                **self.special,
            )
        except (TemplateError, TypeError, ValueError) as error:
            raise Refusal(
                Refused("invalid_prompt", f"The model's chat template cannot take these messages: {error}.")
            ) from error
        return self.tokenizer.encode(text + prompt.opening, add_special_tokens=False).ids

    @cached_property
    def _added(self) -> dict[int, AddedToken]:
        return dict(self.tokenizer.get_added_tokens_decoder())

    @cached_property
    def _byte_level(self) -> bool:
        return "ByteLevel" in json.dumps(self.json().get("decoder"))


@lru_cache(maxsize=8)
def vocabulary(weights: str) -> Vocabulary:
    """The tokens of the model in this folder; each takes some 30 MB, so there is one for all."""
    return Vocabulary(Path(weights))


_SPECIAL = ("bos_token", "eos_token", "pad_token", "unk_token")


def _letters() -> dict[str, int]:
    """GPT-2's alphabet: the letter that stands for each byte in byte-level vocabularies."""
    own = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in own]
    letters = {chr(byte): byte for byte in own} | {chr(256 + place): byte for place, byte in enumerate(others)}
    assert set(letters) == set(pre_tokenizers.ByteLevel.alphabet())
    return letters


_BYTES = _letters()


class _Generation(Extension):
    """`{% generation %}` marks what training learns; to an answer it means nothing."""

    tags = {"generation"}  # noqa: RUF012 - as jinja2 declares it

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


@lru_cache(maxsize=32)
def _compiled(template: str) -> Template:
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, loopcontrols]
    )
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = _refuse
    environment.globals["strftime_now"] = lambda pattern: datetime.now().strftime(pattern)
    return environment.from_string(template)


def _to_json(value: Any, ensure_ascii: bool = False, **how: Any) -> str:
    return json.dumps(value, ensure_ascii=ensure_ascii, **how)


def _refuse(message: str) -> None:
    raise TemplateError(message)


def _word(token: Any) -> str:
    return str(token["content"] if isinstance(token, dict) else token)


def _json(file: Path) -> dict[str, Any]:
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else {}
