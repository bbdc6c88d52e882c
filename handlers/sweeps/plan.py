"""What is said before a sweep is started: every configuration, what it costs, and whose consent it needs."""

from collections.abc import Mapping, Sequence
from typing import Final

from slack_sdk.models.blocks import Block

from bot.jobs import states
from bot.jobs.job import Job
from bot.sweeps.grid import Configuration
from bot.sweeps.sweeps import Plan
from handlers.blocks.approval_text import deciders
from handlers.blocks.data_table import Cell, DataTable, Number
from handlers.blocks.message import Message
from handlers.blocks.parts import line, message, section
from handlers.blocks.text import bold, code
from handlers.start.blocks import group_plan
from handlers.start.blocks.question import UNPAIRED, Pairing, pairing_words, setting_words
from texts import sweeps as texts
from texts.formats import money, rough_duration

CONFIRMED: Final = "sweep_confirmed"


def plan_message(
    file: str,
    configurations: Sequence[Configuration],
    plan: Plan,
    value: str,
    *,
    fixed: Mapping[str, str],
    pairing: Pairing = UNPAIRED,
) -> Message:
    """`fixed`: the settings that are the same for all, as they were typed; `value`: what the button brings back."""
    text = bold(texts.question(len(configurations), code(file)))
    same = setting_words(fixed, pairing)
    lines = [text, texts.same_for_all(same) if same else "", pairing_words(pairing)]
    total = bold(texts.in_all(group_plan.price(plan.jobs, plan.usd), _time(plan)))
    blocks: list[Block] = [
        section("\n".join(filter(None, lines))),
        _table(configurations, plan.jobs),
        section("\n".join(filter(None, [total, group_plan.ahead(plan.jobs, plan.refused)]))),
    ]
    blocks += group_plan.start_blocks(texts.start_all_button(), CONFIRMED, value, plan.refused)
    return message(text, blocks)


def started(jobs: Sequence[Job]) -> Message:
    if jobs[0].state == states.AWAITING_APPROVAL:
        return line(texts.started_waits(len(jobs), deciders(jobs[0])))
    return line(texts.started(len(jobs)))


def _table(configurations: Sequence[Configuration], jobs: Sequence[Job]) -> DataTable:
    varied = list(configurations[0].words)
    rows: list[list[Cell]] = []
    for number, (one, job) in enumerate(zip(configurations, jobs, strict=True), start=1):
        cost = job.estimated_cost
        price: Cell = money(cost) if cost is None else Number(cost, money(cost))
        rows.append([Number(number, str(number)), *(one.words[name] for name in varied), price])
    return DataTable(texts.caption(), ["#", *varied, texts.price_column()], rows)


def _time(plan: Plan) -> str | None:
    return rough_duration(plan.seconds) if plan.seconds else None
