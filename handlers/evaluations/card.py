"""The card of an evaluation: one message that shows how far it is."""

from typing import Final

from bot.evaluations.evaluation import Evaluation, Progress
from handlers.blocks.message import Message
from handlers.blocks.model_name import named
from handlers.blocks.parts import line
from handlers.blocks.runs import Controls, Words, run_card, why_words
from handlers.blocks.text import code, person
from texts.evaluations import card as texts
from texts.formats import first_of

CONTROLS: Final = Controls("evaluation_pause", "evaluation_resume", "evaluation_cancel")


def card(evaluation: Evaluation, progress: Progress) -> Message:
    models = first_of([named(model) for model in evaluation.models])
    words = Words(
        title=texts.title(len(evaluation.models)),
        began=texts.started(person(evaluation.owner), models, code(evaluation.file_name)),
        done=texts.of_answers(progress.done, progress.of),
        cancel_question=texts.cancel_question(),
        lines=_by_model(evaluation, progress),
    )
    return run_card(evaluation, progress, words, CONTROLS)


def failure(evaluation: Evaluation) -> Message:
    return line(f"{person(evaluation.owner)} {texts.failed(why_words(evaluation.why))}")


def _by_model(evaluation: Evaluation, progress: Progress) -> list[str]:
    known = ((model, progress.by_model.get(model)) for model in evaluation.models)
    return [texts.by_model(named(model), one.done if one else 0, one.failed if one else 0) for model, one in known]
