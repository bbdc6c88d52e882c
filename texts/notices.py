"""What is told about a job in its thread, the file's thread, or elsewhere. Every value comes as it shall be shown."""

from texts.language import _


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


def its_own_thread() -> str:
    # Translators: the end of "Follow it in …", as a link.
    return _("its own thread")


def accepted(provider: str, job_there: str | None) -> str:
    """`job_there`: the provider's own id of the job."""
    if job_there is None:
        return _("{provider} has taken the job. It trains when its turn comes.", provider=provider)
    return _("{provider} has taken the job as {id}. It trains when its turn comes.", provider=provider, id=job_there)


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
