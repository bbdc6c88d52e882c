"""What may be spent: budgets, and why a job may not begin. Values come as they shall be shown."""

from collections.abc import Callable
from datetime import UTC, datetime

from bot.spending.budget import NotAdmitted, Scope
from texts.formats import day, dollars, month, sentences
from texts.language import _, plural


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
    return sentences(whose, left_over, advice)


def budget_used_up(scope: Scope, budget: float, taken: float, promised: float, until: float) -> str:
    """Instead of a model's answer; like `over_budget`."""
    whose = {
        Scope.WORKSPACE: _("The model was not asked, because the workspace's budget is used up."),
        Scope.CHANNEL: _("The model was not asked, because this channel's budget is used up."),
        Scope.PERSON: _("The model was not asked, because your budget is used up."),
    }[scope]
    figures = {"budget": dollars(budget), "taken": dollars(taken), "day": day(until)}
    if promised:
        spent = _(
            "Of {budget} a month, {taken} are taken ({promised} of it by jobs that have not ended yet) until {day} "
            "(UTC).",
            promised=dollars(promised),
            **figures,
        )
    else:
        spent = _("Of {budget} a month, {taken} are taken until {day} (UTC).", **figures)
    advice = _(
        "Talk to a model that costs nothing, wait, or ask an administrator to raise the budget. `/finetune budget` "
        "shows where it stands."
    )
    return sentences(whose, spent, advice)


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


# `/finetune budget`


def month_title(at: float) -> str:
    when = datetime.fromtimestamp(at, UTC)
    return _("Spending in {month}", month=month(when.year, when.month))


def whole_workspace() -> str:
    """At the beginning of a line."""
    return _("Whole workspace")


def without_budget(whose: str, used: str, jobs: str) -> str:
    return _("{whose} · {used}, no budget · {jobs}", whose=whose, used=used, jobs=jobs)


def with_budget(whose: str, bar: str, used: str, budget: str, share: str, jobs: str) -> str:
    return _(
        "{whose} · {bar} {used} of {budget} ({share}) · {jobs}",
        whose=whose,
        bar=bar,
        used=used,
        budget=budget,
        share=share,
        jobs=jobs,
    )


def jobs(count: int, promised: float) -> str:
    """`promised`: US dollars at which the open ones are estimated."""
    if not count:
        return _("no job yet")
    if promised:
        return plural(
            "{count} job, {promised} of it still estimated",
            "{count} jobs, {promised} of it still estimated",
            count,
            promised=dollars(promised),
        )
    return plural("{count} job", "{count} jobs", count)


def with_answers(jobs: str, count: int) -> str:
    """`jobs`: what `jobs()` says; `count`: answers of models."""
    return plural("{jobs}, {count} answer of a model", "{jobs}, {count} answers of models", count, jobs=jobs)


def more_budgets(count: int) -> str:
    return plural("And {count} more budget.", "And {count} more budgets.", count)


def how_jobs_count(until: float) -> str:
    return _(
        "This month ends on {day}, 00:00 UTC. A job counts in the month in which it was submitted: its estimate while "
        "it is open, its real cost once it has ended. Answers of models count when they are given.",
        day=day(until),
    )


def threshold(above: float | None, unknown_too: bool) -> str:
    """From which price on jobs need approval."""
    if above is None:
        return _("No job needs approval.")
    if unknown_too:
        return _(
            "Jobs above {above}, and those of unknown price, need the approval of somebody else.", above=dollars(above)
        )
    return _("Jobs above {above} need the approval of somebody else.", above=dollars(above))


def unknown_prices(count: int) -> str:
    return plural(
        "{count} job of unknown price counts nothing here.", "{count} jobs of unknown price count nothing here.", count
    )


def how_to_set() -> str:
    return _("`/finetune budget set workspace 200` (or `#channel`, `@person`; `off`) · `/finetune budget approval 25`")


def budget_set(whose: str, usd: float) -> str:
    return _("{whose} may spend {usd} a month now.", whose=whose, usd=dollars(usd))


def budget_off(whose: str) -> str:
    return _("{whose} has no budget of its own now.", whose=whose)


def approval_off() -> str:
    return _("No job needs approval now.")


def approval_set(above: float, deciders: str) -> str:
    """`deciders`: a list of people."""
    return _(
        "Jobs estimated above {above} need approval now. {deciders} may give it, to jobs of others.",
        above=dollars(above),
        deciders=deciders,
    )


def approval_set_without_deciders(above: float) -> str:
    return _(
        "Jobs estimated above {above} need approval now, and there is nobody to give it yet. Ask whoever runs me to "
        "name approvers (`FINETUNE_APPROVERS`).",
        above=dollars(above),
    )
