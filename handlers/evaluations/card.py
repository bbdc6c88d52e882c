"""The card of an evaluation: one message that shows how far it is."""

from typing import Final

from slack_sdk.models.blocks import Block, ButtonElement

from bot.errors import BotError
from bot.evaluations.evaluation import Evaluation, Progress
from bot.evaluations.run import Reason, RunState
from handlers.blocks.message import Message
from handlers.blocks.model_name import named
from handlers.blocks.parts import actions, button, confirm, context, header, line, message, section
from handlers.blocks.text import code, person, progress_bar, quoted
from texts.errors import sentence
from texts.evaluations import card as texts
from texts.formats import first_of, labelled

PAUSE: Final = "evaluation_pause"
RESUME: Final = "evaluation_resume"
CANCEL: Final = "evaluation_cancel"
_SYMBOLS: Final = {
    RunState.RUNNING: "🔵",
    RunState.PAUSED: "⏸️",
    RunState.CANCELLED: "⚪",
    RunState.FINISHED: "✅",
    RunState.FAILED: "❌",
}
_ENDED: Final = (RunState.FINISHED, RunState.CANCELLED)


def card(evaluation: Evaluation, progress: Progress) -> Message:
    state = evaluation.state
    began = texts.started(person(evaluation.owner), _models(evaluation), code(evaluation.file_name))
    blocks: list[Block] = [
        header(f"{_SYMBOLS[state]} {texts.title(len(evaluation.models))}"),
        section(began),
        section(f"{progress_bar(progress.done, progress.of)} · {texts.of_answers(progress.done, progress.of)}"),
    ]
    if state not in _ENDED:
        blocks.append(section("\n".join(_by_model(evaluation, progress))))
    if evaluation.why is not None:
        blocks.append(section(texts.why(quoted(reason_words(evaluation.why), 600))))
    if state is RunState.RUNNING and progress.done >= progress.of > 0:
        blocks.append(section(texts.is_grading()))
    if buttons := _buttons(evaluation):
        blocks.append(actions(*buttons))
    blocks.append(context(" · ".join(_figures(evaluation, progress))))
    return message(labelled(began, texts.state(state)), blocks)


def ended(evaluation: Evaluation) -> Message | None:
    """Said once in its thread, so that those who wait hear of it; None where there is nothing to say, or a result."""
    if evaluation.state is not RunState.FAILED or evaluation.why is None:
        return None
    return line(f"{person(evaluation.owner)} {texts.failed(quoted(reason_words(evaluation.why), 600))}")


def reason_words(reason: Reason) -> str:
    """A sentence, not escaped; a provider's own words."""
    return reason.kind if reason.by_provider else sentence(BotError(reason.kind, **reason.values))


def _models(evaluation: Evaluation) -> str:
    return first_of([named(model) for model in evaluation.models])


def _by_model(evaluation: Evaluation, progress: Progress) -> list[str]:
    known = ((model, progress.by_model.get(model)) for model in evaluation.models)
    return [texts.by_model(named(model), one.done if one else 0, one.failed if one else 0) for model, one in known]


def _figures(evaluation: Evaluation, progress: Progress) -> list[str]:
    figures = [texts.cost(progress.usd, unknown=progress.unknown_price, ended=evaluation.state in _ENDED)]
    if progress.cached:
        figures.append(texts.known_before(progress.cached))
    if evaluation.state is RunState.RUNNING and progress.seconds_left:
        figures.append(texts.time_left(progress.seconds_left))
    return figures


def _buttons(evaluation: Evaluation) -> list[ButtonElement]:
    cancel = button(
        texts.cancel_button(), CANCEL, evaluation.id, style="danger", confirm=confirm(*texts.cancel_question())
    )
    match evaluation.state:
        case RunState.RUNNING:
            return [button(texts.pause_button(), PAUSE, evaluation.id), cancel]
        case RunState.PAUSED:
            return [button(texts.resume_button(), RESUME, evaluation.id, style="primary"), cancel]
        case RunState.FAILED:
            return [button(texts.resume_button(), RESUME, evaluation.id, style="primary")]
    return []
