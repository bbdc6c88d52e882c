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
        return _("Since {day} this model no longer answers", day=day)
    return _("Since {day} these models no longer answer", day=day)


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


def before(move: str) -> str:
    """`move`: the button's name."""
    return _(
        "The provider shuts down the base model and all that was trained from it. Training files, metrics, evaluations "
        "and conversations stay here. Press {move} to have it trained anew elsewhere, on the same data, and compared "
        "with this one before anybody changes over. `/finetune retiring` lists all that ends, and when.",
        move=move,
    )


def after(move: str) -> str:
    """`move`: the button's name."""
    return _(
        "The provider has shut down the base model and all that was trained from it. Training files, metrics, "
        "evaluations and conversations are still here. Press {move} to have it trained anew elsewhere, on the same "
        "data.",
        move=move,
    )


# `/finetune retiring`


def calendar(count: int) -> str:
    """A heading. `count`: of models."""
    return plural("{count} model that stops answering", "{count} models that stop answering", count)


def nothing_ends() -> str:
    return _("No model that you may know of has a day on which it stops answering.")


def day_ahead(day: str, days: int) -> str:
    """A heading."""
    return plural("{day}: {count} day left", "{day}: {count} days left", days, day=day)


def day_over(day: str) -> str:
    """A heading."""
    return _("{day}: over", day=day)


def no_jobs_from(day: str) -> str:
    return _("no more jobs from {day}", day=day)


def used_in(channels: int) -> str:
    return plural("used in {count} channel", "used in {count} channels", channels)


def never_used() -> str:
    return _("not used yet")


def earlier_button() -> str:
    return _("Earlier")


def later_button() -> str:
    return _("Later")


def page(number: int, pages: int) -> str:
    return _("Page {number} of {pages}", number=number, pages=pages)


# `/finetune unused`


def unused_models(count: int, days: int) -> str:
    """A heading."""
    return plural(
        "{count} model that nobody has used for {days} days",
        "{count} models that nobody has used for {days} days",
        count,
        days=days,
    )


def unused_files(count: int, days: int) -> str:
    """A heading."""
    return plural(
        "{count} training file that nothing has used for {days} days",
        "{count} training files that nothing has used for {days} days",
        count,
        days=days,
    )


def all_used(days: int) -> str:
    return plural(
        "All models and training files that you may know of were used, or made, in the last day.",
        "All models and training files that you may know of were used, or made, in the last {count} days.",
        days,
    )


def current_somewhere() -> str:
    return _("still the current model of a channel")


def evaluated_somewhere() -> str:
    return _("evaluated regularly")


def made_on(date: str) -> str:
    return _("made {date}", date=date)


def trained(models: Sequence[str]) -> str:
    """What was trained on a file."""
    return _("trained {models}", models=first_of(models, 3))


def no_model_from_it() -> str:
    return _("no model came of it")
