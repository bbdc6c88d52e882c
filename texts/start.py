"""Starting a job: the modal, the question that the command asks, and what becomes of the job. The modal's inputs are
in job_inputs.py."""

from collections.abc import Sequence

from texts.formats import listed, sentences
from texts.language import _, plural


def title() -> str:
    """Of the modal; at most 24 characters."""
    return _("Start fine-tuning")


def start_button() -> str:
    return _("Start")


def not_now_button() -> str:
    return _("Not now")


# The training file


def training_file(file: str, examples: int, tokens: int, *, exact: bool) -> str:
    """`tokens`: in one epoch."""
    if exact:
        return plural(
            "Training file: {file}, {count} example, {tokens} tokens an epoch.",
            "Training file: {file}, {count} examples, {tokens} tokens an epoch.",
            examples,
            file=file,
            tokens=tokens,
        )
    return plural(
        "Training file: {file}, {count} example, about {tokens} tokens an epoch.",
        "Training file: {file}, {count} examples, about {tokens} tokens an epoch.",
        examples,
        file=file,
        tokens=tokens,
    )


def unread_file(file: str) -> str:
    return _("Training file: {file}, which the provider has. I have not read it.", file=file)


def format_is_for(method: str) -> str:
    """`method`: the protocol's name; "" for another one."""
    return {
        "supervised": _("Its format is for supervised fine-tuning."),
        "dpo": _("Its format is for DPO fine-tuning."),
        "reinforcement": _("Its format is for reinforcement fine-tuning."),
    }.get(method, "")


def cannot_be_trained_on(file: str, reason: str) -> str:
    """`reason`: a sentence."""
    return _("{file} cannot be trained on here. {reason}", file=file, reason=reason)


def no_base_models(file: str) -> str:
    return _(
        "{file} cannot be trained on now: no provider offers a base model. Ask an administrator to set one up, or "
        "start the trainer that comes with Finetune Bot.",
        file=file,
    )


def overlap(count: int, file: str, repair: str) -> str:
    """`repair`: the name of the button."""
    return plural(
        "{count} example of the training file stands in {file}, too, which then measures what was learned by heart. "
        "{repair} on the report leaves it out.",
        "{count} examples of the training file stand in {file}, too, which then measures what was learned by heart. "
        "{repair} on the report leaves them out.",
        count,
        file=file,
        repair=repair,
    )


# The model


def training_ends(provider: str, day: str) -> str:
    """`day`: the first without training."""
    return _("{provider} takes no more jobs on this model from {day}.", provider=provider, day=day)


def ends(provider: str, day: str, days: int) -> str:
    """`days`: until then."""
    return plural(
        "On {day}, {count} day from now, {provider} stops serving this model and all that is trained from it.",
        "On {day}, {count} days from now, {provider} stops serving this model and all that is trained from it.",
        days,
        provider=provider,
        day=day,
    )


def training_ends_and_ends(provider: str, training: str, day: str, days: int) -> str:
    """`training`: the first day without training."""
    return plural(
        "{provider} takes no more jobs on this model from {training}. On {day}, {count} day from now, it stops serving "
        "the model and all that is trained from it.",
        "{provider} takes no more jobs on this model from {training}. On {day}, {count} days from now, it stops "
        "serving the model and all that is trained from it.",
        days,
        provider=provider,
        training=training,
        day=day,
    )


def trains_no_more(provider: str, date: str) -> str:
    return _(
        "{provider} has said since {date} that it trains no more for your organisation, and may refuse this job, too. "
        "The training file can be used with another provider.",
        provider=provider,
        date=date,
    )


def cannot_go_on(provider: str, model: str) -> str:
    """Below the base model that is trained in the place of a fine-tuned one."""
    return _(
        "{provider} cannot go on from {model} with this file, so a base model is trained anew on all of it.",
        provider=provider,
        model=model,
    )


def lower_rate() -> str:
    """After OpenAI's guide (2 to 4 times lower where the new data is much smaller)."""
    return _(
        "You continue from a fine-tuned model. For a small addition, lower the learning rate multiplier to a half or a "
        "quarter of what it was, so that the model keeps what it has learned."
    )


# What becomes of the job


def needs_approval() -> str:
    """Heading."""
    return _("Needs approval:")


def approval(necessity: str, approvers: str) -> str:
    """`necessity`: why, as a sentence; `approvers`: a list."""
    return _(
        "{necessity} {approvers} can approve it. Nothing is spent before.", necessity=necessity, approvers=approvers
    )


def will_wait() -> str:
    """Heading."""
    return _("Will wait in line:")


def place_in_line(place: int, length: int, provider: str) -> str:
    return _(
        "place {place} of {length}. {provider} runs no more jobs for us at the moment.",
        place=place,
        length=length,
        provider=provider,
    )


# The question that the command asks


def question() -> str:
    return _("Start this job?")


def own_validation(file: str) -> str:
    return _("Validation file: {file}, which belongs to it. `validation=none` leaves it out.", file=file)


def is_validation_of(training: str) -> str:
    return _(
        "This file is the validation file of {training}. To train on that one, name it after `start`.",
        training=training,
    )


def nothing_spent_yet(start: str) -> str:
    """`start`: the name of the button."""
    return _("Nothing is spent before you press {start}. `confirm=yes` skips this question.", start=start)


def too_long_for_button() -> str:
    return _("These settings are too long for a button: add `confirm=yes` to the command to start the job at once.")


def still_reading(file: str) -> str:
    return _("I am still reading {file}. I go on with your command as soon as that is done.", file=file)


def still_reading_all() -> str:
    return _("I am still reading the files that were dropped here. I go on with your command as soon as that is done.")


# What the person is told once the job is stored


def on_its_way(job: str) -> str:
    return _("Job {job} is on its way. Its card appears in the channel in a moment.", job=job)


def waits_for_approval(job: str, approvers: str) -> str:
    return _("Job {job} waits for the approval of {approvers}. Nothing is spent before.", job=job, approvers=approvers)


def waits_in_line(job: str) -> str:
    return _("Job {job} waits in line; its card shows the place. It goes on by itself.", job=job)


# No model can be trained on a file


def untrainable(provider: str, format: str, method: str, images: bool, vendors: Sequence[str]) -> str:
    """What is missing, who has it, and what to do instead. `format`: of the examples; `method`: the protocol's;
    `vendors`: the keys of those that have a model for it."""
    instead = _instead(format, method, images=images)
    parts = [_missing(provider, format, method, images=images, anywhere=bool(vendors))]
    if vendors:
        names = [name for vendor, name in _vendors().items() if vendor in vendors]
        parts.append(_("Ask an administrator to set up a provider that has one: {vendors}.", vendors=listed(names)))
    if instead and vendors:
        parts.append(_("Or change the file: {instead}", instead=instead))
    elif instead:
        parts.append(_("Change the file: {instead}", instead=instead))
    return sentences(*parts)


def _vendors() -> dict[str, str]:
    return {"openai": "OpenAI", "nebius": "Nebius", "trainer": _("the trainer that comes with Finetune Bot")}


def _missing(provider: str, format: str, method: str, *, images: bool, anywhere: bool) -> str:
    if images and method == "dpo":
        here = _("{provider} has no model that can be trained on preference examples with images.", provider=provider)
    elif images:
        here = _(
            "{provider} has no model that can be trained on {format} examples with images.",
            provider=provider,
            format=format,
        )
    elif method == "reinforcement":
        here = _("{provider} has no model that can be trained by reinforcement.", provider=provider)
    elif method == "dpo":
        here = _(
            "{provider} has no model that can be trained by DPO, which preference examples are for.", provider=provider
        )
    else:
        here = _("{provider} has no model that can be trained on {format} examples.", provider=provider, format=format)
    return here if anywhere else sentences(here, _("No other provider that I know has one either."))


def _instead(format: str, method: str, *, images: bool) -> str:
    if format == "completion":
        return _(
            "make chat examples of them, with the prompt as the user's message and the completion as the assistant's."
        )
    if images:
        return _("say in words what the images show.")
    return {
        "reinforcement": _(
            "write the answer that you want into each example, as the assistant's message. That trains supervised."
        ),
        "dpo": _("keep the preferred answers only, as chat examples. That trains supervised."),
    }.get(method, "")
