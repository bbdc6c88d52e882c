"""The loop that every engine answers by: read the prompt, choose a token, read it, until the choice ends."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import Literal, Protocol

import numpy as np

from trainer.serving.messages import NEVER, Conversation, Delta, End, Generation, TokenLogprob, TopLogprob
from trainer.serving.sampling import Logits, Sampler, TextStream, likeliest
from trainer.serving.schema import follow
from trainer.serving.vocabulary import Vocabulary

_PORTION = 512  # tokens of a prompt that are read at once
# Where the prompt is judged too, each of its tokens has one number for every token of the vocabulary.
_JUDGED_PORTION = 128


class Context(Protocol):
    """A model and the tokens that it has read so far."""

    def rewind(self, ids: Sequence[int]) -> int:
        """Forget everything after the longest common prefix of what was read and `ids`; returns its length."""
        ...

    def read(self, ids: Sequence[int], *, every: bool = False) -> Logits:
        """Read more tokens. Returns the logits after the last of them, shape (vocabulary,), or after `every` one, shape
        (tokens, vocabulary); the latter are valid until the next call only."""
        ...


class Answer:
    """One answer as it grows. `most` is the number of tokens that each choice may have."""

    def __init__(
        self, context: Context, vocabulary: Vocabulary, generation: Generation, prompt: list[int], most: int
    ) -> None:
        self._context = context
        self._vocabulary = vocabulary
        self._generation = generation
        self._prompt = prompt
        self._most = most

    def events(self) -> Iterator[Delta | End]:
        """Deltas and ends, about one for each token; the text of a delta may be empty. Choices come one after
        another."""
        last = yield from self._read_prompt(0)
        for choice in range(self._generation.n):
            if choice and (self._generation.echo or self._context.rewind(self._prompt) < len(self._prompt)):
                last = yield from self._read_prompt(choice)
            yield from self._choice(choice, last)

    def _choice(self, choice: int, logits: Logits) -> Iterator[Delta | End]:
        vocabulary, generation = self._vocabulary, self._generation
        follower = None if generation.schema is None else follow(vocabulary, generation.schema)
        sampler = Sampler(generation.sampling, choice, follower)
        text = TextStream(vocabulary.tokenizer, generation.stop)
        finish_reason: Literal["stop", "length"] = "length"
        ended: list[TokenLogprob] = []
        offset = 0
        if not isinstance(generation.prompt, Conversation) and generation.logprobs is not None:
            offset = sum(map(vocabulary.characters, self._prompt))
        count = 0
        while count < self._most:
            token = sampler.choose(logits)
            count += 1
            judged = self._judged(logits, token, offset)
            if token in vocabulary.ends:
                finish_reason, ended = "stop", judged
                break
            yield Delta(text.add(token), choice, judged)
            if judged:
                offset += vocabulary.characters(token) if vocabulary.shown(token) else 0
            if text.stopped or sampler.complete:
                finish_reason = "stop"
                break
            if count < self._most:
                logits = self._context.read([token])
        yield Delta(text.rest(), choice)
        yield End(finish_reason, count, choice, ended)

    def _read_prompt(self, choice: int) -> Generator[Delta, None, Logits]:
        """Read the prompt in portions, and report it where it is to be echoed. Returns the logits after its last
        token."""
        generation = self._generation
        every = generation.echo and generation.logprobs is not None
        # Tokens that are read again are computed in other portions, and may differ in the last digits.
        exact = generation.sampling.seed is not None or generation.sampling.temperature == 0
        start = self._context.rewind([] if exact or generation.echo else self._prompt[:-1])
        text = TextStream(self._vocabulary.tokenizer, [], special=True)
        offset = 0
        portion = _JUDGED_PORTION if every else _PORTION
        last: Logits | None = None
        for at in range(start, len(self._prompt), portion):
            ids = self._prompt[at : at + portion]
            logits = self._context.read(ids, every=every)
            deltas = []
            for place, token in enumerate(ids if generation.echo else []):
                judged: list[TokenLogprob] = []
                if every:
                    before = last if place == 0 else logits[place - 1]
                    judged = (
                        [token_logprob(self._vocabulary, token, 0.0)]
                        if before is None
                        else self._judged(before, token, offset)
                    )
                deltas.append(Delta(text.add(token), choice, judged))
                offset += self._vocabulary.characters(token)
            last = logits[-1].copy() if every else logits
            yield from deltas
        if generation.echo:
            yield Delta(text.rest(), choice)
        assert last is not None  # no prompt is empty
        return last

    def _judged(self, logits: Logits, token: int, offset: int) -> list[TokenLogprob]:
        """The token with its log probability, where that was asked for."""
        wanted = self._generation.logprobs
        if wanted is None:
            return []
        highest = np.max(logits)
        total = float(highest) + float(np.log(np.exp(logits - highest).sum(dtype=np.float64)))
        top = [top_logprob(self._vocabulary, int(id), float(logits[id]) - total) for id in likeliest(logits, wanted)]
        return [token_logprob(self._vocabulary, token, float(logits[token]) - total, top, offset)]


def top_logprob(vocabulary: Vocabulary, token: int, logprob: float) -> TopLogprob:
    own = vocabulary.bytes(token)
    return TopLogprob(own.decode(errors="replace"), list(own), max(logprob, NEVER))


def token_logprob(
    vocabulary: Vocabulary, token: int, logprob: float, top: Sequence[TopLogprob] = (), offset: int = 0
) -> TokenLogprob:
    """`offset`: how many characters begin before the token."""
    one = top_logprob(vocabulary, token, logprob)
    if one.bytes and one.bytes[0] & 0xC0 == 0x80:  # it goes on in the middle of a character
        offset -= 1
    return TokenLogprob(one.token, one.bytes, one.logprob, list(top), offset)
