"""A channel's digest: how it is set, and what it tells. Values come as they shall be shown."""

from texts.language import _, plural

# `/finetune digest`


def none_here() -> str:
    return _(
        "This channel has no digest. A digest tells every day or every week what became of the jobs here: what ended "
        "and how, what goes on, what waits for somebody, and what was spent. `/finetune digest daily at=09:00` or "
        "`/finetune digest weekly on=monday` sets one."
    )


def daily_button() -> str:
    return _("Every day")


def weekly_button() -> str:
    return _("Every Monday")


def stop_button() -> str:
    return _("Stop the digest")


def daily(at: str, zone: str, person: str, following: str) -> str:
    """`at`: 09:00; `zone`: the time zone's name; `person`: who set it; `following`: when the next is due."""
    return _(
        "This channel has a digest every day at {at} ({zone}), set by {person}. The next is due {following}; where "
        "nothing happened, nothing is said.",
        at=at,
        zone=zone,
        person=person,
        following=following,
    )


def weekly(weekday: int, at: str, zone: str, person: str, following: str) -> str:
    """`weekday`: 0 for Monday. The rest as in `daily`."""
    return _(
        "This channel has a digest every week, {weekday} at {at} ({zone}), set by {person}. The next is due "
        "{following}; where nothing happened, nothing is said.",
        weekday=day_of_week(weekday),
        at=at,
        zone=zone,
        person=person,
        following=following,
    )


def stopped() -> str:
    return _("This channel has no digest any more.")


def day_of_week(weekday: int) -> str:
    """0 for Monday."""
    return (
        _("Monday"),
        _("Tuesday"),
        _("Wednesday"),
        _("Thursday"),
        _("Friday"),
        _("Saturday"),
        _("Sunday"),
    )[weekday]


# The digest


def heading(since: str) -> str:
    """`since`: a moment."""
    return _("Fine-tuning in this channel since {since}", since=since)


def ended(count: int) -> str:
    """A heading."""
    return plural("{count} job ended", "{count} jobs ended", count)


def cost_of_ended(usd: str) -> str:
    """Of the jobs in the list of those that ended."""
    return _("The jobs that ended cost {usd}.", usd=usd)


def go_on(count: int) -> str:
    """A heading."""
    return plural("{count} job goes on", "{count} jobs go on", count)


def wait(count: int) -> str:
    """A heading."""
    return plural("{count} job waits for somebody", "{count} jobs wait for somebody", count)


def stop_answering(count: int) -> str:
    """A heading."""
    return plural("{count} model used here stops answering", "{count} models used here stop answering", count)


def more(count: int) -> str:
    return plural("And {count} more.", "And {count} more.", count)


def spent(usd: str) -> str:
    return _("Spent in this channel this month (UTC): {usd}.", usd=usd)


def spent_of(usd: str, budget: str) -> str:
    return _("Spent in this channel this month (UTC): {usd} of {budget}.", usd=usd, budget=budget)


def how_to_stop() -> str:
    return _("`/finetune digest` shows when the next one is due, and stops them.")


def summary(ended: int, running: int, waiting: int) -> str:
    """In notifications."""
    return _(
        "Digest of this channel: ended {ended}, going on {running}, waiting for somebody {waiting}.",
        ended=ended,
        running=running,
        waiting=waiting,
    )
