"""What a generation takes, said before it is begun: calls, money and time, estimated from what it would ask first."""

from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Final

import msgspec

from bot.evaluations.evaluation import EvaluationStore
from bot.evaluations.model_answers import ModelAnswers
from bot.evaluations.pace import FIRST, OWN_AT_A_TIME
from bot.generation.generation import Draft, Generation, Topic
from bot.generation.prompts import answer_asked, questions_asked
from bot.generation.rounds import SPARE, batches
from bot.providers.chat import ChatMessage, Usage
from bot.spending.model_use import ModelSpending
from bot.worker_processes import Pool, WorkerPools
from training_files import lookup
from training_files.catalog import base_of
from training_files.tokens import tokenizer_for

_QUESTION_TOKENS: Final = 25
_ANSWER_TOKENS: Final = 200
"""Of an answer of a teacher that was shown none by hand, about."""
_FRAME: Final = 4
_DROPPED: Final = 1.1
"""So many answers are asked for for each that is kept, about."""
_LOOKED_AT: Final = 20


class Estimate(msgspec.Struct, frozen=True):
    """`usd`: None where nobody knows the price; `seconds`: None where the teacher has not answered anything yet."""

    calls: int
    usd: float | None
    seconds: float | None


class GenerationCost:
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

    async def of(self, generation: Generation, topics: Sequence[Topic]) -> Estimate:
        """Of the whole, by what it would ask about the first topics. Raises UnknownProvider."""
        told, teacher = generation.instructions, generation.teacher
        first = batches(told, range(len(topics)), [])
        for_questions = [
            questions_asked(
                generation,
                topics[one.topic],
                one.count,
                answerable=one.answerable,
                round=0,
                place=one.place,
                earlier=(),
            ).messages
            for one in first[:_LOOKED_AT]
        ]
        for_answers = [
            answer_asked(generation, topic, Draft(0, number, 0, "")).messages
            for number, topic in enumerate(topics[:_LOOKED_AT])
        ]
        by_hand = [(ChatMessage("assistant", one.answer),) for one in told.imitate]
        counted = await self._pools.run(
            _tokens, teacher, (for_questions, for_answers, by_hand), self._tokenizers, pool=Pool.QUICK
        )
        question_prompt, answer_prompt, answer_tokens = counted
        each = sum(one.count for one in first) / len(first)
        questions, answers = ceil(told.n * SPARE / each), ceil(told.n * _DROPPED)
        used = Usage(
            round(questions * question_prompt + answers * (answer_prompt + _QUESTION_TOKENS)),
            round(questions * each * _QUESTION_TOKENS + answers * (answer_tokens or _ANSWER_TOKENS)),
        )
        provider = await self._answers.provider_of(teacher)
        seconds = await self._store.seconds_per_answer(teacher)
        at_a_time = OWN_AT_A_TIME if self._spending.is_free(teacher, provider.name) else FIRST
        calls = questions + answers
        return Estimate(
            calls,
            self._spending.cost(used, teacher, provider.name),
            None if seconds is None else seconds * calls / at_a_time,
        )


def _tokens(model: str, kinds: Sequence[Sequence[Sequence[ChatMessage]]], tokenizers: Path | None) -> list[float]:
    """The mean length of the prompts of each kind; 0 where there are none. For a worker process."""
    base = base_of(model)
    tokenizer = tokenizer_for(base, lookup(base), tokenizers)
    means = []
    for prompts in kinds:
        texts = ["\n".join(message.content for message in prompt) for prompt in prompts]
        frames = sum(_FRAME * len(prompt) for prompt in prompts)
        means.append((sum(tokenizer.count(texts)) + frames) / len(prompts) if prompts else 0.0)
    return means
