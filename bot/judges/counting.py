"""Counting what a judge would be asked, and what that would cost, without asking it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final

import msgspec

from bot.evaluations.evaluation import EvaluationStore
from bot.evaluations.model_answers import ModelAnswers, asked_of_judge
from bot.evaluations.pace import FIRST, OWN_AT_A_TIME
from bot.judges.asking import Questions
from bot.providers.chat import Usage
from bot.spending.model_use import ModelSpending
from bot.worker_processes import Pool, WorkerPools
from graders.judging import VERDICT_TOKENS, any_verdict
from training_files import lookup
from training_files.catalog import base_of
from training_files.tokens import tokenizer_for

_AT_ONCE: Final = 200
_LOOKED_AT: Final = 2_000
_FRAME: Final = 4


class Counted(msgspec.Struct, frozen=True):
    """`calls` are missing, `cached` are there. `usd`, `seconds` (of what is missing): None where nobody knows."""

    calls: int
    cached: int
    usd: float | None
    seconds: float | None
    unpriced: tuple[str, ...]


class CallCounter:
    def __init__(
        self,
        answers: ModelAnswers,
        store: EvaluationStore,
        spending: ModelSpending,
        pools: WorkerPools,
        tokenizers: Path | None = None,
    ) -> None:
        self._answers = answers
        self._store = store
        self._spending = spending
        self._pools = pools
        self._tokenizers = tokenizers

    async def count(self, questions: Questions, kept_in: str) -> Counted:
        """Of very many the first are looked at, and stand for the others. `kept_in`: see `answer_keys`."""
        tally = _Tally()
        listener = _Listener(self._answers, questions.file, kept_in)
        async with aclosing(questions.each):
            async for question in questions.each:
                await question(listener, listener)
                tally.looked_at += 1
                if tally.looked_at % _AT_ONCE == 0:
                    await self._add(tally, listener)
                if tally.looked_at == _LOOKED_AT:
                    break
        await self._add(tally, listener)
        share = (questions.answers + questions.pairs) / max(tally.looked_at, 1)
        usd, seconds, unpriced = await self._price(tally, share)
        return Counted(round(sum(tally.calls.values()) * share), round(tally.cached * share), usd, seconds, unpriced)

    async def _add(self, tally: "_Tally", listener: "_Listener") -> None:
        """What the judge was asked, but for what is counted already."""
        asked = {keys: one for keys, one in listener.asked.items() if keys not in tally.seen}
        listener.asked.clear()
        tally.seen |= asked.keys()
        known = await self._store.known_answers({key for keys in asked for key in keys})
        texts: dict[str, list[str]] = {}
        for keys, (model, text) in asked.items():
            if known.intersection(keys):
                tally.cached += 1
            else:
                texts.setdefault(model, []).append(text)
        counted = await self._pools.run(_tokens, texts, self._tokenizers, pool=Pool.GRADING) if texts else {}
        for model, tokens in counted.items():
            tally.calls[model] += len(texts[model])
            tally.tokens[model] += tokens

    async def _price(self, tally: "_Tally", share: float) -> tuple[float | None, float | None, tuple[str, ...]]:
        usd, unpriced = 0.0, []
        seconds: float | None = 0.0
        for model, count in tally.calls.items():
            provider = await self._answers.provider_of(model)
            used = Usage(round(tally.tokens[model] * share), round(VERDICT_TOKENS * count * share))
            price = self._spending.cost(used, model, provider.name)
            usd += price or 0.0
            if price is None:
                unpriced.append(model)
            each = await self._store.seconds_per_answer(model)
            at_a_time = OWN_AT_A_TIME if self._spending.is_free(model, provider.name) else FIRST
            seconds = None if each is None or seconds is None else seconds + each * count * share / at_a_time
        return None if unpriced else usd, seconds, tuple(unpriced)


class _Tally:
    """`seen`: the keys of each answer, of which `cached` are there; by model, calls that are missing and the tokens of
    their prompts."""

    def __init__(self) -> None:
        self.looked_at = 0
        self.seen: set[tuple[str, ...]] = set()
        self.cached = 0
        self.calls: Counter[str] = Counter()
        self.tokens: Counter[str] = Counter()


class _Listener:
    """Stands where a judge and a model for embeddings stand: notes what they are asked, and gives any answer that can
    be read. `asked`: model and text by the answer's keys."""

    def __init__(self, answers: ModelAnswers, file: str, kept_in: str) -> None:
        self.asked: dict[tuple[str, ...], tuple[str, str]] = {}
        self._answers = answers
        self._file = file
        self._kept_in = kept_in

    async def ask(self, model: str, messages: Sequence[Mapping[str, Any]], parameters: Mapping[str, Any]) -> str:
        asked = asked_of_judge(model, messages, parameters, self._file, self._kept_in)
        text = "\n".join(message.content for message in asked.messages)
        self.asked[asked.keys((await self._answers.provider_of(model)).name)] = model, text
        return any_verdict(parameters)

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return [[1.0] for _ in texts]


def _tokens(texts: Mapping[str, Sequence[str]], tokenizers: Path | None) -> dict[str, int]:
    """Of the prompts for each model. For a worker process."""
    counted = {}
    for model, told in texts.items():
        base = base_of(model)
        tokenizer = tokenizer_for(base, lookup(base), tokenizers)
        counted[model] = sum(tokenizer.count(list(told))) + _FRAME * 2 * len(told)
    return counted
