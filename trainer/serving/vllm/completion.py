"""One generation as vLLM's `/v1/completions` takes it, and what comes back as our events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from trainer.serving.generation import token_logprob, top_logprob
from trainer.serving.messages import Conversation, Delta, End, Generation, StreamEvent, TokenLogprob
from trainer.serving.sampling import TextStream
from trainer.serving.vllm.replica import ReplicaFailed
from trainer.serving.vocabulary import Vocabulary

_TOKEN = "token_id:"  # how vLLM writes a token where ids are asked for
_EVENT = b"data: "


def completion(model: str, generation: Generation, prompt: list[int], most: int, vocabulary: Vocabulary) -> Any:
    """The request's body. What generation_config.json would set is named too, so that it does not."""
    sampling = generation.sampling
    return {
        "model": model,
        "prompt": prompt,
        "max_tokens": most,
        # It refuses to say the same several times.
        "n": generation.n if sampling.temperature else 1,
        "stream": True,
        "echo": generation.echo and generation.logprobs is not None,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": 0,
        "min_p": 0.0,
        "repetition_penalty": 1.0,
        "frequency_penalty": sampling.frequency_penalty,
        "presence_penalty": sampling.presence_penalty,
        "logit_bias": {id: bias for id, bias in sampling.logit_bias.items() if int(id) < vocabulary.size} or None,
        "seed": sampling.seed,
        "stop": [text for text in generation.stop if text],
        "stop_token_ids": sorted(vocabulary.ends),
        "logprobs": generation.logprobs,
        "structured_outputs": None if generation.schema is None else {"json": generation.schema},
        "return_token_ids": True,
        "return_tokens_as_token_ids": True,
    }


class _Logprobs(msgspec.Struct):
    tokens: list[str]
    token_logprobs: list[float | None]
    top_logprobs: list[dict[str, float] | None]


class _ChoiceChunk(msgspec.Struct):
    index: int
    token_ids: list[int] | None = None
    logprobs: _Logprobs | None = None
    finish_reason: str | None = None


class _Chunk(msgspec.Struct):
    choices: list[_ChoiceChunk] = []
    error: Any = None


_decoder = msgspec.json.Decoder(_Chunk)


class CompletionReader:
    """Reads the stream of one answer. Tokens that arrive together are told in one delta."""

    def __init__(self, generation: Generation, vocabulary: Vocabulary, prompt: list[int], most: int) -> None:
        self._rest = b""
        self._most = most
        self._choices = [_Choice(at, generation, vocabulary, prompt) for at in range(generation.n)]
        self._alike = not generation.sampling.temperature
        self._echo = prompt if generation.echo and generation.logprobs is None else []

    @property
    def complete(self) -> bool:
        return all(choice.ended for choice in self._choices)

    def opening(self) -> Iterator[StreamEvent]:
        """The prompt, where it is to be echoed and needs no judgement of the model."""
        for choice in self._choices if self._echo else []:
            yield from choice.echoed(self._echo)
            if not self._most:
                choice.ended = True
                yield End("length", 0, choice.index)

    def feed(self, received: bytes) -> Iterator[StreamEvent]:
        """ReplicaFailed where vLLM gave up, or said what is none of its."""
        *whole, self._rest = (self._rest + received).split(b"\n\n")
        for event in whole:
            if event.startswith(_EVENT + b"{"):
                try:
                    chunk = _decoder.decode(event[len(_EVENT) :])
                except msgspec.MsgspecError as error:
                    raise ReplicaFailed(f"it cannot be understood ({error})") from error
                if chunk.error is not None:
                    raise ReplicaFailed(f"it broke an answer off ({_message(chunk.error)})")
                for one in chunk.choices:
                    for choice in self._choices if self._alike else [self._choices[one.index]]:
                        choice.add(one)
        for choice in self._choices:
            yield from choice.said()


class _Choice:
    def __init__(self, index: int, generation: Generation, vocabulary: Vocabulary, prompt: list[int]) -> None:
        self.ended = False
        self.index = index
        self._vocabulary = vocabulary
        self._wanted = generation.logprobs
        self._text = TextStream(vocabulary.tokenizer, generation.stop)
        self._echoing = len(prompt) if generation.echo and generation.logprobs is not None else 0
        self._echo = TextStream(vocabulary.tokenizer, [], special=True)
        self._offset = 0
        if not isinstance(generation.prompt, Conversation) and generation.logprobs is not None and not generation.echo:
            self._offset = sum(map(vocabulary.characters, prompt))
        self._count = 0
        self._new = ""
        self._tokens: list[TokenLogprob] = []
        self._end: End | None = None

    def echoed(self, prompt: list[int]) -> Iterator[Delta]:
        for token in prompt:
            yield Delta(self._echo.add(token), self.index)
        yield Delta(self._echo.rest(), self.index)

    def add(self, chunk: _ChoiceChunk) -> None:
        judged = chunk.logprobs
        if judged is None:
            for token in chunk.token_ids or []:
                self._add(token, [])
        else:
            for name, logprob, top in zip(judged.tokens, judged.token_logprobs, judged.top_logprobs, strict=True):
                token = int(name.removeprefix(_TOKEN))
                self._add(token, [self._judged(token, logprob, top or {})])
        if chunk.finish_reason is not None and self._end is None:
            if chunk.finish_reason not in ("stop", "length"):
                raise ReplicaFailed(f"it broke an answer off ({chunk.finish_reason})")
            self._finish("stop" if chunk.finish_reason == "stop" else "length")

    def said(self) -> Iterator[Delta | End]:
        """What has come since it was last asked."""
        if self.ended:
            return
        if self._end is not None:
            self._new += self._text.rest()
        if self._new or self._tokens:
            yield Delta(self._new, self.index, self._tokens)
            self._new, self._tokens = "", []
        if self._end is not None:
            self.ended = True
            yield self._end

    def _finish(self, reason: Literal["stop", "length"], last: list[TokenLogprob] | None = None) -> None:
        self._end = End(reason, self._count, self.index, last or [])

    def _add(self, token: int, judged: list[TokenLogprob]) -> None:
        vocabulary = self._vocabulary
        if self._end is not None:
            return
        if self._echoing:
            self._echoing -= 1
            self._new += self._echo.add(token) + ("" if self._echoing else self._echo.rest())
            self._tokens += judged
            self._offset += vocabulary.characters(token)
            return
        self._count += 1
        if token in vocabulary.ends:
            self._finish("stop", judged)
            return
        self._new += self._text.add(token)
        self._tokens += judged
        if judged and vocabulary.shown(token):
            self._offset += vocabulary.characters(token)
        if self._text.stopped:
            self._finish("stop")

    def _judged(self, token: int, logprob: float | None, top: dict[str, float]) -> TokenLogprob:
        """`top` of vLLM holds the token itself too, wherever it stands."""
        ranked = sorted(top.items(), key=lambda one: -one[1])[: 0 if logprob is None else self._wanted]
        alternatives = [top_logprob(self._vocabulary, int(name.removeprefix(_TOKEN)), one) for name, one in ranked]
        return token_logprob(self._vocabulary, token, logprob or 0.0, alternatives, self._offset)


def _message(error: Any) -> str:
    return str(error.get("message", error) if isinstance(error, dict) else error)
