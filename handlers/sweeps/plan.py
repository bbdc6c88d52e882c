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
from handlers.blocks.group_approval import necessity
from handlers.blocks.message import Message
from handlers.blocks.parts import VALUE, actions, button, context, line, message, section
from handlers.blocks.text import bold, code, quoted, size
from handlers.start.blocks.admission_preview import refusal_preview
from handlers.start.blocks.question import UNPAIRED, Pairing, pairing_words
from texts import start as start_texts
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
    told_below = {"validation"} if pairing.validation else set()
    same = " · ".join(f"{name} {code(word, 80)}" for name, word in fixed.items() if name not in told_below)
    lines = [text, texts.same_for_all(same) if same else "", pairing_words(pairing)]
    blocks: list[Block] = [
        section("\n".join(filter(None, lines))),
        _table(configurations, plan.jobs),
        section("\n".join(filter(None, [bold(texts.in_all(_price(plan), _time(plan))), _ahead(plan)]))),
    ]
    if plan.refused is None and size(value) <= VALUE:
        blocks.append(actions(button(texts.start_all_button(), CONFIRMED, value, style="primary")))
        blocks.append(context(start_texts.nothing_spent_yet(bold(texts.start_all_button()))))
    elif plan.refused is None:
        blocks.append(section(start_texts.too_long_for_button()))
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


def _price(plan: Plan) -> str:
    if plan.usd is not None:
        return money(plan.usd)
    known = sum(job.estimated_cost or 0 for job in plan.jobs)
    return texts.at_least(money(known)) if known else money(None)


def _time(plan: Plan) -> str | None:
    return rough_duration(plan.seconds) if plan.seconds else None


def _ahead(plan: Plan) -> str:
    """What is in its way, as mrkdwn; "" where nothing is."""
    if plan.refused is not None:
        return refusal_preview(plan.refused)
    first = plan.jobs[0]
    if first.state == states.AWAITING_APPROVAL:
        told = texts.one_approval(necessity(plan.jobs), deciders(first))
        return f"{bold(start_texts.needs_approval())} {told}"
    waiting = sum(job.state == states.IN_LINE for job in plan.jobs)
    return texts.waiting(waiting, quoted(first.provider, 60)) if waiting else ""
