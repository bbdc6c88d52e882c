"""Budgets, and the approval of costs."""

from bot.spending.budget import Scope
from texts import spending
from texts.approval import say_why
from texts.errors.table import ERRORS
from texts.formats import sentences
from texts.language import _


@ERRORS.sentence
def over_budget(
    scope: Scope, usd: float, budget: float, taken: float, promised: float, left: float, until: float
) -> str:
    why = spending.over_budget(scope, usd, budget, taken, promised, left, until)
    return sentences(spending.nothing_started(), why)


@ERRORS.sentence
def budget_used_up(scope: Scope, budget: float, taken: float, promised: float, until: float) -> str:
    return spending.budget_used_up(scope, budget, taken, promised, until)


@ERRORS.sentence
def nobody_to_approve(above: float) -> str:
    return sentences(spending.nothing_started(), spending.nobody_to_approve(above))


@ERRORS.sentence
def budget_usage() -> str:
    return _(
        "Write `/finetune budget set workspace 200`, or a `#channel` or a `@person` instead of `workspace`; `off` "
        "takes the budget away. `/finetune budget approval 25` says above which price a job needs approval."
    )


@ERRORS.sentence
def whose_budget(word: str) -> str:
    return sentences(_("I do not know whose budget {word} is.", word=word), budget_usage())


@ERRORS.sentence
def no_amount(text: str) -> str:
    return _("{text} is not an amount of money. Write US dollars, such as 200 or 12.50, or `off`.", text=text)


@ERRORS.sentence
def reason_missing() -> str:
    return sentences(say_why(), _("The requester reads it."))
