"""Going on with the successor of a model that was moved. Values come as they shall be shown."""

from texts.language import _, plural


def adopted(old: str, new: str) -> str:
    return _("From now on this channel is offered {new} first, in place of {old}.", new=new, old=old)


def still_asked(threads: int, repeats: int) -> str:
    """What in the channel still asks the old model; one of the two may be 0."""
    if not repeats:
        return plural(
            "{count} thread of the last 30 days still talks to the old one.",
            "{count} threads of the last 30 days still talk to the old one.",
            threads,
        )
    if not threads:
        return plural(
            "{count} evaluation that is repeated still asks the old one.",
            "{count} evaluations that are repeated still ask the old one.",
            repeats,
        )
    return _(
        "Threads of the last 30 days that still talk to the old one: {threads}. Repeated evaluations that ask it: "
        "{repeats}.",
        threads=threads,
        repeats=repeats,
    )


def judged_by_the_old(count: int, names: str, old: str) -> str:
    """`names`: of files of graders."""
    return plural(
        "In {names} the judge is {old}. Drop the file again with another judge in it. Results of two judges cannot be "
        "compared.",
        "In {names} the judge is {old}. Drop these files again with another judge in them. Results of two judges "
        "cannot be compared.",
        count,
        names=names,
        old=old,
    )


def switch_button() -> str:
    return _("Switch these, too")


def switch_question() -> tuple[str, str, str, str]:
    """Heading, consequence, and the two answers."""
    return (
        _("Switch threads and repeated evaluations?"),
        _(
            "Each thread goes on with the new model, which reads what was said, and is told so once. An evaluation "
            "that is repeated starts anew with the new model: that costs what one of its repetitions costs."
        ),
        _("Switch them"),
        _("Not yet"),
    )


def switched(threads: int, repeats: int) -> str:
    return _(
        "Switched to the new model. Threads: {threads}. Repeated evaluations: {repeats}.",
        threads=threads,
        repeats=repeats,
    )


def nothing_to_switch() -> str:
    return _("Nothing was switched.")


def not_switched(count: int, why: str) -> str:
    """`why`: of the first, a sentence."""
    return plural("{count} could not be switched: {why}", "{count} could not be switched: {why}", count, why=why)


def offer_button() -> str:
    """Asks other channels that use the old model whether they go on with the new one."""
    return _("Ask other channels")


def offered_in(channels: str) -> str:
    return _("They are asked whether they go on with the new one: {channels}.", channels=channels)


def offered_nowhere() -> str:
    return _("No other channel that you can see uses the old one.")


# In another channel


def offer(person: str, old: str, new: str, provider: str) -> str:
    return _(
        "This channel uses {old}. {person} has moved it to {provider}, as {new}.",
        old=old,
        person=person,
        provider=provider,
        new=new,
    )


def stops_on(day: str) -> str:
    """The old model."""
    return _("The old one stops answering on {day}.", day=day)


def how_to_decide(adopt: str) -> str:
    """`adopt`: the button's name."""
    return _("Whoever may promote models here decides: {adopt}.", adopt=adopt)
