"""Checking a judge: by command, or from what came of an evaluation."""

from dataclasses import dataclass

import msgspec

from bot.access import Caller
from bot.errors import Denied, Invalid
from bot.judges.check import JudgeChecks
from bot.judges.pairwise import PairwiseJudging
from bot.models.lookup import ModelLookup
from handlers.blocks.markup import parts_of
from handlers.blocks.message import Message
from handlers.blocks.parts import line
from handlers.callers import Callers
from handlers.judges import blocks
from handlers.languages import LanguageOf
from handlers.request import Request
from handlers.web.poster import Poster
from texts import judges as texts
from texts.language import speaking


class Asked(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the button brings back. An `evaluation` with a `model` that judges it by pairs, or without: its own judge is
    held to what people said; a `model` alone likewise."""

    user: str
    model: str = ""
    rubric: str | None = None
    evaluation: str = ""


@dataclass(frozen=True)
class JudgeListeners:
    callers: Callers
    checks: JudgeChecks
    pairwise: PairwiseJudging
    models: ModelLookup
    poster: Poster
    language: LanguageOf

    async def command(self, request: Request) -> None:
        """`/finetune judge MODEL [rubric="…"]`: a question before the model is asked anything. In the thread of an
        evaluation it judges that."""
        caller = await self.callers.of(request)
        word, rubric = _read(request.text)
        model = await self.models.named(caller, word)
        await self.checks.require_model(caller, model)
        evaluation = await self.pairwise.of_thread(caller, request.thread_ts)
        if evaluation is None:
            await self._question(request, (model,), Asked(request.user, model, rubric))
            return
        pairs = await self.pairwise.pairs(evaluation)
        asked = Asked(request.user, model, rubric, evaluation.id)
        await request.answer(
            blocks.pairwise_question(model, evaluation.file_name, pairs, msgspec.json.encode(asked).decode())
        )

    async def of_evaluation(self, request: Request) -> None:
        """*Check the judge* below what came of an evaluation."""
        judges = await self.checks.judges_of(await self.callers.of(request), request.text)
        await self._question(request, judges, Asked(request.user, evaluation=request.text))

    async def confirmed(self, request: Request) -> None:
        """*Ask the judge* below the question."""
        request = request.in_place
        asked = msgspec.json.decode(request.text, type=Asked)
        if asked.user != request.user:
            raise Denied("question_of_another")
        caller = await self.callers.of(request)
        await self.callers.origin(request)  # what comes of it is posted
        await request.answer(line(texts.asking()))
        said = await self._judged(request, caller, asked)
        await self.poster.post_once(
            request.channel,
            said,
            idempotency_key=f"{request.key}/judge",
            may_exist=request.is_retry,
            since=request.received_at,
            thread_ts=request.thread_ts,
        )

    async def not_now(self, request: Request) -> None:
        await request.in_place.answer(line(texts.not_asked()))

    async def _judged(self, request: Request, caller: Caller, asked: Asked) -> Message:
        language = await self.language(request.channel, request.user)
        if asked.evaluation and asked.model:
            pairs = await self.pairwise.compare(caller, asked.evaluation, asked.model, asked.rubric)
            with speaking(language):
                return blocks.pairwise_report(pairs)
        if asked.evaluation:
            found = await self.checks.of_evaluation(caller, asked.evaluation)
        else:
            found = await self.checks.of_model(caller, asked.model, asked.rubric)
        with speaking(language):
            return blocks.report(found)

    async def _question(self, request: Request, judges: tuple[str, ...], asked: Asked) -> None:
        answers, pairs = await self.checks.golden(await self.callers.of(request))
        value = msgspec.json.encode(asked).decode()
        await request.answer(blocks.question(judges, answers, pairs, value))


def _read(text: str) -> tuple[str, str | None]:
    """The model's word, and the rubric. Raises Invalid."""
    word, rubric = "", None
    for part in parts_of(text):
        name, equals, value = part.partition("=")
        if equals and name.lower() == "rubric":
            rubric = value.strip() or None
        elif not word and not equals:
            word = part.strip("`")
        else:
            raise Invalid("judge_words")
    if not word:
        raise Invalid("judge_words")
    return word, rubric
