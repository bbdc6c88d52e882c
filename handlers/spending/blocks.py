"""`/finetune budget`: what is used of which budget, and what an administrator has just set."""

import math
from collections.abc import Collection
from typing import Final

from slack_sdk.models.blocks import Block

from bot.spending.budget import Scope, month_of
from bot.spending.budgets import BudgetUse, MonthlySpending
from handlers.blocks.message import Message
from handlers.blocks.parts import context, header, message, section
from handlers.blocks.text import bold, channel, person
from texts import spending as texts
from texts.formats import dollars, listed, percent

_MOST_ROWS: Final = 40
_WIDTH: Final = 12


def month(spending: MonthlySpending) -> Message:
    lines = [_line(use) for use in spending.uses[:_MOST_ROWS]]
    title = texts.month_title(spending.at)
    blocks: list[Block] = [header(title), section("\n".join(lines[:3]))]
    blocks += [section("\n".join(lines[at : at + 10])) for at in range(3, len(lines), 10)]
    notes = []
    if len(spending.uses) > _MOST_ROWS:
        notes.append(texts.more_budgets(len(spending.uses) - _MOST_ROWS))
    _, end = month_of(spending.at)
    notes.append(texts.how_jobs_count(end))
    notes.append(texts.threshold(spending.approval_above, spending.approve_unknown))
    if unknown := spending.uses[0].used.unknown:
        notes.append(texts.unknown_prices(unknown))
    if spending.overseen:
        notes.append(texts.how_to_set())
    return message(f"{title}: {lines[0]}", [*blocks, *map(context, notes)])


def budget_set(scope: Scope, subject: str, usd: float | None) -> Message:
    whose = _whose(scope, subject)
    text = texts.budget_off(whose) if usd is None else texts.budget_set(whose, usd)
    return message(text, [section(text)])


def approval_set(above: float | None, deciders: Collection[str]) -> Message:
    if above is None:
        text = texts.approval_off()
    elif deciders:
        text = texts.approval_set(above, listed([person(one) for one in deciders]))
    else:
        text = texts.approval_set_without_deciders(above)
    return message(text, [section(text)])


def _line(use: BudgetUse) -> str:
    whose = bold(_whose(use.scope, use.subject))
    jobs = texts.jobs(use.used.jobs, use.used.promised)
    if use.used.answers:
        jobs = texts.with_answers(jobs, use.used.answers)
    if use.usd is None:
        return texts.without_budget(whose, dollars(use.used.usd), jobs)
    share = use.used.usd / use.usd if use.usd else 1.0
    filled = min(_WIDTH, math.ceil(share * _WIDTH))
    bar = "▰" * filled + "▱" * (_WIDTH - filled)
    return texts.with_budget(whose, bar, dollars(use.used.usd), dollars(use.usd), percent(share, 0), jobs)


def _whose(scope: Scope, subject: str) -> str:
    match scope:
        case Scope.WORKSPACE:
            return texts.whole_workspace()
        case Scope.CHANNEL:
            return channel(subject)
        case Scope.PERSON:
            return person(subject)
