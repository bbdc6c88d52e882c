"""The checkpoints of a job: what each measured, to talk to or to go on from."""

from collections.abc import Sequence
from typing import Final

from slack_sdk.models.blocks import Block

from bot.jobs.assessment import RankedCheckpoint
from bot.jobs.job import Job
from handlers.blocks.card import JOB_EVALUATE, title
from handlers.blocks.data_table import Cell, DataTable, Number
from handlers.blocks.figures import one_line
from handlers.blocks.message import Message
from handlers.blocks.model_name import chat_button, id_button, named
from handlers.blocks.parts import VALUE, actions, button, context, message, section
from handlers.blocks.text import bold, code, size
from texts import jobs as texts
from texts.compare import compare_button
from texts.evaluations.question import evaluate_button
from texts.figures import name
from texts.metrics import value as measure

CONTINUE: Final = "checkpoint_continue"
COMPARE: Final = "checkpoints_compare"
_SHOWN: Final = 10


def checkpoint_list(job: Job, ranked: Sequence[RankedCheckpoint]) -> Message:
    """In the order given, ten at most."""
    called = code(title(job), 150)
    if not ranked:
        text = texts.no_checkpoints(called)
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
        line = f"{_heading(one, measured=not in_table)}\n{named(checkpoint.model)}{gone}"
        blocks.append(section(line, button=id_button(checkpoint.model)))
        further = f"{job.id} {checkpoint.model}"
        chat = chat_button(checkpoint.model)
        if chat and not lost and size(further) <= VALUE:
            blocks.append(actions(chat, button(texts.continue_button(), CONTINUE, further)))
    if len(ranked) > _SHOWN:
        blocks.append(context(texts.more_checkpoints(len(ranked) - _SHOWN)))
    return message(text, blocks)


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
