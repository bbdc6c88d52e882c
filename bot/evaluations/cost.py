"""What an evaluation takes: money and time, for the answers that are not there yet and what grades them."""

import asyncio
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import msgspec

from bot.evaluations.evaluation import DrawnItem, Evaluation, EvaluationStore
from bot.evaluations.model_answers import EmbeddingModel, embedding_model
from bot.evaluations.pace import FIRST, OWN_AT_A_TIME
from bot.evaluations.survey import Survey, answer_keys
from bot.models.catalogue import Catalogue
from bot.providers.chat import Usage
from bot.spending.model_use import ModelSpending
from graders.grader import judges, needs_embeddings
from graders.judging import VERDICT_TOKENS
from graders.reading import grader_of
from training_files.catalog import base_of

# Of a question of the control set, and of an answer to it, about.
_CONTROL_TOKENS: Final = 40
# Of what a judge is told beside question and answer, about.
_JUDGE_TOKENS: Final = 300


class Cost(msgspec.Struct, frozen=True):
    """`answers` are asked for, `cached` are there. `usd` is without the `unpriced` models. `seconds`: None where nobody
    knows. `free`: all runs on own hardware."""

    answers: int
    cached: int
    usd: float
    seconds: float | None
    free: bool
    unpriced: tuple[str, ...]


class _Share(msgspec.Struct, frozen=True):
    """What one model costs. `usd`: None where nobody knows."""

    model: str
    usd: float | None
    free: bool
    answers: int = 0
    cached: int = 0
    seconds: float | None = 0.0


class EvaluationCost:
    def __init__(
        self,
        evaluations: EvaluationStore,
        catalogue: Catalogue,
        spending: ModelSpending,
        embeddings: Mapping[str, EmbeddingModel] = MappingProxyType({}),
    ) -> None:
        self._evaluations = evaluations
        self._catalogue = catalogue
        self._spending = spending
        self._embeddings = embeddings

    async def of(self, evaluation: Evaluation, read: Survey, drawn: Sequence[DrawnItem]) -> Cost:
        """`drawn`: with those of the control set. Raises ProviderError."""
        grader = grader_of(evaluation.grader)
        shares = [await self._answering(model, evaluation, read, drawn) for model in evaluation.models]
        shares += [await self._judging(judge, evaluation, read) for judge in judges(grader)]
        if self._embeddings and needs_embeddings(grader):
            model = await embedding_model(self._catalogue, self._embeddings, evaluation.models)
            shares += [self._embedding(model, evaluation, read)] if model else []
        seconds = [share.seconds for share in shares if share.seconds is not None]
        return Cost(
            answers=sum(share.answers for share in shares),
            cached=sum(share.cached for share in shares),
            usd=sum(share.usd or 0.0 for share in shares),
            seconds=sum(seconds) if len(seconds) == len(shares) else None,
            free=all(share.free for share in shares),
            unpriced=tuple(share.model for share in shares if share.usd is None),
        )

    async def _answering(self, model: str, evaluation: Evaluation, read: Survey, drawn: Sequence[DrawnItem]) -> _Share:
        provider = (await self._catalogue.provider_of(model)).name
        wanted = await asyncio.to_thread(_keys, evaluation, model, provider, drawn)
        known = await self._evaluations.known_answers({key for keys in wanted for key in keys})
        missing = sum(known.isdisjoint(keys) for keys in wanted)
        each = await self._evaluations.seconds_per_answer(model)
        free = self._spending.is_free(model, provider)
        times, base = missing / len(drawn), base_of(model)
        control = _CONTROL_TOKENS * (len(drawn) - len(read.drawn))
        used = Usage(
            round((read.prompt_tokens[base] + control) * times), round((read.answer_tokens[base] + control) * times)
        )
        return _Share(
            model,
            self._spending.cost(used, model, provider),
            free,
            answers=missing,
            cached=len(drawn) * evaluation.samples - missing,
            seconds=None if each is None else each * missing / (OWN_AT_A_TIME if free else FIRST),
        )

    async def _judging(self, judge: str, evaluation: Evaluation, read: Survey) -> _Share:
        provider = (await self._catalogue.provider_of(judge)).name
        n = len(read.drawn)
        told = max(read.prompt_tokens.values()) + max(read.answer_tokens.values()) + _JUDGE_TOKENS * n
        price = self._spending.cost(Usage(told, VERDICT_TOKENS * n), judge, provider)
        times = len(evaluation.models) * evaluation.samples
        return _Share(judge, None if price is None else price * times, self._spending.is_free(judge, provider))

    def _embedding(self, embeddings: EmbeddingModel, evaluation: Evaluation, read: Survey) -> _Share:
        name, provider = embeddings.name, embeddings.provider.name
        texts = len(evaluation.models) * evaluation.samples + 1  # each answer, and the reference once
        price = self._spending.cost(Usage(max(read.answer_tokens.values()) * texts, 0), name, provider)
        return _Share(name, price, self._spending.is_free(name, provider))


def _keys(evaluation: Evaluation, model: str, provider: str, drawn: Sequence[DrawnItem]) -> set[tuple[str, ...]]:
    """Of all answers that are wanted of the model: each by any of its keys."""
    asked = {control: evaluation.asked_how(model, control=control) for control in (False, True)}
    return {
        answer_keys(
            provider,
            model,
            item.prompt,
            asked[item.control],
            evaluation.sample_number(sample),
            "" if item.control else evaluation.kept_in,
        )
        for item in drawn
        for sample in range(evaluation.samples)
    }
