"""Training again and again on a training set that grows. Values come as they shall be shown."""

from texts.language import _, plural


def schedule_button() -> str:
    return _("Train regularly…")


def title() -> str:
    return _("Train regularly")


def intro(collection: str) -> str:
    return _(
        "Each time I count the examples of {collection} that no model has learned from yet. Where there are enough, I"
        " make the next model's training file and start its job in your name, with the price, budgets and approval of"
        " any job. Where there are not, I say nothing and wait.",
        collection=collection,
    )


def every_label() -> str:
    return _("When")


def every_hint() -> str:
    return _("In your time zone, as Slack knows it.")


def named_times(word: str) -> str:
    """`word`: daily, weekly or monthly; else times that are typed."""
    return {
        "daily": _("Every day at 9:00"),
        "weekly": _("Every Monday at 9:00"),
        "monthly": _("On the first of each month at 9:00"),
    }.get(word) or _("Other times, typed below")


def other_label() -> str:
    return _("Other times")


def other_hint() -> str:
    return _(
        "As in cron: minute, hour, day of the month, month, day of the week. 0 6 * * 1 is every Monday at 6:00."
        " If you fill this in, it counts instead of the choice above."
    )


def at_least_label() -> str:
    return _("How many new examples to wait for")


def save_button() -> str:
    return _("Save")


def set_up(person: str, collection: str) -> str:
    """`person`: a mention."""
    return _(
        "From now on models are trained on {collection} regularly, as {person} asked.",
        person=person,
        collection=collection,
    )


def zone(name: str) -> str:
    """`name`: of a time zone, such as Europe/Berlin."""
    return _("time zone {name}", name=name)


def at_least(count: int) -> str:
    return plural("from {count} new example on", "from {count} new examples on", count)


def next_time(date: str) -> str:
    return _("next time: {date}", date=date)


def set_up_by(person: str) -> str:
    return _("Set up by {person}, in whose name the jobs are started.", person=person)


def heading() -> str:
    return _("Training sets that are trained on regularly in this channel")


def more(count: int) -> str:
    return plural("and {count} more", "and {count} more", count)


def none_here(command: str, button: str) -> str:
    return _(
        "No training set is trained on regularly in this channel. Open one with {command} and press {button}.",
        command=command,
        button=button,
    )


def started(date: str, job: str) -> str:
    """`job`: a link to its card, or its id."""
    return _("Last time, {date}: started {job}.", date=date, job=job)


def still_running(date: str, job: str) -> str:
    return _("Last time, {date}: not started, because {job} had not ended.", date=date, job=job)


def too_few(date: str, count: int) -> str:
    return plural(
        "Last time, {date}: not started, because there was only {count} new example.",
        "Last time, {date}: not started, because there were only {count} new examples.",
        count,
        date=date,
    )


def not_started(date: str, why: str) -> str:
    """`why`: a sentence."""
    return _("Last time, {date}: not started. {why}", date=date, why=why)


def change_button() -> str:
    return _("Change…")


def stop_button() -> str:
    return _("Stop")


def stop_title() -> str:
    return _("Stop training regularly?")


def stop_question() -> str:
    return _("No more jobs are started by themselves. A job that has begun goes on.")


def keep_button() -> str:
    return _("Keep it")


def stopped(person: str, collection: str) -> str:
    return _(
        "{person} has ended the regular training on {collection}. A job that has begun goes on.",
        person=person,
        collection=collection,
    )


def due(collection: str, count: int, person: str) -> str:
    """`count`: new examples. `person`: who set it up."""
    return plural(
        "Time to train on {collection} again, as {person} set up: {count} example is new.",
        "Time to train on {collection} again, as {person} set up: {count} examples are new.",
        count,
        collection=collection,
        person=person,
    )


def refused(collection: str, why: str) -> str:
    """`why`: a sentence."""
    return _(
        "The regular training on {collection} was due, but no job was started. {why} I try again each time it is due,"
        " and say so again only if the reason changes.",
        collection=collection,
        why=why,
    )


def ended(collection: str, person: str, why: str, command: str) -> str:
    """`person`: who set it up. `why`: a sentence."""
    return _(
        "I no longer train on {collection} regularly, as {person} had set up. {why} Whoever may start jobs can set it"
        " up again with {command}.",
        collection=collection,
        person=person,
        why=why,
        command=command,
    )


def collection_gone(person: str) -> str:
    return _("A training set that {person} had trained on regularly is gone, so that has ended.", person=person)
