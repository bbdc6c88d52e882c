"""`/finetune budget`: what is used of which budget, and what an administrator has just set."""

import math
from collections.abc import Collection, Sequence
from datetime import UTC, datetime

import msgspec
from slack_sdk.models.blocks import Block

from bot.spending.budget import Budget, Scope, Used, dollars, month_of
from handlers.blocks.message import Message
from handlers.blocks.parts import context, header, message, section
from handlers.blocks.text import channel, counted, person
from texts.formats import listed

_MOST_ROWS = 40
_WIDTH = 12


class Row(msgspec.Struct, frozen=True):
    """`usd`: the budget, None where there is none."""

    budget: Budget
    usd: float | None
    used: Used


def month(rows: Sequence[Row], now: float, above: float | None, unknown_too: bool, *, admin: bool) -> Message:
    """The first rows are the workspace, the channel and the person who asks; administrators see all other budgets."""
    start, end = (datetime.fromtimestamp(at, UTC) for at in month_of(now))
    name = f"Spending in {start:%B %Y}"
    lines = [_line(row) for row in rows[:_MOST_ROWS]]
    blocks: list[Block] = [header(name), section("\n".join(lines[:3]))]
    blocks += [section("\n".join(lines[at : at + 10])) for at in range(3, len(lines), 10)]
    if len(rows) > _MOST_ROWS:
        blocks.append(context(f"And {counted(len(rows) - _MOST_ROWS, 'more budget')}."))
    notes = [
        f"Until {end.day} {end:%B}, 00:00 UTC. A job counts in the month in which it was submitted: its estimate while "
        "it is open, its real cost once it has ended.",
        _threshold(above, unknown_too),
    ]
    if unknown := rows[0].used.unknown:
        notes.append(f"{counted(unknown, 'job')} of unknown price {'count' if unknown > 1 else 'counts'} nothing here.")
    if admin:
        notes.append(
            "`/finetune budget set workspace 200` (or #channel, @person; `off`) · `/finetune budget approval 25`"
        )
    blocks += [context(note) for note in notes]
    return message(f"{name}: {lines[0]}", blocks)


def budget_set(budget: Budget, usd: float | None) -> Message:
    whose = {
        Scope.WORKSPACE: "The whole workspace",
        Scope.CHANNEL: channel(budget.subject),
        Scope.PERSON: person(budget.subject),
    }[budget.scope]
    text = (
        f"{whose} may spend {dollars(usd)} a month now."
        if usd is not None
        else f"{whose} has no budget of its own now."
    )
    return message(text, [section(text)])


def approval_set(above: float | None, deciders: Collection[str]) -> Message:
    if above is None:
        text = "No job needs approval now."
    else:
        who = listed([person(one) for one in deciders])
        text = f"Jobs estimated above {dollars(above)} need approval now. {who} may give it, to jobs of others."
    return message(text, [section(text)])


def _line(row: Row) -> str:
    whose = {
        Scope.WORKSPACE: "Whole workspace",
        Scope.CHANNEL: channel(row.budget.subject),
        Scope.PERSON: person(row.budget.subject),
    }[row.budget.scope]
    estimated = f", {dollars(row.used.promised)} of it still estimated" if row.used.promised else ""
    spent = f"{counted(row.used.jobs, 'job')}{estimated}" if row.used.jobs else "no job yet"
    if row.usd is None:
        return f"*{whose}*: {dollars(row.used.usd)}, no budget · {spent}"
    share = row.used.usd / row.usd if row.usd else 1.0
    filled = min(_WIDTH, math.ceil(share * _WIDTH))
    bar = "▰" * filled + "▱" * (_WIDTH - filled)
    return f"*{whose}*: {bar} {dollars(row.used.usd)} of {dollars(row.usd)} ({share * 100:.0f} %) · {spent}"


def _threshold(above: float | None, unknown_too: bool) -> str:
    if above is None:
        return "No job needs approval."
    unknown = ", and those of unknown price," if unknown_too else ""
    return f"Jobs above {dollars(above)}{unknown} need the approval of somebody else."
