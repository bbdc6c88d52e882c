"""What `finetune-bot jobs`, `approve`, `budget` and the others write on a terminal that are also commands of Slack.

Values come as they are: whoever prints a sentence takes out what a terminal would act on.
"""

from texts.language import _, plural

# Headings of columns


def job() -> str:
    return _("Job")


def state() -> str:
    return _("Status")


def step() -> str:
    return _("Step")


def file() -> str:
    return _("File")


def dataset() -> str:
    return _("Data set")


def name() -> str:
    return _("Name")


def model() -> str:
    return _("Model")


def base_model() -> str:
    return _("Base model")


def provider() -> str:
    return _("Provider")


def job_at_the_provider() -> str:
    return _("Job at the provider")


def group() -> str:
    """The sweep or move that a job belongs to."""
    return _("Sweep or move")


def by() -> str:
    """Who did it, or had it made."""
    return _("By")


def channel() -> str:
    return _("Channel")


def channels() -> str:
    """In how many a model is used."""
    return _("Channels")


def link() -> str:
    """To a job's card, from anywhere."""
    return _("Link")


def at() -> str:
    return _("When (UTC)")


def asked_at() -> str:
    return _("Asked for (UTC)")


def ended_at() -> str:
    return _("Ended (UTC)")


def last_used_at() -> str:
    return _("Last used (UTC)")


def stops_answering() -> str:
    return _("Stops answering on")


def answers_until() -> str:
    """The first day on which it does not."""
    return _("Answers until")


def trains_until() -> str:
    """The first day on which it does not."""
    return _("Trains until")


def cost() -> str:
    return _("Cost")


def error() -> str:
    return _("Error")


def measured() -> str:
    """At a checkpoint."""
    return _("Measured")


def told() -> str:
    """What the provider did, of a job."""
    return _("Told")


def budget() -> str:
    return _("Budget of")


def spent() -> str:
    return _("Spent")


def limit() -> str:
    return _("A month")


def share() -> str:
    return _("Share")


def jobs() -> str:
    return _("Jobs")


def act() -> str:
    return _("Did")


def thing() -> str:
    """What was done something to."""
    return _("To")


# Models that are deployed


def deployed_since() -> str:
    return _("Deployed since (UTC)")


def per_hour() -> str:
    return _("Price per hour")


def so_far() -> str:
    """What a deployment has cost until now."""
    return _("So far")


# Training sets


def training_sets() -> str:
    # Translators: a heading.
    return _("Training sets")


def no_training_sets() -> str:
    return _("There is no training set yet. They grow in Slack, from threads and corrections.")


def training_set() -> str:
    return _("Training set")


def usable_examples() -> str:
    """How many may be trained on."""
    return _("Usable")


def unreviewed() -> str:
    """How many wait to be accepted."""
    return _("To review")


def waiting() -> str:
    """How many wait until somebody agrees to the use of their words."""
    return _("To agree to")


def made_at() -> str:
    return _("Made (UTC)")


# What was decided


def approved(job: str) -> str:
    return _("{job} is approved, and goes on by itself.", job=job)


def declined(job: str) -> str:
    return _("{job} is declined. Whoever asked for it reads your reason.", job=job)


def group_approved(group: str, jobs: int) -> str:
    return plural(
        "{group} is approved: its {count} job goes on by itself.",
        "{group} is approved: its {count} jobs go on by themselves.",
        jobs,
        group=group,
    )


def group_declined(group: str, jobs: int) -> str:
    return plural(
        "{group} is declined, with its {count} job. Whoever asked for it reads your reason.",
        "{group} is declined, with its {count} jobs. Whoever asked for it reads your reason.",
        jobs,
        group=group,
    )


def cancel_question(job: str) -> str:
    return _("Cancel {job}? A cancelled job cannot be resumed.", job=job)


def erase_confirmation_missing(person: str) -> str:
    return _("What is erased does not come back. To erase {person}, add `confirm=yes`.", person=person)


def confirmation_missing(job: str) -> str:
    return _("A cancelled job cannot be resumed. To cancel {job}, add `confirm=yes`.", job=job)


def add_confirmation() -> str:
    """Under the settings and the price of a job."""
    return _("Nothing is spent yet. To start it, add `confirm=yes`.")


def nothing_done() -> str:
    return _("Nothing was done.")


# Around it


def page(number: int, pages: int) -> str:
    return _("Page {number} of {pages}. Add `page=2` and so on for the others.", number=number, pages=pages)


def no_store(folder: str) -> str:
    return _(
        "There is no store of a bot in {folder}. Begin the command in the folder that the bot was started from, or "
        "name its data with `FINETUNE_DATA`.",
        folder=folder,
    )


def no_such_channel(channel: str) -> str:
    return _("{channel} is no channel's id. Slack shows it at the end of a channel's details: C…", channel=channel)


def socket_not_opened(socket: str, why: str) -> str:
    """`why`: the system's words."""
    return _("The bot that runs cannot be asked: {socket} cannot be opened ({why}).", socket=socket, why=why)


def broke_off() -> str:
    return _(
        "The bot that runs did not answer, so it is not certain whether anything was done. Look with `finetune-bot "
        "audit`, and in the bot's log."
    )
