"""The history of a job: what the provider told of it, and what led to what. Sentences of moments take raw values."""

from texts.formats import sentences
from texts.language import _, plural


def events_of(count: int, job: str) -> str:
    """A heading."""
    return plural(
        "{count} event of {job}, the latest first", "{count} events of {job}, the latest first", count, job=job
    )


def timeline_of(job: str) -> str:
    """A heading."""
    return _("What led to what in {job}, oldest first", job=job)


def nothing_known(job: str) -> str:
    return _("Nothing is known about {job} yet.", job=job)


def earlier() -> str:
    return _("Earlier")


def later() -> str:
    return _("Later")


def page(number: int, pages: int) -> str:
    return _("Page {number} of {pages}", number=number, pages=pages)


def warning() -> str:
    # Translators: before the provider's own words.
    return _("Warning:")


def error() -> str:
    # Translators: before the provider's own words.
    return _("Error:")


# Who or what a moment is of


def slack() -> str:
    return _("Slack")


def person() -> str:
    return _("Person")


def bot() -> str:
    return _("Bot")


def provider() -> str:
    return _("Provider")


def delivery() -> str:
    # Translators: of a message of the bot's to Slack.
    return _("Delivery")


# Moments


def requested(key: str, attempts: int, state: str) -> str:
    """`key` and `state`: the inbox's."""
    how = {
        "command": _("Requested in Slack by a command."),
        "view_submission": _("Requested in Slack by a window."),
        "action": _("Requested in Slack by a button."),
        "message": _("Requested in Slack by a message."),
        "app_mention": _("Requested in Slack by a message."),
    }.get(key.partition("/")[0]) or _("Requested in Slack.")
    tries = (
        plural("The bot began it {count} time.", "The bot began it {count} times.", attempts) if attempts > 1 else ""
    )
    outcome = {"pending": _("The bot is at it."), "failed": _("The bot failed at it.")}.get(state, "")
    return sentences(how, tries, outcome)


def stored(job: str, model: str) -> str:
    return _("Job {job} on {model} stored, before anything was sent", job=job, model=model)


def sent(provider: str) -> str:
    return _("The job was sent to {provider}", provider=provider)


def last_news() -> str:
    return _("The last news for a long time")


def ended(state: str, why: str) -> str:
    """`state`: as a card says it. `why`: the provider's own words, if any."""
    if why:
        return _("It ended ({state}): {why}", state=state, why=why)
    return _("It ended ({state})", state=state)


def measured(count: int, last: str) -> str:
    """`last`: what the provider said of the last of several."""
    if last:
        return plural(
            "Figures of {count} step from here on, the last one: {last}",
            "Figures of {count} steps from here on, the last one: {last}",
            count,
            last=last,
        )
    return plural("Figures of {count} step", "Figures of {count} steps", count)


def said(what: str, attempts: int) -> str:
    """`what`: see `notice`."""
    if attempts > 1:
        return _("Said in Slack at attempt {attempt}: {what}", attempt=attempts, what=what)
    return _("Said in Slack: {what}", what=what)


def given_up(what: str, why: str | None) -> str:
    """`why`: an error code, mostly Slack's."""
    if why:
        return _("Could not be said in Slack, and was given up ({why}): {what}", what=what, why=why)
    return _("Could not be said in Slack, and was given up: {what}", what=what)


def in_doubt(what: str, why: str | None) -> str:
    if why:
        return _("Tried to say in Slack, and looks whether it arrived ({why}): {what}", what=what, why=why)
    return _("Tried to say in Slack, and looks whether it arrived: {what}", what=what)


def notice(name: str) -> str:
    """What was said, by the notice's name within its job; one that nothing is written about stands as it is."""
    return {
        "card": _("the card"),
        "accepted": _("the provider has the job"),
        "started": _("training has begun"),
        "checkpoint": _("a checkpoint"),
        "event": _("a message of the provider's"),
        "uncertain": _("nobody knows whether the provider has it"),
        "stuck": _("no news for a long time"),
        "waiting": _("the provider takes no jobs"),
        "in_line": _("it waits in line"),
        "approval": _("the question for approval"),
        "approved": _("the approval"),
        "linked": _("a link in the file's thread"),
        "succeeded": _("how it ended"),
        "failed": _("how it ended"),
        "cancelled": _("how it ended"),
    }.get(name.partition("/")[0], name)
