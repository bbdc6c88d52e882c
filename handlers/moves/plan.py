"""What is said before a move is started: each model, what it costs, what is left out, and whose consent it needs."""

from collections.abc import Sequence
from typing import Final

from slack_sdk.models.blocks import Block

from bot.jobs import states
from bot.jobs.job import Job
from bot.models.names import short_name
from bot.moves.planning import MovePlan, MoveRequest, NotMoved
from handlers.blocks.approval_text import deciders
from handlers.blocks.data_table import Cell, DataTable, Number
from handlers.blocks.group_approval import necessity
from handlers.blocks.message import Message
from handlers.blocks.model_name import named
from handlers.blocks.parts import VALUE, actions, button, context, line, message, section
from handlers.blocks.runs import why_words
from handlers.blocks.text import bold, code, quoted, size
from handlers.start.blocks.admission_preview import refusal_preview
from texts import moves as texts
from texts import start as start_texts
from texts import sweeps as sweep_texts
from texts.formats import money

CONFIRMED: Final = "move_confirmed"
_MOST_REASONS: Final = 15


def plan_message(request: MoveRequest, plan: MovePlan, value: str) -> Message:
    """`value`: what the button brings back."""
    if not plan.jobs:
        text = bold(texts.none_can_be_moved())
        return message(text, [section(text), *_not_moved(plan.not_moved)])
    text = bold(texts.question(len(plan.jobs), quoted(request.provider, 60), code(request.base_model, 80)))
    total = bold(sweep_texts.in_all(_price(plan), None))
    blocks: list[Block] = [
        section(text),
        _table(plan),
        section("\n".join(filter(None, [total, texts.then_evaluated(), _ahead(plan)]))),
        *_not_moved(plan.not_moved),
    ]
    if any(one.left for one in plan.moved):
        blocks.append(context(texts.about_left_out()))
    if plan.refused is None and size(value) <= VALUE:
        blocks.append(actions(button(texts.start_button(), CONFIRMED, value, style="primary")))
        blocks.append(context(start_texts.nothing_spent_yet(bold(texts.start_button()))))
    elif plan.refused is None:
        blocks.append(section(start_texts.too_long_for_button()))
    return message(text, blocks)


def started(jobs: Sequence[Job]) -> Message:
    if jobs[0].state == states.AWAITING_APPROVAL:
        return line(texts.started_waits(len(jobs), deciders(jobs[0])))
    return line(texts.started(len(jobs)))


def _table(plan: MovePlan) -> DataTable:
    rows: list[list[Cell]] = []
    for one, job in zip(plan.moved, plan.jobs, strict=True):
        cost = job.estimated_cost
        rows.append(
            [
                short_name(one.model),
                one.retires or texts.no_time_limit(),
                job.file_name or "–",
                ", ".join(one.left) or "–",
                money(cost) if cost is None else Number(cost, money(cost)),
            ]
        )
    columns = [
        texts.model_column(),
        texts.until_column(),
        texts.file_column(),
        texts.settings_column(),
        texts.estimate_column(),
    ]
    return DataTable(texts.plan_caption(), columns, rows)


def _not_moved(models: Sequence[NotMoved]) -> list[Block]:
    if not models:
        return []
    told = [f"• {texts.not_moved(named(one.model), why_words(one.why))}" for one in models[:_MOST_REASONS]]
    return [section("\n".join([bold(texts.cannot_move(len(models))), *told]))]


def _price(plan: MovePlan) -> str:
    if plan.usd is not None:
        return money(plan.usd)
    known = sum(job.estimated_cost or 0 for job in plan.jobs)
    return sweep_texts.at_least(money(known)) if known else money(None)


def _ahead(plan: MovePlan) -> str:
    """What is in its way, as mrkdwn; "" where nothing is."""
    if plan.refused is not None:
        return refusal_preview(plan.refused)
    first = plan.jobs[0]
    if first.state == states.AWAITING_APPROVAL:
        told = sweep_texts.one_approval(necessity(plan.jobs), deciders(first))
        return f"{bold(start_texts.needs_approval())} {told}"
    waiting = sum(job.state == states.IN_LINE for job in plan.jobs)
    return sweep_texts.waiting(waiting, quoted(first.provider, 60)) if waiting else ""
