"""Starting a job: the modal, the question that the command asks, and what becomes of the job. Inputs and buttons of
Slack take plain text."""

from collections.abc import Sequence
from typing import Final

from bot.jobs.estimate import Estimate, TrainingTime
from bot.providers.interface import RemoteMemory
from texts.formats import dollars, file_size, listed, money, rough_duration, sentences
from texts.language import _, plural

WANDB: Final = "Weights & Biases"


def title() -> str:
    """Of the modal; at most 24 characters."""
    return _("Start fine-tuning")


def start_button() -> str:
    return _("Start")


def not_now_button() -> str:
    return _("Not now")


def method(name: str) -> str:
    """`name`: the protocol's. In a menu."""
    return {
        "supervised": _("Supervised"),
        "dpo": _("DPO"),
        "reinforcement": _("Reinforcement"),
    }.get(name, name)


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


def examples(count: int) -> str:
    return plural("{count} example", "{count} examples", count)


def file_input() -> str:
    return _("Training file")


# Models and methods


def model_input(*, priced: bool) -> tuple[str, str, str]:
    """Label, placeholder and hint. `priced`: a price stands beside one of them."""
    hint = _("The model that learns from the file.")
    return (
        _("Base model"),
        _("Choose a base model"),
        sentences(hint, _("The price is what training costs.") if priced else None),
    )


def fine_tuned_group() -> str:
    """Over the fine-tuned models in the menu."""
    return _("Continue from a fine-tuned model")


def billed_by_hour() -> str:
    return _("billed by the hour")


def per_million_tokens(usd: float) -> str:
    return _("{price} per million tokens", price=dollars(usd))


def may_not_take_format() -> str:
    return _("may not take this format")


def stops_answering(day: str) -> str:
    return _("gone on {day}", day=day)


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


def method_input() -> tuple[str, str]:
    """Label and hint."""
    return _("Method"), _("It must be the one that the file was made for.")


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


# The estimate


def estimate_heading() -> str:
    return _("Estimate:")


def estimate(told: Estimate, *, chosen: bool) -> str:
    """ "$0.05 · about 12 min of training · 10,400 billed tokens in 8 epochs". `chosen`: the epochs, by the person."""
    tokens = _tokens(told.tokens, told.epochs, chosen=chosen, billed=told.usd != 0)
    return " · ".join(filter(None, [money(told.usd), _time(told.time), _memory(told.memory), tokens]))


def _memory(memory: RemoteMemory | None) -> str:
    """ "3.1 GB of 24.6 GB memory"."""
    if memory is None:
        return ""
    needed = file_size(memory.needed)
    if memory.total is None:
        return _("{needed} memory", needed=needed)
    return _("{needed} of {total} memory", needed=needed, total=file_size(memory.total))


def _time(time: TrainingTime | None) -> str:
    """ "about 12 min of training (measured on 3 trainings here)"."""
    if time is None:
        return _("time not known yet")
    duration, rests = rough_duration(time.seconds), time_rests_on(time.trainings)
    if time.seconds >= 60:
        said = _("about {duration} of training", duration=duration)
    else:
        said = _("{duration} of training", duration=duration)
    return with_basis(said, rests) if rests else said


def with_basis(time: str, basis: str) -> str:
    return _("{time} ({basis})", time=time, basis=basis)


def time_rests_on(trainings: int | None) -> str:
    """On what it rests that a training takes so long: `trainings` on that machine, or 0: some steps that it tried. ""
    where the team's past jobs tell (None)."""
    if trainings is None:
        return ""
    if trainings == 0:
        return _("by a few steps tried there")
    return plural("measured on {count} training there", "measured on {count} trainings there", trainings)


def _tokens(tokens: int, epochs: int, *, chosen: bool, billed: bool) -> str:
    """The team's own hardware sends no bill."""
    if billed and chosen:
        return plural(
            "{tokens} billed tokens in {count} epoch",
            "{tokens} billed tokens in {count} epochs",
            epochs,
            tokens=tokens,
        )
    if billed:
        return plural(
            "{tokens} billed tokens in {count} epoch (auto)",
            "{tokens} billed tokens in {count} epochs (auto)",
            epochs,
            tokens=tokens,
        )
    if chosen:
        return plural("{tokens} tokens in {count} epoch", "{tokens} tokens in {count} epochs", epochs, tokens=tokens)
    return plural(
        "{tokens} tokens in {count} epoch (auto)", "{tokens} tokens in {count} epochs (auto)", epochs, tokens=tokens
    )


def price_unknown_by_hour() -> str:
    return _("Reinforcement fine-tuning is billed by the hour, so its price is not known beforehand.")


def free_and_time_shows(price: str) -> str:
    return _("{price}. How long reinforcement fine-tuning takes shows after its first steps.", price=price)


def tokens_unknown(price: str) -> str:
    return _("{price}. How many tokens the file has, only the provider knows.", price=price)


def not_known() -> str:
    return _("not known: only the provider knows how many tokens the file has.")


def shown_soon() -> str:
    return _("shown as soon as the epochs are a whole number from 1 to 50, or `auto`.")


# The other inputs. Each function gives label and hint, if it does not say otherwise.


def suffix_input(default: str | None, *, nameless: bool = False) -> tuple[str, str, str]:
    """Label, hint and placeholder. `default`: the name that the model gets from its file; `nameless`: that has no
    letters for one."""
    label, placeholder = _("Name of the new model"), default or _("for example support")
    if nameless:
        hint = _(
            "The file's name has no letters that a model's name can take, so give it one here: letters, digits, "
            "hyphens and underscores. Empty: it goes by its base model and a code."
        )
        return label, hint, placeholder
    if default is None:
        return label, _("Becomes part of the model's name. Letters, digits, hyphens and underscores."), placeholder
    hint = _(
        "Becomes part of the model's name. Letters, digits, hyphens and underscores. Empty: {default}, after the file.",
        default=default,
    )
    return label, hint, placeholder


def epochs_input(auto: int | None) -> tuple[str, str]:
    """`auto`: how many that would be for this file."""
    if auto is None:
        return _("Epochs"), _("How often training goes through the whole file: 1 to 50, or auto.")
    return _("Epochs"), _("How often training goes through the whole file: 1 to 50, or auto (here {auto}).", auto=auto)


def validation_input(*, any_there: bool) -> tuple[str, str]:
    label = _("Validation file")
    if any_there:
        return label, _(
            "Examples that are kept out of training and show whether it learns more than the examples by heart."
        )
    return label, _(
        "Examples that are kept out of training and show whether it learns more than the examples by heart. Split, on "
        "the report, makes one."
    )


def no_validation_option() -> str:
    return _("None")


def file_at_provider() -> str:
    return _("a file that the provider has")


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


def advanced() -> str:
    return _("Advanced, fine to leave as they are")


def grader_input(example: str) -> tuple[str, str]:
    return _("Grader"), _("Says how good an answer is, as JSON: {example}", example=example)


def beta_input() -> tuple[str, str]:
    return (
        _("Beta"),
        _("How closely the model stays to what it was: above 0 to 2. Higher keeps more of it. Or auto."),
    )


def batch_input() -> tuple[str, str]:
    return _("Batch size"), _("How many examples are learned from at a time: 1 to 256, or auto.")


def rate_input(diverged: str) -> tuple[str, str]:
    """`diverged`: the multiplier with which an earlier run did; "" if none did."""
    label = _("Learning rate multiplier")
    hint = _("How large each step is, against the usual: above 1 learns faster and less surely. Or auto.")
    if not diverged:
        return label, hint
    return label, sentences(hint, _("Training diverged at {rate}, so choose a lower one.", rate=diverged))


def effort_input() -> tuple[str, str]:
    return _("Reasoning effort"), _("low, medium or high, or auto.")


def compute_input() -> tuple[str, str]:
    return _("Compute multiplier"), _("How much is tried in each step: above 0 to 10, or auto.")


def eval_interval_input() -> tuple[str, str]:
    return _("Evaluation interval"), _("Steps between evaluations, or auto.")


def eval_samples_input() -> tuple[str, str]:
    return _("Evaluation samples"), _("How many of each example, or auto.")


def seed_input() -> tuple[str, str, str]:
    """Label, hint and placeholder."""
    return (
        _("Seed"),
        _("The same number and the same settings give about the same model again. Empty: a random one."),
        _("random"),
    )


def wandb_input() -> tuple[str, str, str]:
    """Label, hint and placeholder."""
    return (
        _("Project at {service}", service=WANDB),
        _("Figures are sent there, too, if the provider's account is connected to it."),
        _("none"),
    )


def metadata_input() -> tuple[str, str, str]:
    """Label, hint and placeholder."""
    hint = _("Pairs that the provider keeps with the job, for you to find it by. No secrets.")
    return _("Metadata"), hint, "team=support, ticket=42"


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
