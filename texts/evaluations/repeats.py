"""Evaluations that are repeated, and models whose scores have changed since the last time."""

from texts.language import _, plural


def repeat_question() -> tuple[str, str, str, str]:
    """Title, text, yes and no."""
    return (
        _("Repeat it every week?"),
        _(
            "The same examples are asked of the same models again, which costs as much as this time. I say so here "
            "where a model has become better or worse."
        ),
        _("Repeat weekly"),
        _("Not now"),
    )


def repeated(person: str, days: int) -> str:
    return plural(
        "{person} has this evaluation repeated every day. I say so here where a model has become better or worse.",
        "{person} has this evaluation repeated every {count} days. I say so here where a model has become better or "
        "worse.",
        days,
        person=person,
    )


def no_longer_repeated(person: str) -> str:
    return _("{person} ended the repetition of this evaluation.", person=person)


def ended(person: str, why: str) -> str:
    """`person`: whose evaluation it is. `why`: a sentence."""
    return _(
        "This evaluation by {person} is no longer repeated. {why} Whoever may evaluate models here can start one of "
        "their own.",
        person=person,
        why=why,
    )


def stop_button() -> str:
    return _("Stop repeating")


def fell(model: str, before: str, now: str, n: int) -> str:
    return _(
        "{model} has become worse since it was last asked the same: {now}, before {before} (n={n}). Look at what "
        "changed at its provider, or choose another model.",
        model=model,
        before=before,
        now=now,
        n=n,
    )


def rose(model: str, before: str, now: str, n: int) -> str:
    return _(
        "{model} has become better since it was last asked the same: {now}, before {before} (n={n}).",
        model=model,
        before=before,
        now=now,
        n=n,
    )
