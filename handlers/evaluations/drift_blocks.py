"""Evaluations that are repeated: that one is, and the warning that models answer otherwise than before."""

from typing import Final

from bot.evaluations.evaluation import Evaluation
from bot.evaluations.result import Result
from bot.evaluations.statistics import Verdict
from handlers.blocks.message import Message
from handlers.blocks.model_name import named
from handlers.blocks.parts import actions, button, line, message, section
from handlers.blocks.text import bold, person
from texts.evaluations import repeats as texts
from texts.evaluations.figures import score

REPEAT: Final = "evaluation_repeat"
WEEKLY: Final = 7


def drift_message(result: Result) -> Message | None:
    """None where no model is clearly better or worse than before."""
    lines = []
    for model, compared in result.drift.items():
        if compared.verdict is Verdict.CANNOT_TELL:
            continue
        say, mark = (texts.fell, "🔴") if compared.verdict is Verdict.WORSE else (texts.rose, "🟢")
        lines.append(f"{mark} {say(bold(named(model)), score(compared.before), score(compared.after), compared.n)}")
    return message(lines[0], [section("\n".join(lines))]) if lines else None


def repeated(evaluation: Evaluation, by: str, days: int | None) -> Message:
    """For the thread: somebody has it repeated, or ends that."""
    if days is None:
        return line(texts.no_longer_repeated(person(by)))
    said = texts.repeated(person(by), days)
    return message(said, [section(said), actions(button(texts.stop_button(), REPEAT, f"{evaluation.id} 0"))])
