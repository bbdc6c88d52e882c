"""The card of a run: one message that shows how far an evaluation is, or the check of a judge."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from slack_sdk.models.blocks import Block, ButtonElement

from bot.errors import BotError
from bot.evaluations.evaluation import Progress
from bot.evaluations.run import Reason, Run, RunState
from handlers.blocks.message import Message
from handlers.blocks.parts import actions, button, confirm, context, header, message, section
from handlers.blocks.text import progress_bar, quoted
from texts.errors import sentence
from texts.evaluations import card as texts
from texts.formats import labelled

_SYMBOLS: Final = {
    RunState.RUNNING: "🔵",
    RunState.PAUSED: "⏸️",
    RunState.CANCELLED: "⚪",
    RunState.FINISHED: "✅",
    RunState.FAILED: "❌",
}
_ENDED: Final = (RunState.FINISHED, RunState.CANCELLED)


class Controls(NamedTuple):
    """Action ids of a card's buttons."""

    pause: str
    resume: str
    cancel: str


class Words(NamedTuple):
    """What a card says. `began`: who does what, on what; `done`: how much of it; `lines`: more about that;
    `cancel_question`: as `confirm` takes it."""

    title: str
    began: str
    done: str
    cancel_question: tuple[str, str, str, str]
    lines: Sequence[str] = ()


def run_card(run: Run, progress: Progress, words: Words, controls: Controls) -> Message:
    state = run.state
    blocks: list[Block] = [
        header(f"{_SYMBOLS[state]} {words.title}"),
        section(words.began),
        section(f"{progress_bar(progress.done, progress.of)} · {words.done}"),
    ]
    if words.lines and state not in _ENDED:
        blocks.append(section("\n".join(words.lines)))
    if run.why is not None:
        blocks.append(section(texts.why(why_words(run.why))))
    if state is RunState.RUNNING and progress.done >= progress.of > 0:
        blocks.append(section(texts.is_grading()))
    if buttons := _buttons(run, words, controls):
        blocks.append(actions(*buttons))
    blocks.append(context(" · ".join(_figures(state, progress))))
    return message(labelled(words.began, texts.state(state)), blocks)


def why_words(reason: Reason | None) -> str:
    """A sentence, or a provider's own words, in mrkdwn."""
    if reason is None:
        return ""
    return quoted(reason.kind if reason.by_provider else sentence(BotError(reason.kind, **reason.values)), 600)


def _figures(state: RunState, progress: Progress) -> list[str]:
    stopped = state in {RunState.PAUSED, RunState.CANCELLED, RunState.FAILED}
    figures = [texts.state(state)] if stopped else []
    figures.append(texts.cost(progress.usd, unknown=progress.unknown_price, ended=state in _ENDED))
    if progress.cached:
        figures.append(texts.known_before(progress.cached))
    if state is RunState.RUNNING and progress.seconds_left:
        figures.append(texts.time_left(progress.seconds_left))
    return figures


def _buttons(run: Run, words: Words, controls: Controls) -> list[ButtonElement]:
    question = confirm(*words.cancel_question)
    cancel = button(texts.cancel_button(), controls.cancel, run.id, style="danger", confirm=question)
    match run.state:
        case RunState.RUNNING:
            return [button(texts.pause_button(), controls.pause, run.id), cancel]
        case RunState.PAUSED:
            return [button(texts.resume_button(), controls.resume, run.id, style="primary"), cancel]
        case RunState.FAILED:
            return [button(texts.resume_button(), controls.resume, run.id, style="primary")]
    return []
