"""The card of a judge's check: one message that shows how far it is."""

from typing import Final

from bot.evaluations.evaluation import Progress
from bot.judges.check import JudgeCheck
from handlers.blocks.message import Message
from handlers.blocks.model_name import named
from handlers.blocks.parts import line
from handlers.blocks.runs import Controls, Words, run_card, why_words
from handlers.blocks.text import code, person
from texts import judges as texts
from texts.formats import listed

CONTROLS: Final = Controls("judge_pause", "judge_resume", "judge_cancel")


def card(check: JudgeCheck, progress: Progress) -> Message:
    who, judge = person(check.owner), listed([named(model) for model in check.models])
    if check.pairwise:
        title, began = texts.comparison_title(), texts.comparison_started(who, judge, code(check.file_name, 60))
        done = texts.of_pairs(progress.done, progress.of)
    else:
        title, began = texts.check_title(), texts.check_started(who, judge)
        done = texts.of_answers_and_pairs(progress.done, progress.of)
    return run_card(check, progress, Words(title, began, done, texts.cancel_question()), CONTROLS)


def failure(check: JudgeCheck) -> Message:
    return line(f"{person(check.owner)} {texts.failed(why_words(check.why))}")
