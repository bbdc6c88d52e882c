"""`/finetune` alone: what is running, what needs the person, what they can do. Values come as they shall be shown."""

from texts.language import _, plural


def in_notifications(running: int, needing: int) -> str:
    return _("Running: {running}. Needs you: {needing}.", running=running, needing=needing)


def running_heading() -> str:
    return _("Running")


def nothing_runs() -> str:
    return _("Nothing of yours, and nothing in this channel.")


def first_job(button: str) -> str:
    """Where there has never been a job: the way to the first."""
    return _(
        "No job yet. Drop a training file (JSONL, or a table such as CSV or XLSX) into this channel, and press "
        "{button} in the report that follows.",
        button=button,
    )


def by(person: str, channel: str) -> str:
    """Who started it, and where."""
    return _("{person} in {channel}", person=person, channel=channel)


def evaluation(models: str) -> str:
    return _("Evaluation of {models}", models=models)


def judge_check(models: str) -> str:
    return _("Check of the judge {models}", models=models)


def generation(models: str) -> str:
    return _("Examples written by {models}", models=models)


def more(count: int) -> str:
    """Below a list that is not shown whole."""
    return plural("{count} more", "{count} more", count)


def needs_you_heading() -> str:
    return _("Needs you")


def nothing_needs_you() -> str:
    return _("Nothing.")


def failed(job: str, at: str) -> str:
    """`at`: a moment."""
    return _("{job} failed: {at}.", job=job, at=at)


def uncertain(job: str) -> str:
    return _("It is not sure whether the provider took {job}.", job=job)


def reviews(count: int, collection: str) -> str:
    return plural(
        "{count} example of {collection} waits for review.",
        "{count} examples of {collection} wait for review.",
        count,
        collection=collection,
    )


def review_button() -> str:
    return _("Review")


def ready(file: str) -> str:
    """A training file that nobody has trained on."""
    return _("{file} is checked and ready.", file=file)


def can_do_heading() -> str:
    return _("What you can do")


def start_button() -> str:
    return _("Start a job")


def chat_button() -> str:
    return _("Talk to a model")


def jobs_button() -> str:
    return _("Jobs")


def models_button() -> str:
    return _("Models")


def datasets_button() -> str:
    return _("Training sets")


def settings_button() -> str:
    return _("My settings")


def help_button() -> str:
    return _("All commands")
