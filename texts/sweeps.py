"""Sweeps: several configurations of one training file. Values come as they shall be shown."""

from collections.abc import Sequence

from texts.formats import listed
from texts.language import _, plural

# The modal


def several_entry() -> tuple[str, str]:
    """Of a menu: its name and what it does."""
    return _("Several settings…"), _("Train several configurations and compare them")


def modal_title() -> str:
    """At most 24 characters."""
    return _("Several settings")


def about_modal(file: str) -> str:
    return _(
        "Trains {file} with every combination of what you write here. Nothing is started before you have seen how many "
        "jobs that makes and what they cost.",
        file=file,
    )


def models_field() -> tuple[str, str]:
    """Label and hint."""
    return _("Base models"), _("One or more.")


def values_hint() -> str:
    return _("One value or several, with commas: 1, 3. Empty: the provider chooses.")


def random_field() -> tuple[str, str]:
    """Label and hint."""
    return _("Draw at random"), _("How many of the combinations are tried. Empty: all of them.")


def show_plan_button() -> str:
    return _("Show the plan")


# The plan


def question(count: int, file: str) -> str:
    return plural("Start this job on {file}?", "Start these {count} jobs on {file}?", count, file=file)


def caption() -> str:
    """Of the table, for screen readers."""
    return _("Configurations of the sweep")


def price_column() -> str:
    return _("Estimate")


def same_for_all(settings: str) -> str:
    return _("The same for all: {settings}", settings=settings)


def in_all(price: str, time: str | None) -> str:
    """`time`: of training, one job after the other."""
    if time is None:
        return _("In all: {price}.", price=price)
    return _("In all: {price}, about {time} of training if one follows the other.", price=price, time=time)


def at_least(price: str) -> str:
    """Where nobody knows the price of some jobs."""
    return _("at least {price}; nobody knows the price of some of them", price=price)


def waiting(count: int, provider: str) -> str:
    return plural(
        "{count} of them waits in line until {provider} has room.",
        "{count} of them wait in line until {provider} has room.",
        count,
        provider=provider,
    )


def one_approval(necessity: str, approvers: str) -> str:
    """`necessity`: why, as a sentence; `approvers`: a list."""
    return _(
        "{necessity} {approvers} can approve them, all at once. Nothing is spent before.",
        necessity=necessity,
        approvers=approvers,
    )


def start_all_button() -> str:
    return _("Start all")


def started(count: int) -> str:
    return plural(
        "{count} job is on its way. A table in the channel shows how it does.",
        "{count} jobs are on their way. A table in the channel shows how they do.",
        count,
    )


def started_waits(count: int, approvers: str) -> str:
    return plural(
        "{count} job waits for the approval of {approvers}. Nothing is spent before.",
        "{count} jobs wait for the approval of {approvers}. Nothing is spent before.",
        count,
        approvers=approvers,
    )


# The card


def title(file: str, count: int) -> str:
    return plural("{file}: {count} configuration", "{file}: {count} configurations", count, file=file)


def progress(ended: int, count: int, settings: Sequence[str]) -> str:
    """`settings`: the names of those that differ."""
    return plural(
        "{ended} of {count} done. What differs: {settings}.",
        "{ended} of {count} done. What differs: {settings}.",
        count,
        ended=ended,
        settings=listed(settings),
    )


def state_column() -> str:
    return _("Status")


def cost_column() -> str:
    return _("Cost")


def best_mark() -> str:
    """Beside the number of the best configuration."""
    return _("best")


def cards(links: str) -> str:
    """`links`: one for each job."""
    return _("Each job's card: {links}", links=links)


def started_by(person: str) -> str:
    return _("Started by {person}", person=person)


def sweep_id(name: str) -> str:
    return _("Sweep {name}", name=name)


def stop_button() -> str:
    return _("Stop the rest")


def stop_question() -> tuple[str, str, str, str]:
    """Heading, consequence, and the two answers."""
    return (
        _("Stop what has not ended?"),
        _("All jobs of this sweep that wait or train are cancelled. What they have cost stays spent; models stay."),
        _("Stop them"),
        _("Let them train"),
    )


def stopped(count: int) -> str:
    return plural("{count} job was cancelled.", "{count} jobs were cancelled.", count)


def nothing_to_stop() -> str:
    return _("All jobs of this sweep have ended.")


def not_stopped(count: int, why: str) -> str:
    """`why`: a sentence."""
    return plural("{count} job could not be: {why}", "{count} jobs could not be: {why}", count, why=why)


# In the threads


def linked(person: str, count: int, thread: str) -> str:
    """`thread`: `texts.notices.its_own_thread`, as a link."""
    return plural(
        "{person} started {count} configuration of this file. Follow it in {thread}.",
        "{person} started {count} configurations of this file. Follow them in {thread}.",
        count,
        person=person,
        thread=thread,
    )


def wish(person: str, count: int, file: str) -> str:
    return plural(
        "{person} wants to train {count} configuration of {file}.",
        "{person} wants to train {count} configurations of {file}.",
        count,
        person=person,
        file=file,
    )


def not_approved(person: str, decision: str) -> str:
    """`decision`: who declined it, as a sentence."""
    return _("{person} {decision} Nothing was spent.", person=person, decision=decision)


# The end


def ended_line(state: str, job: str, figures: str) -> str:
    """How one job of several ended. `figures` may be empty."""
    return _("{job}: {state}, {figures}", job=job, state=state, figures=figures) if figures else f"{job}: {state}"


def best(person: str, settings: str, model: str, heading: str, value: str) -> str:
    """`heading`: of what was measured, such as "validation loss"."""
    return _(
        "{person} All jobs have ended. Best on the validation file: {settings} ({heading} {value}), which made "
        "{model}.",
        person=person,
        settings=settings,
        model=model,
        heading=heading,
        value=value,
    )


def too_near(person: str, settings: Sequence[str], heading: str, value: str) -> str:
    """`value`: the best one's."""
    return _(
        "{person} All jobs have ended. The validation file does not tell which of these is best: {settings} ({heading} "
        "about {value}). Choose the cheapest, or let them answer the same questions.",
        person=person,
        settings=listed(settings),
        heading=heading,
        value=value,
    )


def not_comparable(person: str, settings: Sequence[str]) -> str:
    return _(
        "{person} All jobs have ended. Their models cut text into different tokens, so their losses cannot be held "
        "against each other. The best of each kind: {settings}. Let them answer the same questions.",
        person=person,
        settings=listed(settings),
    )


def not_measured(person: str, count: int) -> str:
    """`count`: of models."""
    return plural(
        "{person} All jobs have ended and {count} model is ready. Without a validation file nothing says how good it "
        "is: let it answer questions that it was not trained on.",
        "{person} All jobs have ended and {count} models are ready. Without a validation file nothing says which is "
        "best: let them answer questions that they were not trained on.",
        count,
        person=person,
    )


def no_model(person: str) -> str:
    return _("{person} All jobs of this sweep have ended, and none has made a model.", person=person)


def failed(count: int) -> str:
    return plural("{count} job failed.", "{count} jobs failed.", count)


def cancelled(count: int) -> str:
    return plural("{count} job was cancelled.", "{count} jobs were cancelled.", count)
