"""Asking for a job: its file, its model, its settings."""

from collections.abc import Mapping, Sequence
from datetime import date as calendar_date

from bot.errors import BotError
from texts import start
from texts.errors.table import ERRORS
from texts.formats import enumerated, file_size, full_day, listed, number, sentences
from texts.job_inputs import WANDB
from texts.language import _


@ERRORS.sentence
def untrainable(provider: str, format: str, method: str, images: bool, vendors: Sequence[str]) -> str:
    """`vendors`: those that have a model which could be trained on such a file."""
    return start.untrainable(provider, format, method, images, vendors)


@ERRORS.sentence
def settings_refused(problems: Mapping[str, BotError]) -> str:
    """By the names of the settings."""
    return sentences(*(f"`{name}`: {ERRORS.say(problem.kind, problem.values)}" for name, problem in problems.items()))


@ERRORS.sentence
def unknown_setting(word: str, settings: Sequence[str]) -> str:
    return _("I do not know the setting {word}. There are: {settings}.", word=word, settings=enumerated(settings))


@ERRORS.sentence
def models_take_too_long(provider: str) -> str:
    return _("{provider} takes too long to say what can be trained. Please try again in a minute.", provider=provider)


@ERRORS.sentence
def file_has_errors(name: str) -> str:
    return _("{name} has errors and cannot be trained on. Its report says what to repair.", name=name)


@ERRORS.sentence
def no_training_file() -> str:
    return _("There is no training file in this channel yet. Drop a JSONL file here first.")


@ERRORS.sentence
def unknown_training_file(word: str) -> str:
    return _("There is no file {word} in this channel. Drop it here first.", word=word)


@ERRORS.sentence
def unknown_validation_file(word: str) -> str:
    return _("There is no validation file {word} in this channel. Drop it here first.", word=word)


@ERRORS.sentence
def nothing_split_off() -> str:
    return _("Nothing was split off this file yet. Split it with the button on its report first.")


@ERRORS.sentence
def invalid_validation_file() -> str:
    return _("That is no validation file. Choose one of the files that were checked here.")


@ERRORS.sentence
def validation_missing() -> str:
    return _(
        "Reinforcement fine-tuning needs a validation file (`validation=…`). Split on the training file's report makes "
        "one."
    )


@ERRORS.sentence
def validation_is_training() -> str:
    return _("The validation file must be another file than the training file.")


@ERRORS.sentence
def cannot_validate(name: str) -> str:
    return _("{name} has errors and cannot validate. Its report says what to repair.", name=name)


@ERRORS.sentence
def validates_another_format(name: str, format: str, wanted: str) -> str:
    return _(
        "{name} holds {format} examples and cannot validate {wanted} examples.", name=name, format=format, wanted=wanted
    )


@ERRORS.sentence
def base_model_missing() -> str:
    return _("Choose a base model.")


@ERRORS.sentence
def invalid_model_name() -> str:
    return _("That is no model's name. `/finetune models` lists those that can be trained.")


@ERRORS.sentence
def not_fine_tunable(provider: str, model: str, offered: Sequence[str]) -> str:
    if not offered:
        return _(
            "{provider} cannot fine-tune {model}, nor any other model at the moment.", provider=provider, model=model
        )
    return _(
        "{provider} cannot fine-tune {model}. It can fine-tune: {offered}.",
        provider=provider,
        model=model,
        offered=enumerated(offered),
    )


@ERRORS.sentence
def suffix_unsupported(provider: str) -> str:
    return _("{provider} takes no suffix for the model's name. Leave it out.", provider=provider)


@ERRORS.sentence
def metadata_unsupported(provider: str) -> str:
    return _("{provider} keeps no metadata with a job. Leave it out.", provider=provider)


@ERRORS.sentence
def sweep_of_several_providers(providers: Sequence[str]) -> str:
    return _(
        "These models are of several providers ({providers}), and a sweep is at one. Start one sweep for each.",
        providers=listed(list(providers)),
    )


@ERRORS.sentence
def training_ended(model: str, date: str, offered: Sequence[str]) -> str:
    """`date`: the first day without training (YYYY-MM-DD)."""
    day = full_day(calendar_date.fromisoformat(date))
    if not offered:
        return _(
            "Fine-tuning of {model} ended on {day}, and no other base model is offered at the moment. Ask an "
            "administrator to set up another provider, or the trainer that comes with Finetune Bot.",
            model=model,
            day=day,
        )
    return _(
        "Fine-tuning of {model} ended on {day}. What can be fine-tuned: {offered}.",
        model=model,
        day=day,
        offered=enumerated(offered),
    )


@ERRORS.sentence
def invalid_method() -> str:
    return _("The method is `supervised`, `dpo` or `reinforcement`.")


@ERRORS.sentence
def method_of_file(method: str) -> str:
    """`method`: the protocol's name, as below."""
    return {
        "supervised": _("The examples of this file are for supervised fine-tuning."),
        "dpo": _("The examples of this file are for DPO fine-tuning."),
    }.get(method) or _("The examples of this file are for reinforcement fine-tuning.")


@ERRORS.sentence
def model_lacks_method(model: str, method: str) -> str:
    return {
        "supervised": _("{model} has no supervised fine-tuning. Choose another model.", model=model),
        "dpo": _("{model} has no DPO fine-tuning. Choose another model.", model=model),
    }.get(method) or _("{model} has no reinforcement fine-tuning. Choose another model.", model=model)


@ERRORS.sentence
def does_not_fit(model: str, needed: int, total: int, longest: int, smaller: Sequence[str]) -> str:
    """`longest`: tokens of an example with which it would fit; 0 where not even the model does."""
    problem = _(
        "Training {model} on this file takes at least {needed} of memory, and the machine has {total}.",
        model=model,
        needed=file_size(needed),
        total=file_size(total),
    )
    if smaller and longest:
        return sentences(
            problem,
            _(
                "Choose a smaller base model ({smaller}), or shorten the examples to {longest} tokens.",
                smaller=listed(list(smaller)),
                longest=number(longest),
            ),
        )
    if smaller:
        return sentences(problem, _("Choose a smaller base model: {smaller}.", smaller=listed(list(smaller))))
    if longest:
        return sentences(problem, _("Shorten the examples to {longest} tokens.", longest=number(longest)))
    return sentences(problem, _("Train it on a larger machine."))


@ERRORS.sentence
def nothing_to_rehearse_with() -> str:
    return _(
        "There is nothing to rehearse with here: no model of your own trainer can learn this file. An administrator "
        "can set one up (docs/trainer.md); it costs nothing."
    )


@ERRORS.sentence
def reinforcement_not_rehearsed() -> str:
    return _("Files for reinforcement fine-tuning cannot be rehearsed. Start a job with few steps instead.")


@ERRORS.sentence
def too_few_for_curve(examples: int, needed: int) -> str:
    return _(
        "A learning curve needs at least {needed} examples to train on; beside those that are held out, this file has "
        "{examples}. Rehearse it instead.",
        examples=number(examples),
        needed=number(needed),
    )


@ERRORS.sentence
def model_lacks_format(model: str, format: str, images: bool) -> str:
    if images:
        return _(
            "{model} is not trained on {format} examples with images. Choose another model.", model=model, format=format
        )
    return _("{model} is not trained on {format} examples. Choose another model.", model=model, format=format)


@ERRORS.sentence
def settings_of_other_method(settings: Sequence[str], method: str) -> str:
    names = listed([f"`{name}`" for name in settings])
    return {
        "supervised": _("Supervised fine-tuning has no {settings}; leave that out.", settings=names),
        "dpo": _("DPO fine-tuning has no {settings}; leave that out.", settings=names),
    }.get(method) or _("Reinforcement fine-tuning has no {settings}; leave that out.", settings=names)


@ERRORS.sentence
def invalid_suffix() -> str:
    return _("The name takes up to 64 letters (a to z), digits, hyphens and underscores, no spaces.")


@ERRORS.sentence
def invalid_seed(most: int) -> str:
    return _("The seed is a whole number from 0 to {most}. Leave it empty for a random one.", most=str(most))


@ERRORS.sentence
def invalid_effort() -> str:
    return _("The reasoning effort is `low`, `medium` or `high`, or `auto`.")


@ERRORS.sentence
def invalid_wandb_project() -> str:
    return _(
        "A project at {service} has up to 128 characters, none of {forbidden} among them.",
        service=WANDB,
        forbidden="/ \\ # ? % :",
    )


@ERRORS.sentence
def wandb_unsupported(model: str) -> str:
    return _("{model}'s provider does not report to {service}; leave that out.", model=model, service=WANDB)


@ERRORS.sentence
def invalid_metadata() -> str:
    return _("Metadata are pairs such as `team=support, ticket=42`: names of up to 64 characters, values of up to 512.")


@ERRORS.sentence
def too_much_metadata(most: int) -> str:
    return _("Metadata are at most {most} pairs.", most=most)


@ERRORS.sentence
def not_whole_number(setting: str, least: int, most: int) -> str:
    return {
        "epochs": _("Epochs are a whole number from {least} to {most}, or auto.", least=least, most=most),
        "batch": _("The batch size is a whole number from {least} to {most}, or auto.", least=least, most=most),
        "eval_interval": _(
            "The evaluation interval is a whole number from {least} to {most}, or auto.", least=least, most=most
        ),
        "eval_samples": _(
            "Evaluation samples are a whole number from {least} to {most}, or auto.", least=least, most=most
        ),
    }[setting]


@ERRORS.sentence
def not_positive(setting: str) -> str:
    return {
        "lr": _("The learning rate multiplier is a number above 0, such as 0.3 or 2, or auto."),
        "beta": _("Beta is a number above 0 and at most 2, such as 0.1, or auto."),
        "compute": _("The compute multiplier is a number above 0 and at most 10, such as 0.5 or 2, or auto."),
    }[setting]


@ERRORS.sentence
def sweep_too_large(count: int, most: int) -> str:
    return _(
        "That makes {count} jobs; a sweep has at most {most}. Leave out some values, or add `random=8` to try eight of "
        "the combinations.",
        count=count,
        most=most,
    )


@ERRORS.sentence
def sweep_of_one() -> str:
    return _(
        "That makes one job only. Give one of the settings several values with commas, such as `epochs=1,3 lr=0.5,1`."
    )


@ERRORS.sentence
def invalid_random(most: int) -> str:
    return _("`random` is a whole number from 2 to {most}: how many of the combinations are tried.", most=most)
