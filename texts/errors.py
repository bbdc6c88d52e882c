"""What a person is told of an error. The name of each function below `sentence` is an error's kind, its parameters are
the error's values.

Sentences are plain text with the values as they came: whoever shows one escapes all of it.
"""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import ParamSpec

from bot.access import Action
from bot.errors import BotError
from bot.jobs.job import Loss
from bot.providers.interface import ProviderError
from bot.spending.budget import Scope
from texts import jobs, spending, start, training_file_errors
from texts.formats import listed, sentences
from texts.jobs import start_again_button, submit_again_button
from texts.language import _, plural
from texts.start import WANDB
from training_files import TrainingFileError

_P = ParamSpec("_P")
_SENTENCES: dict[str, Callable[..., str]] = {}
_CHOICES = 5


def sentence(error: BotError | TrainingFileError) -> str:
    """What happened, and what to do next. What a provider answered stays in its own words."""
    if isinstance(error, TrainingFileError):
        return training_file_errors.sentence(error)
    if isinstance(error, ProviderError) and error.is_answer:
        return str(error)
    say = _SENTENCES.get(error.kind)
    return say(**error.values) if say else str(error)


def recorded_sentence(details: str) -> str:
    """The sentence for an error that the audit log keeps as `str(error)`; other details are given back as they are."""
    kind = details.partition(" ")[0]
    say = _SENTENCES.get(kind)
    if say is None:
        return details
    parameters = inspect.signature(say).parameters
    names = "|".join(map(re.escape, parameters))
    parts = re.split(rf" (?=(?:{names})=)", details) if names else [details]
    if parts[0] != kind:  # somebody's own words, such as the reason of a declined job
        return details
    try:
        values = dict(part.split("=", 1) for part in parts[1:])
        figures = {name: float(value) for name, value in values.items() if parameters[name].annotation is float}
        return say(**{**values, **figures})
    except (TypeError, ValueError, KeyError):
        return details


def _error(say: Callable[_P, str]) -> Callable[_P, str]:
    _SENTENCES[say.__name__] = say
    return say


@_error
def no_modal_here() -> str:
    return _("A window can only be opened from a button or a slash command.")


@_error
def ambiguous(word: str, choices: Sequence[str]) -> str:
    shown = ", ".join(choices[:_CHOICES])
    if len(choices) <= _CHOICES:
        return _("{word} could be any of these: {choices}. Write more of the name.", word=word, choices=shown)
    return plural(
        "{word} could be any of these: {choices} and {count} more. Write more of the name.",
        "{word} could be any of these: {choices} and {count} more. Write more of the name.",
        len(choices) - _CHOICES,
        word=word,
        choices=shown,
    )


@_error
def store_trouble(trouble: str) -> str:
    why = {
        "locked": _("another program holds it locked"),
        "readonly": _("it is read-only"),
        "full": _("the disk is full"),
        "io": _("the disk does not do its work"),
        "cannot_open": _("its file cannot be opened"),
    }[trouble]
    return _("My store cannot be used: {why}. Nothing was changed; try again in a while.", why=why)


# Who may do what


@_error
def account_deactivated() -> str:
    return _("Your account is deactivated.")


@_error
def other_organisation() -> str:
    return _("I only work for people of this workspace. Ask someone of the team that installed me to do this.")


@_error
def guest() -> str:
    return _("Guests cannot use me here. Ask a full member of the workspace to do this.")


@_error
def who_is_unknown(slack: str) -> str:
    """`slack`: its error code."""
    return _("I could not find out who you are ({code}). Please try again in a minute.", code=slack)


@_error
def no_such_thing(kind: str) -> str:
    return {
        "job": _("There is no such job here."),
        "model": _("There is no such model here."),
        "conversation": _("There is no such conversation here."),
        "file": _("There is no such file here."),
    }.get(kind) or _("There is no such thing here.")


@_error
def only_looking(action: Action) -> str:
    what = {
        Action.SUBMIT: _("You may look, but not start a fine-tuning job."),
        Action.CHAT: _("You may look, but not chat with a model."),
        Action.FOLLOW: _("You may look, but not follow a job."),
        Action.SET_LANGUAGE: _("You may look, but not set the language of a channel."),
    }.get(action) or _("You may look, but not do this.")
    return sentences(what, _("Ask an administrator to add you to the members."))


@_error
def only_owner(action: Action, kind: str) -> str:
    if kind == "job":
        return {
            Action.CANCEL: _("Only the person who started this job or an administrator may cancel it."),
            Action.PAUSE: _("Only the person who started this job or an administrator may pause it."),
            Action.RESUME: _("Only the person who started this job or an administrator may resume it."),
            Action.DECIDE: _("Only the person who started this job or an administrator may decide about it."),
        }.get(action) or _("Only the person who started this job or an administrator may delete it.")
    return {
        "model": _("Only the person whom this model belongs to or an administrator may delete it."),
        "file": _("Only the person whom this file belongs to or an administrator may delete it."),
    }.get(kind) or _("Only the person whom this belongs to or an administrator may do this.")


@_error
def only_approvers() -> str:
    return _("Only approvers and administrators may decide about the cost of a job.")


@_error
def own_job() -> str:
    return _("You asked for this job yourself, so somebody else has to approve it.")


@_error
def only_administrators(action: Action) -> str:
    return {
        Action.SET_BUDGET: _("Only administrators may change budgets."),
        Action.READ_AUDIT: _("Only administrators may read the audit log."),
    }[action]


@_error
def audit_for_one() -> str:
    return _("The audit log is for one pair of eyes: type `/finetune audit`, which only you see.")


@_error
def not_allowed() -> str:
    return _("You may not do that.")


@_error
def seen_by_too_many(kind: str) -> str:
    if kind == "job":
        return _(
            "That job comes from a private channel or from direct messages, and everybody here could see what I post "
            "here. Do this where it comes from, or in your direct messages with me."
        )
    if kind == "model":
        return _(
            "That model comes from a private channel or from direct messages, and everybody here could see what I "
            "post here. Do this where it comes from, or in your direct messages with me."
        )
    return _(
        "That file comes from a private channel or from direct messages, and everybody here could see what "
        "I post here. Do this where it comes from, or in your direct messages with me."
    )


@_error
def not_in_channel() -> str:
    return _("I am not in this channel, so I cannot post here. Type `/invite` followed by my name, then try again.")


# Training files and models


@_error
def unknown_dataset() -> str:
    return _("I have no such training file (any more). Drop it into the channel again to use it.")


@_error
def copy_gone(file: str) -> str:
    return _("My copy of {file} is gone. Drop the file again.", file=file)


@_error
def nothing_to_correct(file: str) -> str:
    return _("There is nothing to correct in {file}.", file=file)


@_error
def split_with_errors() -> str:
    return _("This file has errors. Repair it first, then split it.")


@_error
def nothing_left() -> str:
    return _("Nothing would be left of the file, so I made none.")


@_error
def file_in_training() -> str:
    return _("A job is training on this file right now. Cancel it or wait for its end, then delete.")


@_error
def unknown_provider_file(provider: str, file: str) -> str:
    return _("{provider} has no file {file} (any more).", provider=provider, file=file)


@_error
def provider_file_in_use(jobs: Sequence[str]) -> str:
    """`jobs`: those that use it and that this person may know of."""
    if jobs:
        return _("Job {job} uses this file. Cancel it or wait for its end, then delete.", job=jobs[0])
    return _("A job uses this file. Cancel it or wait for its end, then delete.")


@_error
def unknown_model(model: str) -> str:
    return _("There is no fine-tuned model {model}. `/finetune models` lists them.", model=model)


@_error
def delete_what() -> str:
    return _("Say what to delete: a fine-tuned model's name, or a training file's id (`ds-…`).")


# Repairing a training file


@_error
def nothing_ticked() -> str:
    return _("Nothing was ticked, so I repaired nothing.")


@_error
def file_still_read(file: str) -> str:
    return _("{file} is still being read. Try again in a moment.", file=file)


# Conversations with models


@_error
def no_such_model(model: str) -> str:
    return _("There is no model {model} (any more). `/finetune models` lists those that there are.", model=model)


@_error
def no_model_yet() -> str:
    return _("This job has made no model yet. I say so in its thread when it has.")


@_error
def model_lost(loss: str) -> str:
    """`loss`: a value of `Loss`."""
    values = {"start_again": f"*{start_again_button()}*"}
    return {
        Loss.DELETED: _(
            "This job's model was deleted, so nobody can talk to it any more. {start_again} on its card trains it "
            "anew.",
            **values,
        ),
        Loss.MISSING: _(
            "The provider no longer has this job's model, so nobody can talk to it any more. {start_again} on its card "
            "trains it anew.",
            **values,
        ),
        Loss.SHUT_DOWN: _(
            "This job's model was shut down, so nobody can talk to it any more. {start_again} on its card trains it "
            "anew.",
            **values,
        ),
    }[Loss(loss)]


@_error
def nothing_to_talk_to() -> str:
    return _(
        "There is no fine-tuned model yet that can be talked to here. Drop a training file into a channel to make one. "
        "`/finetune models` lists the base models, which `/finetune chat MODEL` opens, too."
    )


@_error
def conversation_gone() -> str:
    return _("There is no conversation with a model in this thread any more.")


@_error
def model_of_conversation_gone(model: str) -> str:
    return _("There is no model {model} (any more).", model=model)


# Providers and Slack, where nobody answers


@_error
def unreachable_through_proxy(address: str, variable: str) -> str:
    """`variable`: of the environment."""
    return _("{address} cannot be reached through the proxy that {variable} names.", address=address, variable=variable)


@_error
def unknown_host(host: str) -> str:
    return _("The network does not know the name {host}: it is misspelt, or this machine is offline.", host=host)


@_error
def untrusted_certificate(address: str, why: str) -> str:
    """`why`: in the words of OpenSSL."""
    return _(
        "The certificate of {address} cannot be trusted ({why}). If it is your own server's, let SSL_CERT_FILE name "
        "the file of its certificate authority.",
        address=address,
        why=why,
    )


@_error
def no_tls(address: str) -> str:
    return _("{address} does not speak TLS: perhaps its address begins with http://.", address=address)


@_error
def nobody_answers(address: str) -> str:
    return _("Nobody answers at {address}: is the server there running?", address=address)


@_error
def unreachable(address: str) -> str:
    return _("{address} cannot be reached.", address=address)


@_error
def no_answer_in_time() -> str:
    return _("The provider did not answer in time.")


@_error
def connection_broke() -> str:
    return _("The connection broke before the answer was there.")


@_error
def not_the_protocol() -> str:
    return _("The answer does not fit OpenAI's protocol.")


@_error
def file_still_processed() -> str:
    return _("The provider is still working on the file.")


# Jobs


@_error
def which_job() -> str:
    return _("Which job? Add its id; `/finetune jobs` lists them.")


@_error
def unknown_job(word: str) -> str:
    return _("There is no job {word} here. `/finetune jobs` lists them.", word=word)


@_error
def unknown_file() -> str:
    return _("The training file is not known any more. Drop it again and start anew.")


@_error
def no_job_here(member: bool) -> str:
    """`member`: whether the bot is in the channel."""
    if member:
        return _("No job was started in this channel yet. Drop a training file here to begin.")
    return _(
        "No job was started in this channel yet. I am not in this channel: type `/invite` followed by my name, then "
        "drop a training file here."
    )


@_error
def which_provider_job() -> str:
    return _("Which job? `/finetune follow ftjob-…`, with the id that the provider shows.")


@_error
def followed_already(job: str) -> str:
    return _("I follow {job} already.", job=job)


@_error
def unknown_provider(provider: str) -> str:
    return _("No provider named {provider} is set up here any more. Ask an administrator.", provider=provider)


@_error
def followed_as(job: str, ours: str) -> str:
    """`ours`: the id of the job here."""
    if job == ours:
        return _("I follow {job} already. `/finetune status {ours}` shows it.", job=job, ours=ours)
    return _("I follow {job} already, as job {ours}. `/finetune status {ours}` shows it.", job=job, ours=ours)


@_error
def already_decided() -> str:
    return _("This job waits for no approval any more; look at its card.")


@_error
def no_results_file() -> str:
    return _("The provider has no results file for this job (yet).")


@_error
def empty_results_file() -> str:
    return _("The results file at the provider is empty.")


@_error
def unknown_at_provider(provider: str, job: str) -> str:
    return _("{provider} knows no job {job}.", provider=provider, job=job)


@_error
def own_job_there(there: str, job: str) -> str:
    """`there`: the provider's id of it."""
    return _("{there} is my own job {job}; look at its card.", there=there, job=job)


@_error
def nothing_to_cancel(state: str) -> str:
    """`state`: the protocol's word."""
    return _("This job has already ended ({state}), so there is nothing to cancel.", state=jobs.state(state) or state)


@_error
def nothing_to_pause(state: str) -> str:
    return _("This job has already ended ({state}), so there is nothing to pause.", state=jobs.state(state) or state)


@_error
def nothing_to_resume(state: str) -> str:
    return _("This job has already ended ({state}), so there is nothing to resume.", state=jobs.state(state) or state)


@_error
def paused_already() -> str:
    return _("This job is paused already.")


@_error
def not_paused() -> str:
    return _("This job is not paused, so there is nothing to resume.")


@_error
def not_at_provider_yet() -> str:
    return _("The provider does not have this job yet. Wait until its card says so.")


@_error
def not_offered(provider: str) -> str:
    return _("{provider} does not offer that for this job.", provider=provider)


@_error
def not_done(provider: str, answer: str) -> str:
    """`answer`: the provider's own words."""
    return _("{provider} did not do it: {answer}", provider=provider, answer=answer)


@_error
def not_cancelled(provider: str, answer: str) -> str:
    """`answer`: the provider's own words."""
    return _("{provider} did not cancel the job: {answer}", provider=provider, answer=answer)


@_error
def being_handed_over() -> str:
    return _("The job is being handed to the provider this moment. Try again in a minute.")


@_error
def moved_on() -> str:
    return _("This job has moved on in the meantime; look at its card.")


@_error
def not_uncertain() -> str:
    return _("This job is not uncertain any more; look at its card.")


@_error
def same_job(model: str, job: str) -> str:
    return _(
        "The same file is already being trained on {model} with these settings (job {job}). Wait for it, cancel it, or "
        "change a setting.",
        model=model,
        job=job,
    )


@_error
def nothing_to_adopt(provider: str) -> str:
    return _(
        "{provider} lists no job that fits this one. If you see it in the provider's own pages, use `/finetune follow` "
        "with its id; otherwise press {submit_again}.",
        provider=provider,
        submit_again=f"*{submit_again_button()}*",
    )


# Spending


@_error
def over_budget(
    scope: Scope, usd: float, budget: float, taken: float, promised: float, left: float, until: float
) -> str:
    why = spending.over_budget(scope, usd, budget, taken, promised, left, until)
    return sentences(spending.nothing_started(), why)


@_error
def nobody_to_approve(above: float) -> str:
    return sentences(spending.nothing_started(), spending.nobody_to_approve(above))


@_error
def budget_usage() -> str:
    return _(
        "Write `/finetune budget set workspace 200`, or a `#channel` or a `@person` instead of `workspace`; `off` "
        "takes the budget away. `/finetune budget approval 25` says above which price a job needs approval."
    )


@_error
def whose_budget(word: str) -> str:
    return sentences(_("I do not know whose budget {word} is.", word=word), budget_usage())


@_error
def no_amount(text: str) -> str:
    return _("{text} is not an amount of money. Write US dollars, such as 200 or 12.50, or `off`.", text=text)


@_error
def press_again() -> str:
    return _("Slack did not let me open the window in time. Press the button again.")


# Administration


@_error
def audit_usage() -> str:
    return _("Write `/finetune audit`, `/finetune audit page=2` or `/finetune audit csv`.")


@_error
def notify_usage() -> str:
    return _("Write `/finetune notify here`, `/finetune notify #channel`, or `/finetune notify off` to stop it.")


@_error
def cannot_post_there() -> str:
    return _(
        "I cannot post there: I am not in that channel, or it is private. Type `/invite` followed by my name there, "
        "then `/finetune notify here`."
    )


@_error
def unknown_language(word: str) -> str:
    return _("I do not speak {language}. Write `/finetune language en`, `zh` or `default`.", language=word)


# Starting a job


@_error
def untrainable(provider: str, format: str, method: str, images: bool, vendors: Sequence[str]) -> str:
    """`vendors`: those that have a model which could be trained on such a file."""
    return start.untrainable(provider, format, method, images, vendors)


@_error
def settings_refused(problems: Mapping[str, BotError]) -> str:
    """By the names of the settings."""
    return sentences(*(f"`{name}`: {sentence(problem)}" for name, problem in problems.items()))


@_error
def unknown_setting(word: str, settings: Sequence[str]) -> str:
    return _("I do not know the setting {word}. There are: {settings}.", word=word, settings=", ".join(settings))


@_error
def quotation_mark_missing() -> str:
    return _("A quotation mark is missing in what you typed.")


@_error
def question_of_another() -> str:
    return _("Only the person who typed this may start it. Type the command yourself to start one of your own.")


@_error
def models_take_too_long(provider: str) -> str:
    return _("{provider} takes too long to say what can be trained. Please try again in a minute.", provider=provider)


@_error
def file_has_errors(name: str) -> str:
    return _("{name} has errors and cannot be trained on. Its report says what to repair.", name=name)


@_error
def no_training_file() -> str:
    return _("There is no training file in this channel yet. Drop a JSONL file here first.")


@_error
def unknown_training_file(word: str) -> str:
    return _("There is no file {word} in this channel. Drop it here first.", word=word)


@_error
def unknown_validation_file(word: str) -> str:
    return _("There is no validation file {word} in this channel. Drop it here first.", word=word)


@_error
def nothing_split_off() -> str:
    return _("Nothing was split off this file yet. Split it with the button on its report first.")


@_error
def invalid_validation_file() -> str:
    return _("That is no validation file. Choose one of the files that were checked here.")


@_error
def validation_missing() -> str:
    return _(
        "Reinforcement fine-tuning needs a validation file (`validation=…`). Split on the training file's report makes "
        "one."
    )


@_error
def validation_is_training() -> str:
    return _("The validation file must be another file than the training file.")


@_error
def cannot_validate(name: str) -> str:
    return _("{name} has errors and cannot validate. Its report says what to repair.", name=name)


@_error
def validates_another_format(name: str, format: str, wanted: str) -> str:
    return _(
        "{name} holds {format} examples and cannot validate {wanted} examples.", name=name, format=format, wanted=wanted
    )


@_error
def base_model_missing() -> str:
    return _("Choose a base model.")


@_error
def invalid_model_name() -> str:
    return _("That is no model's name. `/finetune models` lists those that can be trained.")


@_error
def not_fine_tunable(provider: str, model: str, offered: Sequence[str]) -> str:
    if not offered:
        return _(
            "{provider} cannot fine-tune {model}, nor any other model at the moment.", provider=provider, model=model
        )
    return _(
        "{provider} cannot fine-tune {model}. It can fine-tune: {offered}.",
        provider=provider,
        model=model,
        offered=", ".join(offered),
    )


@_error
def training_ended(model: str, date: str) -> str:
    """`date`: YYYY-MM-DD."""
    return _("{model} cannot be fine-tuned since {date}. Choose another base model.", model=model, date=date)


@_error
def invalid_method() -> str:
    return _("The method is `supervised`, `dpo` or `reinforcement`.")


@_error
def method_of_file(method: str) -> str:
    """`method`: the protocol's name, as below."""
    return {
        "supervised": _("The examples of this file are for supervised fine-tuning."),
        "dpo": _("The examples of this file are for DPO fine-tuning."),
    }.get(method) or _("The examples of this file are for reinforcement fine-tuning.")


@_error
def model_lacks_method(model: str, method: str) -> str:
    return {
        "supervised": _("{model} has no supervised fine-tuning. Choose another model.", model=model),
        "dpo": _("{model} has no DPO fine-tuning. Choose another model.", model=model),
    }.get(method) or _("{model} has no reinforcement fine-tuning. Choose another model.", model=model)


@_error
def model_lacks_format(model: str, format: str, images: bool) -> str:
    if images:
        return _(
            "{model} is not trained on {format} examples with images. Choose another model.", model=model, format=format
        )
    return _("{model} is not trained on {format} examples. Choose another model.", model=model, format=format)


@_error
def settings_of_other_method(settings: Sequence[str], method: str) -> str:
    names = listed([f"`{name}`" for name in settings])
    return {
        "supervised": _("Supervised fine-tuning has no {settings}; leave that out.", settings=names),
        "dpo": _("DPO fine-tuning has no {settings}; leave that out.", settings=names),
    }.get(method) or _("Reinforcement fine-tuning has no {settings}; leave that out.", settings=names)


@_error
def invalid_suffix() -> str:
    return _("The name takes up to 64 letters (a to z), digits, hyphens and underscores, no spaces.")


@_error
def invalid_seed(most: int) -> str:
    return _("The seed is a whole number from 0 to {most}. Leave it empty for a random one.", most=str(most))


@_error
def invalid_effort() -> str:
    return _("The reasoning effort is `low`, `medium` or `high`, or `auto`.")


@_error
def invalid_wandb_project() -> str:
    return _(
        "A project at {service} has up to 128 characters, none of {forbidden} among them.",
        service=WANDB,
        forbidden="/ \\ # ? % :",
    )


@_error
def wandb_unsupported(model: str) -> str:
    return _("{model}'s provider does not report to {service}; leave that out.", model=model, service=WANDB)


@_error
def invalid_metadata() -> str:
    return _("Metadata are pairs such as `team=support, ticket=42`: names of up to 64 characters, values of up to 512.")


@_error
def too_much_metadata(most: int) -> str:
    return _("Metadata are at most {most} pairs.", most=most)


@_error
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


@_error
def not_positive(setting: str) -> str:
    return {
        "lr": _("The learning rate multiplier is a number above 0, such as 0.3 or 2, or auto."),
        "beta": _("Beta is a number above 0 and at most 2, such as 0.1, or auto."),
        "compute": _("The compute multiplier is a number above 0 and at most 10, such as 0.5 or 2, or auto."),
    }[setting]


# Graders


@_error
def grader_missing() -> str:
    return _("Reinforcement fine-tuning needs a grader, which says how good an answer is: `grader='{…}'`, as JSON.")


@_error
def grader_not_json(example: str) -> str:
    return _("The grader is JSON, such as {example}.", example=example)


@_error
def grader_unlike_protocol(problem: str) -> str:
    """`problem`: in the words of the JSON library."""
    return _("The grader does not fit the protocol: {problem}.", problem=problem)


@_error
def grader_range() -> str:
    return _("The grader's range goes from its lower to its upper end, such as [0, 1].")


@_error
def grader_template(template: str) -> str:
    return _(
        "The grader's {template} stands for nothing. There are {item}, a field of the example, and {text}, {json} and "
        "{tools}, what the model said.",
        template=f"{{{{{template}}}}}",
        item="{{item.…}}",
        text="{{sample.output_text}}",
        json="{{sample.output_json…}}",
        tools="{{sample.output_tools}}",
    )


@_error
def grader_too_long() -> str:
    return _("The Python grader is longer than the 256 kB that providers take.")


@_error
def grader_syntax(line: int, problem: str) -> str:
    """`problem`: in Python's words."""
    return _("The Python grader has a mistake in line {line}: {problem}.", line=line, problem=problem)


@_error
def grader_not_python() -> str:
    return _("The Python grader cannot be read as Python.")


@_error
def grader_arguments() -> str:
    return _("The Python grader's function takes two arguments: `grade(sample, item)`.")


@_error
def grader_no_function() -> str:
    return _("The Python grader has no function `grade(sample, item)` that returns a number.")


# Starting, and the store


@_error
def settings_unusable(complaints: str) -> str:
    """`complaints`: what is wrong with each, in English."""
    return _("A setting cannot be used. {complaints}", complaints=complaints)


@_error
def env_unreadable(why: object) -> str:
    return _("The file `.env` cannot be read: {why}.", why=why)


@_error
def folder_in_use(folder: object) -> str:
    return _(
        "Another finetune-bot is working in {folder}. Stop it first, or give this one its own folder "
        "(`FINETUNE_DATA`).",
        folder=folder,
    )


@_error
def folder_not_written(folder: object, why: object) -> str:
    return _("The folder {folder} cannot be written: {why}.", folder=folder, why=why)


@_error
def store_unusable(file: object, why: object) -> str:
    return _(
        "The store {file} cannot be used: {why}. If it is damaged, put it aside (or back from a backup) and start "
        "again.",
        file=file,
        why=why,
    )


@_error
def no_store(folder: object) -> str:
    return _("There is no store in {folder}. `FINETUNE_DATA` says which folder it is in.", folder=folder)


@_error
def backup_exists(file: object) -> str:
    return _("{file} is there already, and a backup overwrites nothing. Choose another name.", file=file)


@_error
def backup_not_written(file: object, why: object) -> str:
    return _("The backup could not be written to {file}: {why}.", file=file, why=why)


@_error
def no_file(file: object) -> str:
    return _("There is no file {file}.", file=file)


@_error
def stop_first(folder: object) -> str:
    return _("A finetune-bot is working in {folder}. Stop it first.", folder=folder)


@_error
def not_restored(file: object, why: object) -> str:
    return _("{file} could not be restored: {why}. The store is as it was.", file=file, why=why)


@_error
def no_backup(file: object) -> str:
    return _("{file} is no backup of a finetune-bot.", file=file)


@_error
def backup_too_new(file: object) -> str:
    return _("{file} is the backup of a newer version. Install that one, then restore.", file=file)


@_error
def no_webhook(provider: str, why: object) -> str:
    return _("This is no webhook of {provider}: {why}", provider=provider, why=why)
