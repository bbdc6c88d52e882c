"""What came of an evaluation: which model is better, what the figures are, and what can be done next."""

from texts.language import _, plural


def better(model: str, base: str, right: str, base_right: str, gain: str, interval: str, n: int) -> str:
    """The first sentence. `gain` and `interval` in points."""
    return _(
        "{model} is better than {base}: {right} against {base_right}, {gain} points ({interval}), n={n}.",
        model=model,
        base=base,
        right=right,
        base_right=base_right,
        gain=gain,
        interval=interval,
        n=n,
    )


def worse(model: str, base: str, right: str, base_right: str, gain: str, interval: str, n: int) -> str:
    return _(
        "{model} is worse than {base}: {right} against {base_right}, {gain} points ({interval}), n={n}.",
        model=model,
        base=base,
        right=right,
        base_right=base_right,
        gain=gain,
        interval=interval,
        n=n,
    )


def cannot_tell(model: str, base: str, right: str, base_right: str, gain: str, interval: str, n: int) -> str:
    return _(
        "{model} and {base}: cannot tell which is better. {right} against {base_right}, {gain} points "
        "({interval}), n={n}.",
        model=model,
        base=base,
        right=right,
        base_right=base_right,
        gain=gain,
        interval=interval,
        n=n,
    )


def alike(model: str, base: str, right: str, n: int) -> str:
    """Neither did better on a single example."""
    return _(
        "{model} and {base} did equally well on each example: {right}, n={n}.",
        model=model,
        base=base,
        right=right,
        n=n,
    )


def nothing_graded(model: str) -> str:
    return _("{model} could not be graded on any example.", model=model)


def would_be_needed(n: int) -> str:
    return plural(
        "To tell so small a difference about {count} example would be needed.",
        "To tell so small a difference about {count} examples would be needed.",
        n,
    )


def shares_of_right(grader: str) -> str:
    """What the figures are."""
    return _("Figures are the share of right answers, as {grader} grades them, with 95% intervals.", grader=grader)


def mean_scores(grader: str) -> str:
    """What the figures are, where a grader gives more than right or wrong."""
    return _("Figures are mean scores of {grader}, from 0% to 100%, with 95% intervals.", grader=grader)


def alone(model: str, right: str, interval: str, n: int) -> str:
    """Of one model that was compared with none."""
    return _("{model}: {right} ({interval}), n={n}.", model=model, right=right, interval=interval, n=n)


def holm() -> str:
    return _("Several models were compared, so p-values are corrected by Holm's method.")


def forgets(model: str, base: str, before: str, after: str, n: int) -> str:
    """On the control set."""
    return plural(
        "{model} forgets: on {count} general question it has {after} right, where {base} has {before}.",
        "{model} forgets: on {count} general questions it has {after} right, where {base} has {before}.",
        n,
        model=model,
        base=base,
        before=before,
        after=after,
    )


def forgets_nothing(model: str, base: str, before: str, after: str, n: int) -> str:
    return plural(
        "No sign that {model} forgets: {after} right on {count} general question, {base} {before}.",
        "No sign that {model} forgets: {after} right on {count} general questions, {base} {before}.",
        n,
        model=model,
        base=base,
        before=before,
        after=after,
    )


def chosen(model: str, score: str, interval: str, n: int) -> str:
    """The best of several checkpoints."""
    return _(
        "Of the checkpoints {model} is best: chosen on one half of the examples, it reaches {score} on the other "
        "({interval}), n={n}.",
        model=model,
        score=score,
        interval=interval,
        n=n,
    )


def try_failed_button() -> str:
    return _("Ask failed ones again")


def all_answers_button() -> str:
    return _("All answers")


def promote_button() -> str:
    return _("Promote")


def ask_more_button() -> str:
    return _("Ask more")


def another_grader_button() -> str:
    return _("With another grader")


def repeat_button() -> str:
    return _("Repeat weekly")


def promote_question(model: str) -> tuple[str, str, str, str]:
    """Title, text, yes and no."""
    return (
        _("Make it this channel's model?"),
        _("Chat and Home offer {model} first in this channel from now on.", model=model),
        _("Promote"),
        _("Not now"),
    )


def promoted(person: str, model: str) -> str:
    return _("{person} made {model} this channel's model. Chat offers it first.", person=person, model=model)
