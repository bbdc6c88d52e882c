"""What may be spent: budgets, and why a job may not begin. Values come as they shall be shown."""

from collections.abc import Callable

from bot.spending.budget import NotAdmitted, Scope
from texts.formats import day, dollars
from texts.language import _


def not_admitted(error: NotAdmitted) -> str:
    """Why the job may not begin, and what to do: fit before it is asked for, too."""
    reasons: dict[str, Callable[..., str]] = {"over_budget": over_budget, "nobody_to_approve": nobody_to_approve}
    return reasons[error.kind](**error.values)


def over_budget(
    scope: Scope, usd: float, budget: float, taken: float, promised: float, left: float, until: float
) -> str:
    """US dollars; `promised`: the part of what is `taken` that open jobs are estimated at. `until`: seconds since the
    epoch."""
    whose = {
        Scope.WORKSPACE: _("The job would go over the workspace's budget."),
        Scope.CHANNEL: _("The job would go over this channel's budget."),
        Scope.PERSON: _("The job would go over your budget."),
    }[scope]
    figures = {"usd": dollars(usd), "budget": dollars(budget), "taken": dollars(taken), "left": dollars(left)}
    if promised:
        left_over = _(
            "It is estimated at {usd}; of {budget} a month, {taken} are taken ({promised} of it by jobs that have not "
            "ended yet), so {left} are left until {day} (UTC).",
            promised=dollars(promised),
            day=day(until),
            **figures,
        )
    else:
        left_over = _(
            "It is estimated at {usd}; of {budget} a month, {taken} are taken, so {left} are left until {day} (UTC).",
            day=day(until),
            **figures,
        )
    advice = _(
        "Choose fewer epochs, a smaller file or a cheaper model, wait, or ask an administrator to raise the budget. "
        "`/finetune budget` shows where it stands."
    )
    return f"{whose} {left_over} {advice}"


def nobody_to_approve(above: float) -> str:
    """`above`: US dollars."""
    return _(
        "A job above {above}, or of unknown price, needs the approval of somebody else, and there is nobody to give "
        "it. Ask whoever runs me to name approvers (`FINETUNE_APPROVERS`), or choose a cheaper job.",
        above=dollars(above),
    )


def nothing_started() -> str:
    """Before `not_admitted`."""
    return _("Nothing was started.")


def cannot_be_started() -> str:
    """In bold before `not_admitted`."""
    return _("Cannot be started like this:")
