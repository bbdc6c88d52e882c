"""From logits to the next token, and from tokens to text that may be shown."""

from __future__ import annotations

from typing import Any

import torch
from tokenizers.decoders import DecodeStream

from trainer.serving.request import Sampling
from trainer.serving.schema import Follower


class Sampler:
    """Chooses the tokens of one choice. Each of several choices draws with a seed of its own."""

    def __init__(self, sampling: Sampling, choice: int = 0, follower: Follower | None = None) -> None:
        self._sampling = sampling
        self._follower = follower
        self._random = torch.Generator()
        if sampling.seed is None:
            self._random.seed()
        else:
            self._random.manual_seed((sampling.seed + choice) % 2**63)
        self._counts: dict[int, int] = {}

    @property
    def complete(self) -> bool:
        """The schema allows nothing more."""
        return self._follower is not None and self._follower.complete

    def choose(self, logits: torch.Tensor) -> int:
        """The next token; `logits` has one number for each word of the vocabulary, and is left as it is."""
        how = self._sampling
        logits = logits.float().cpu().clone()
        for name, bias in how.logit_bias.items():
            if int(name) < logits.numel():
                logits[int(name)] += bias
        if how.frequency_penalty or how.presence_penalty:
            for token, count in self._counts.items():
                logits[token] -= how.frequency_penalty * count + how.presence_penalty
        if self._follower is not None:
            allowed = torch.from_numpy(self._follower.allowed()[: logits.numel()])
            logits[: allowed.numel()][~allowed] = float("-inf")
            logits[allowed.numel() :] = float("-inf")
        token = int(logits.argmax()) if how.temperature == 0 else self._draw(logits)
        self._counts[token] = self._counts.get(token, 0) + 1
        if self._follower is not None:
            self._follower.add(token)
        return token

    def _draw(self, logits: torch.Tensor) -> int:
        likelihood = torch.softmax(logits / self._sampling.temperature, dim=-1)
        if self._sampling.top_p >= 1:
            return int(torch.multinomial(likelihood, 1, generator=self._random))
        # Sorting the whole vocabulary is only needed where its likeliest part does not hold top_p.
        kept, tokens = likelihood.topk(min(512, likelihood.numel()))
        if float(kept.sum()) < self._sampling.top_p:
            kept, tokens = likelihood.sort(descending=True)
        before = kept.cumsum(-1) - kept
        kept = torch.where(before < self._sampling.top_p, kept, torch.zeros_like(kept))
        if not kept.any():  # top_p 0 stands for the likeliest alone
            return int(tokens[0])
        return int(tokens[int(torch.multinomial(kept, 1, generator=self._random))])


class Text:
    """Turns tokens into text piece by piece, never showing half a character or a part of a stop sequence."""

    def __init__(self, tokenizer: Any, stop: list[str], *, special: bool = False) -> None:
        """`special` tokens are shown too."""
        self._tokenizer = tokenizer
        self._stream = DecodeStream(skip_special_tokens=not special)
        self._stop = [text for text in stop if text]
        self._held = ""
        self.stopped = False

    def add(self, token: int) -> str:
        """What may be shown now that `token` has come. Sets `stopped` where a stop sequence is complete."""
        self._held += self._stream.step(self._tokenizer, token) or ""
        found = [at for stop in self._stop if (at := self._held.find(stop)) >= 0]
        if found:
            self.stopped = True
            shown, self._held = self._held[: min(found)], ""
            return shown
        keep = max((_overlap(self._held, stop) for stop in self._stop), default=0)
        shown, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        return shown

    def rest(self) -> str:
        """What was held back, once nothing more comes."""
        shown, self._held = self._held, ""
        return shown


def _overlap(text: str, stop: str) -> int:
    """How many characters at the end of `text` could be the beginning of `stop`."""
    return next((size for size in range(min(len(stop) - 1, len(text)), 0, -1) if text.endswith(stop[:size])), 0)
