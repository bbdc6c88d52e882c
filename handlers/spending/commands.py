"""`/finetune budget`: what this month has cost, and for administrators what it may cost.

budget                                  what is used, here and by you
budget set workspace | #channel | @person  200 | off
budget approval 25 | off                above which price a job needs approval
"""

import time

from bot.access import Action, Role
from bot.errors import Invalid
from bot.jobs.admission import threshold
from bot.jobs.estimate import spend_of
from bot.spending.budget import Budget, Scope, dollars, used
from handlers.blocks.markup import channel_in, dollars_in, person_in
from handlers.spending import blocks
from handlers.turn import Turn

_USAGE = (
    "Write /finetune budget set workspace 200, or a #channel or a @person instead of workspace; off takes the budget "
    "away. /finetune budget approval 25 says above which price a job needs approval."
)


async def run(turn: Turn) -> None:
    match turn.words.split():
        case []:
            await _show(turn)
        case ["set", whose, sum_]:
            await _set(turn, whose, sum_)
        case ["approval", sum_]:
            await _set_approval(turn, sum_)
        case _:
            raise Invalid(_USAGE)


async def _show(turn: Turn) -> None:
    actor = await turn.actor()
    services = turn.services
    now = time.time()
    limits, month = await services.budgets.limits(), await services.jobs.of_month(now)
    spends = [spend_of(job) for job in month]
    shown = [Budget(Scope.WORKSPACE, "", 0), Budget(Scope.CHANNEL, turn.channel, 0), Budget(Scope.PERSON, turn.user, 0)]
    overseen = actor.role is Role.ADMIN and turn.alone
    if overseen:
        shown += [other for other in limits.budgets if (other.scope, other.subject) not in {_key(b) for b in shown}]
    set_ = {_key(budget): budget.usd for budget in limits.budgets}
    rows = [blocks.Row(one, set_.get(_key(one)), used(spend for spend in spends if one.covers(spend))) for one in shown]
    above = threshold(limits, services.rules)
    await turn.answer(blocks.month(rows, now, above, services.rules.approve_unknown, admin=overseen))


async def _set(turn: Turn, whose: str, sum_: str) -> None:
    await turn.actor(Action.SET_BUDGET)
    scope, subject = _subject(whose)
    usd = _sum(sum_)
    what = f"{dollars(usd)} a month" if usd is not None else "no budget"
    entry = turn.entry(Action.SET_BUDGET, subject or scope, details=what)
    await turn.services.budgets.set_budget(scope, subject, usd, entry)
    await turn.answer(blocks.budget_set(Budget(scope, subject, usd or 0), usd))


async def _set_approval(turn: Turn, sum_: str) -> None:
    await turn.actor(Action.SET_BUDGET)
    above = _sum(sum_)
    what = f"jobs above {dollars(above)} need approval" if above is not None else "no job needs approval"
    await turn.services.budgets.set_approval(above, turn.entry(Action.SET_BUDGET, "approval", details=what))
    await turn.answer(blocks.approval_set(above, turn.services.rules.deciders))


def _subject(word: str) -> tuple[Scope, str]:
    if word == Scope.WORKSPACE:
        return Scope.WORKSPACE, ""
    if (channel := channel_in(word)) is not None:
        return Scope.CHANNEL, channel
    if (person := person_in(word)) is not None:
        return Scope.PERSON, person
    raise Invalid(f"I do not know whose budget {word} is. {_USAGE}")


def _sum(word: str) -> float | None:
    return None if word.lower() == "off" else dollars_in(word)


def _key(budget: Budget) -> tuple[Scope, str]:
    return budget.scope, budget.subject
