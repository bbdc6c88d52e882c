"""Checking a judge: by command, or from what came of an evaluation; and the buttons of its card."""

from dataclasses import dataclass

import msgspec

from bot.errors import Denied, Invalid
from bot.judges.check import JudgeCheck, JudgeRequest
from bot.judges.checks import JudgeChecks
from bot.judges.runs import JudgeRuns
from bot.models.lookup import ModelLookup
from handlers.blocks.choice import which
from handlers.blocks.markup import parts_of
from handlers.blocks.parts import line
from handlers.callers import Callers
from handlers.judges import blocks
from handlers.outgoing.run_keeper import RunKeeper
from handlers.request import Request
from texts import help
from texts import judges as texts


class Asked(JudgeRequest, frozen=True, omit_defaults=True, kw_only=True):
    """What the button of the question brings back. `key` is that of what was asked: it names the check, however often
    the button is pressed."""

    user: str
    key: str = ""

    @property
    def request(self) -> JudgeRequest:
        return JudgeRequest(self.model, self.rubric, self.evaluation)


@dataclass(frozen=True)
class JudgeListeners:
    callers: Callers
    checks: JudgeChecks
    runs: JudgeRuns
    keeper: RunKeeper[JudgeCheck]
    models: ModelLookup

    async def command(self, request: Request) -> None:
        """`/finetune judge MODEL [rubric="…"]`: a question before the model is asked anything. In the thread of an
        evaluation it judges that."""
        caller = await self.callers.of(request)
        if not request.text:
            models = await self.models.names(caller, await self.models.search(caller, caller.posts_in, ""))
            await request.answer(which(help.which_judge(), "judge", list(models.items()), help.no_models()))
            return
        word, rubric = _read(request.text)
        model = await self.models.named(caller, word)
        evaluation = await self.checks.evaluation_of_thread(caller, request.thread_ts)
        await self._question(request, JudgeRequest(model, rubric, evaluation.id if evaluation else ""))

    async def of_evaluation(self, request: Request) -> None:
        """*Check the judge* below what came of an evaluation."""
        await self._question(request, JudgeRequest(evaluation=request.text))

    async def confirmed(self, request: Request) -> None:
        """*Ask the judge* below the question."""
        request = request.in_place
        asked = msgspec.json.decode(request.text, type=Asked)
        if asked.user != request.user:
            raise Denied("question_of_another")
        caller = msgspec.structs.replace(await self.callers.of(request), key=asked.key or request.key)
        origin = await self.callers.origin(request, request.thread_ts)
        check = await self.checks.start(caller, origin, asked.request)
        link = await self.keeper.begin(check)
        await self.runs.look()
        await request.answer(blocks.begun(link))

    async def not_now(self, request: Request) -> None:
        await request.in_place.answer(line(texts.not_asked()))

    # The card

    async def pause(self, request: Request) -> None:
        await self.checks.pause(await self.callers.of(request), request.text)
        await self.keeper.look()

    async def resume(self, request: Request) -> None:
        await self.checks.resume(await self.callers.of(request), request.text)
        await self.runs.look()
        await self.keeper.look()

    async def cancel(self, request: Request) -> None:
        await self.checks.cancel(await self.callers.of(request), request.text)
        await self.keeper.look()

    async def _question(self, request: Request, wanted: JudgeRequest) -> None:
        caller, origin = await self.callers.of(request), await self.callers.origin(request, request.thread_ts)
        plan = await self.checks.plan(caller, origin, wanted)
        asked = Asked(
            user=request.user,
            key=request.key,
            model=wanted.model,
            rubric=wanted.rubric,
            evaluation=wanted.evaluation,
        )
        await request.answer(blocks.question(plan, msgspec.json.encode(asked).decode()))


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
