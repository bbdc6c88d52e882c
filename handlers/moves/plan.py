"""What is said before a move is started: each model, what it costs, what is left out, and whose consent it needs."""

from collections.abc import Sequence
from typing import Final

from slack_sdk.models.blocks import Block

from bot.jobs import states
from bot.jobs.job import Job
from bot.models.names import short_name
from bot.moves.examples import Examples, From
from bot.moves.move import MOST
from bot.moves.planning import MovePlan, MoveRequest, NotMoved
from handlers.blocks.approval_text import deciders
from handlers.blocks.data_table import Cell, DataTable, Number
from handlers.blocks.message import Message
from handlers.blocks.model_name import named
from handlers.blocks.parts import context, line, message, section
from handlers.blocks.runs import why_words
from handlers.blocks.text import bold, code, quoted
from handlers.start.blocks import group_plan
from texts import moves as texts
from texts import sweeps as sweep_texts
from texts.formats import money

CONFIRMED: Final = "move_confirmed"
_REASONS_AT_ONCE: Final = 4
"""In one section, of which a message has room for more."""


def plan_message(request: MoveRequest, plan: MovePlan, value: str) -> Message:
    """`value`: what the button brings back."""
    if not plan.jobs:
        text = bold(texts.none_can_be_moved())
        return message(text, [section(text), *_not_moved(plan.not_moved)])
    text = bold(texts.question(len(plan.jobs), quoted(request.provider, 60), code(request.base_model, 80)))
    blocks: list[Block] = [
        section(text),
        _table(plan),
        section("\n".join(filter(None, [*_price(plan), group_plan.ahead(plan.jobs, plan.refused)]))),
        *_not_moved(plan.not_moved),
    ]
    if plan.later:
        blocks.append(section(texts.later(plan.later, MOST)))
    if any(one.source is From.HELD_OUT for one in plan.examples):
        blocks.append(context(texts.about_held_out()))
    if any(one.source is From.TRAINING for one in plan.examples):
        blocks.append(context(texts.about_too_few()))
    if any(one.left for one in plan.moved):
        blocks.append(context(texts.about_left_out()))
    blocks += group_plan.start_blocks(texts.start_button(), CONFIRMED, value, plan.refused)
    return message(text, blocks)


def started(jobs: Sequence[Job]) -> Message:
    if jobs[0].state == states.AWAITING_APPROVAL:
        return line(texts.started_waits(len(jobs), deciders(jobs[0])))
    return line(texts.started(len(jobs)))


def _price(plan: MovePlan) -> list[str]:
    training = group_plan.price(plan.jobs, plan.usd)
    known = None if plan.usd is None or plan.asking is None else plan.usd + plan.asking
    if known == 0:
        return [bold(sweep_texts.in_all(money(0.0), None)), texts.then_compared()]
    total = money(known) if known is not None else texts.unknown_total()
    return [bold(sweep_texts.in_all(total, None)), texts.parts_of_price(training, money(plan.asking))]


def _compared_on(examples: Examples) -> str:
    match examples.source:
        case From.VALIDATION:
            return texts.on_validation(examples.count)
        case From.HELD_OUT:
            return texts.on_held_out(examples.count)
        case From.TRAINING:
            return texts.on_training(examples.count)


def _table(plan: MovePlan) -> DataTable:
    rows: list[list[Cell]] = []
    for one, job, examples in zip(plan.moved, plan.jobs, plan.examples, strict=True):
        cost = job.estimated_cost
        rows.append(
            [
                short_name(one.model),
                one.retires or texts.no_time_limit(),
                job.file_name or "–",
                _compared_on(examples),
                ", ".join(one.left) or "–",
                money(cost) if cost is None else Number(cost, money(cost)),
            ]
        )
    columns = [
        texts.model_column(),
        texts.until_column(),
        texts.file_column(),
        texts.compared_on_column(),
        texts.settings_column(),
        texts.estimate_column(),
    ]
    return DataTable(texts.plan_caption(), columns, rows)


def _not_moved(models: Sequence[NotMoved]) -> list[Block]:
    told = [f"• {texts.not_moved(named(one.model), why_words(one.why))}" for one in models]
    heading = [bold(texts.cannot_move(len(models)))] if models else []
    return [
        section("\n".join([*(heading if first == 0 else []), *told[first : first + _REASONS_AT_ONCE]]))
        for first in range(0, len(told), _REASONS_AT_ONCE)
    ]
