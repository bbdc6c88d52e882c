"""Models that stop answering: warnings beforehand, and what is said afterwards. Values come as they shall be shown."""

from collections.abc import Sequence

from texts.formats import first_of
from texts.language import _, plural

# The notice to a channel that uses them


def will_stop(models: int, day: str, days: int) -> str:
    """A heading. `days`: how many are left."""
    if models == 1:
        return plural(
            "This model stops answering on {day}: {count} day left",
            "This model stops answering on {day}: {count} days left",
            days,
            day=day,
        )
    return plural(
        "These models stop answering on {day}: {count} day left",
        "These models stop answering on {day}: {count} days left",
        days,
        day=day,
    )


def has_stopped(models: int, day: str) -> str:
    """A heading."""
    if models == 1:
        return _("This model no longer answers, since {day}", day=day)
    return _("These models no longer answer, since {day}", day=day)


def current_here() -> str:
    return _("the current model of this channel")


def evaluated_again() -> str:
    return _("evaluated here regularly")


def last_used(date: str, people: Sequence[str]) -> str:
    """`people`: who uses it here."""
    if not people:
        return _("last used {date}", date=date)
    return _("last used {date}, by {people}", date=date, people=first_of(people, 3))


def made_by(person: str) -> str:
    """Of a model that nobody has asked anything in this channel."""
    return _("trained by {person}, not used here yet", person=person)


def more(count: int) -> str:
    return plural("And {count} more.", "And {count} more.", count)


def before(start: str) -> str:
    """`start`: the button's name."""
    return _(
        "The provider shuts down the base model and all that was trained from it. Training files, metrics, evaluations "
        "and conversations stay here. To have such a model after that day, train the same file on a base model that "
        "stays: press {start} below the file's report.",
        start=start,
    )


def after(start: str) -> str:
    """`start`: the button's name."""
    return _(
        "The provider has shut down the base model and all that was trained from it. Training files, metrics, "
        "evaluations and conversations are still here. To have such a model again, train the same file on another base "
        "model: press {start} below the file's report.",
        start=start,
    )
