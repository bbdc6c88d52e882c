"""The checkpoints of a job: what each measured, to talk to, to go on from, or to keep."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from slack_sdk.models.blocks import Block, ButtonElement, InputBlock, PlainTextInputElement
from slack_sdk.models.views import View

from bot.errors import Invalid
from bot.jobs import states
from bot.jobs.assessment import RankedCheckpoint
from bot.jobs.job import Job, KeptCheckpoint
from bot.jobs.kept_checkpoints import LONGEST_NAME, check_name
from bot.providers.protocol import Checkpoint
from handlers.blocks.card import JOB_EVALUATE, title
from handlers.blocks.data_table import Cell, DataTable, Number
from handlers.blocks.figures import one_line
from handlers.blocks.message import Message
from handlers.blocks.modals import modal
from handlers.blocks.model_name import chat_button, id_button, named
from handlers.blocks.parts import HINT, VALUE, actions, button, context, line, message, plain, section
from handlers.blocks.text import bold, code, person, size
from texts import jobs as texts
from texts.compare import compare_button
from texts.errors import sentence
from texts.evaluations.question import evaluate_button
from texts.figures import name
from texts.metrics import value as measure

CONTINUE: Final = "checkpoint_continue"
COMPARE: Final = "checkpoints_compare"
KEEP: Final = "checkpoint_keep"
RELEASE: Final = "checkpoint_release"
CALLBACK_ID: Final = "checkpoint_keep"
_NAME: Final = "name"
_SHOWN: Final = 10


class KeepTarget(msgspec.Struct, frozen=True):
    """What the modal that asks for a name carries: where *Keep* was pressed, and the checkpoint."""

    channel: str
    job: str
    step: int


def checkpoint_list(job: Job, ranked: Sequence[RankedCheckpoint]) -> Message:
    """In the order given, ten at most."""
    called = code(title(job), 150)
    if not ranked:
        text = texts.no_checkpoints(called) if job.state in states.ENDED else texts.no_checkpoints_yet(called)
        return message(text, [section(text)])
    text = texts.checkpoints_of(called)
    order = texts.latest_first()
    if ranked[0].best:
        order = texts.best_reward_first() if ranked[0].by == "mean_reward" else texts.best_first()
    there = [one for one in ranked if one.checkpoint.model not in job.lost_models]
    blocks: list[Block] = [section(f"{bold(text)}\n{order}")]
    if len(there) > 1:
        evaluate = button(evaluate_button(), JOB_EVALUATE, f"{job.id} checkpoints")
        blocks.append(actions(button(compare_button(), COMPARE, job.id), evaluate))
    in_table = len(ranked) > 1 and any(one.figures for one in ranked)
    if in_table:
        blocks.append(_table(text, ranked))
    for one in ranked[:_SHOWN]:
        checkpoint = one.checkpoint
        lost = job.lost_models.get(checkpoint.model)
        gone = f" · {texts.lost(lost)}" if lost else ""
        kept = f" · {_kept(job.kept[checkpoint.model])}" if checkpoint.model in job.kept else ""
        told = f"{_heading(one, measured=not in_table)}\n{named(checkpoint.model)}{kept}{gone}"
        blocks.append(section(told, button=id_button(checkpoint.model)))
        further = f"{job.id} {checkpoint.model}"
        chat = chat_button(checkpoint.model)
        if chat and not lost and size(further) <= VALUE:
            blocks.append(actions(chat, button(texts.continue_button(), CONTINUE, further), *_keeping(job, checkpoint)))
        elif kept:
            blocks.append(actions(*_keeping(job, checkpoint)))
    if len(ranked) > _SHOWN:
        blocks.append(context(texts.more_checkpoints(len(ranked) - _SHOWN)))
    return message(text, blocks)


def keep_modal(job: Job, checkpoint: Checkpoint, channel: str) -> View:
    """Asks for a name."""
    label, hint = texts.keep_name()
    name = InputBlock(
        block_id=_NAME,
        label=plain(label, HINT),
        hint=plain(hint, HINT),
        element=PlainTextInputElement(action_id=_NAME, max_length=LONGEST_NAME),
        optional=True,
    )
    return modal(
        texts.keep_title(),
        [section(texts.keep_intro(named(checkpoint.model))), name],
        callback_id=CALLBACK_ID,
        submit=texts.keep_button(),
        private_metadata=msgspec.json.encode(KeepTarget(channel, job.id, checkpoint.step)).decode(),
    )


def read_name(values: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str | None:
    """What was typed into the modal; None where that is nothing."""
    return str(values.get(_NAME, {}).get(_NAME, {}).get("value") or "").strip() or None


def wrong_name(values: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, str]:
    """A sentence for each field that is wrong, by block_id."""
    try:
        check_name(read_name(values) or "none")
    except Invalid as error:
        return {_NAME: sentence(error)}
    return {}


def checkpoint_kept(job: Job, checkpoint: Checkpoint) -> Message:
    return line(texts.kept(_called(job, checkpoint), bold(texts.release_button())))


def checkpoint_released(checkpoint: Checkpoint) -> Message:
    return line(texts.released(named(checkpoint.model)))


def _keeping(job: Job, checkpoint: Checkpoint) -> list[ButtonElement]:
    """To keep it, or to release it; neither for the job's model itself."""
    about = f"{job.id} {checkpoint.step}"
    if checkpoint.model in job.kept:
        return [button(texts.release_button(), RELEASE, about)]
    return [] if checkpoint.model == job.fine_tuned_model else [button(texts.keep_button(), KEEP, about)]


def _called(job: Job, checkpoint: Checkpoint) -> str:
    kept = job.kept.get(checkpoint.model)
    return code(kept.name, 120) if kept and kept.name else named(checkpoint.model)


def _kept(kept: KeptCheckpoint) -> str:
    who = person(kept.owner)
    return texts.kept_as(code(kept.name, 120), who) if kept.name else texts.kept_by(who)


def _table(caption: str, ranked: Sequence[RankedCheckpoint]) -> DataTable:
    """All of them, with the figures that were measured of any."""
    measured = [{(figure.quantity, figure.part): figure.value for figure in one.figures} for one in ranked]
    kinds = list(dict.fromkeys(kind for figures in measured for kind in figures))
    columns = [texts.step_column(), *(name(quantity, validates=part == "validation") for quantity, part in kinds)]
    rows: list[list[Cell]] = []
    for one, figures in zip(ranked, measured, strict=True):
        step = one.checkpoint.step
        cells = [_cell(kind[0], figures.get(kind)) for kind in kinds]
        rows.append([Number(step, f"★ {step:,}" if one.best else f"{step:,}"), *cells])
    return DataTable(caption.replace("`", ""), columns, rows)


def _cell(quantity: str, value: float | None) -> Cell:
    return "–" if value is None else Number(value, measure(quantity, value))


def _heading(one: RankedCheckpoint, *, measured: bool) -> str:
    """With what was `measured`, unless that stands elsewhere."""
    step = bold(texts.checkpoint(one.checkpoint.step))
    marks = f"★ {step} · {bold(texts.best(by_reward=one.by == 'mean_reward'))}" if one.best else step
    figures = one_line(one.figures) if measured else ""
    return f"{marks} · {figures}" if figures else marks
