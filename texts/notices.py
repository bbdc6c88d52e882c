"""What is told about a job in its thread, the file's thread, or elsewhere. Every value comes as it shall be shown."""

from bot.jobs import states
from texts.language import _, plural


def training_begun(job: str) -> str:
    return _("Training of {job} has begun.", job=job)


def linked(person: str, model: str, thread: str) -> str:
    """In the file's thread; `thread` is a link whose label is `its_own_thread`."""
    return _(
        "{person} started fine-tuning {model} on this file. Follow it in {thread}.",
        person=person,
        model=model,
        thread=thread,
    )


def its_own_thread(jobs: int = 1) -> str:
    # Translators: the end of "Follow it in …", or "Follow them in …", as a link.
    return plural("its own thread", "their own thread", jobs)


def accepted(provider: str, job_there: str | None) -> str:
    """`job_there`: the provider's own id of the job."""
    if job_there is None:
        return _("{provider} has taken the job. It trains when its turn comes.", provider=provider)
    return _("{provider} has taken the job as {id}. It trains when its turn comes.", provider=provider, id=job_there)


def waits_in_line(provider: str) -> str:
    return _(
        "{provider} runs no more jobs for us at the moment, so this one waits in line. It goes on by itself when it "
        "is its turn; the card shows its place.",
        provider=provider,
    )


def provider_busy(provider: str) -> str:
    return _("{provider} does not take jobs at the moment. I keep trying for an hour.", provider=provider)


def provider_silent(provider: str, why: str | None) -> str:
    """`why`: what its refusal means, as sentences; None where it does not answer at all."""
    if why is None:
        return _(
            "{provider} has not answered me for a while. Training is not affected by that; I keep asking and go on "
            "here when it answers.",
            provider=provider,
        )
    return _(
        "{provider} does not let me ask about jobs at the moment. {why} Training is not affected by that; I keep "
        "asking and go on here when it answers.",
        provider=provider,
        why=why,
    )


def provider_back(provider: str) -> str:
    return _("{provider} answers again.", provider=provider)


def stuck(provider: str, state: str, hours: int, start: str) -> str:
    """`start`: the name of the button on a file's report."""
    if state == states.VALIDATING:
        advice = _(
            "Checking a file takes minutes as a rule, so it may be stuck. Look at the provider's status page; "
            "cancelling now costs nothing, and {start} on the file's report starts anew.",
            start=start,
        )
    elif state == states.QUEUED:
        advice = _(
            "Queues this long do happen when the provider is busy. Nothing has been spent yet: wait, or cancel and "
            "try a smaller base model or another provider."
        )
    else:
        advice = _(
            "It may be stuck. Look at the provider's status page and its own page of the job; if that shows no "
            "progress either, cancel it and try again. What was trained so far may be charged."
        )
    return plural(
        "{provider} has told nothing new about this job for {count} hour. {advice} I keep looking.",
        "{provider} has told nothing new about this job for {count} hours. {advice} I keep looking.",
        hours,
        provider=provider,
        advice=advice,
    )


def paused(person: str) -> str:
    return _("Paused by {person}.", person=person)


def resumed(person: str) -> str:
    return _("Resumed by {person}.", person=person)


def checkpoint(step: int) -> str:
    # Translators: a heading.
    return _("Checkpoint at step {step}", step=step)


def provider_error(provider: str) -> str:
    """Before the provider's own words."""
    return _("{provider} reports an error:", provider=provider)


def provider_warning(provider: str) -> str:
    """Before the provider's own words."""
    return _("{provider} reports a warning:", provider=provider)


def provider_says(provider: str) -> str:
    """Before the provider's own words."""
    return _("{provider} says:", provider=provider)


def error_code(code: str) -> str:
    return _("Code {code}", code=code)


def no_reason() -> str:
    return _("The provider gave no reason. Trying again helps if the trouble was passing.")


def not_approved(person: str, job: str, decision: str) -> str:
    """`decision`: who declined it, as a sentence."""
    return _(
        "{person} Nothing was spent on {job}. {decision} Change what is needed and start anew from the file's report.",
        person=person,
        job=job,
        decision=decision,
    )


def cancelled(person: str, job: str) -> str:
    return _("{person} The job {job} was cancelled. The file stays.", person=person, job=job)


def ended(person: str, job: str, state: str) -> str:
    """In a state that the bot does not know."""
    return _("{person} The job {job} has ended: {state}.", person=person, job=job, state=state)


def failed(person: str, job: str) -> str:
    return _("{person} Training of {job} failed.", person=person, job=job)


def ready(person: str, model: str) -> str:
    return _("{person} Your model is ready: {model}", person=person, model=model)


def trained_badly(person: str, model: str) -> str:
    """What is wrong follows."""
    return _(
        "{person} Your model has been trained, but look at this before you use it: {model}", person=person, model=model
    )


def model_not_named() -> str:
    return _("(the provider has not named it yet)")


def ready_elsewhere(person: str, model: str) -> str:
    return _("{person}'s model is ready: {model}", person=person, model=model)


def trained_badly_elsewhere(person: str, model: str) -> str:
    return _("{person}'s model has been trained, but not well: {model}", person=person, model=model)


def failed_elsewhere(person: str, job: str) -> str:
    return _("{person}'s job {job} failed.", person=person, job=job)


def ended_elsewhere(person: str, job: str, state: str) -> str:
    return _("{person}'s job {job}: {state}.", person=person, job=job, state=state)


def uncertain(person: str, provider: str, job: str) -> str:
    return _("{person} I cannot tell whether {provider} took the job {job}.", person=person, provider=provider, job=job)


def trained_tokens() -> str:
    # Translators: heads a figure.
    return _("Trained tokens")


def training_time() -> str:
    # Translators: heads a figure.
    return _("Training time")


def cost() -> str:
    # Translators: heads a figure.
    return _("Cost")


def estimated_cost() -> str:
    # Translators: heads a figure.
    return _("Cost, estimated")


def chart() -> str:
    """What a picture shows, where nothing better is known."""
    return _("Training loss by step")
