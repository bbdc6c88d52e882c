"""What a person is told of an error: a module for each domain. A function marked with `@ERRORS.sentence` says one
kind of error: its name is the kind, its parameters are the error's values.

Sentences are plain text with the values as they came: whoever shows one escapes all of it.
"""

import re

from bot.errors import BotError
from bot.providers.interface import ProviderError
from graders.errors import GradeFault, GraderError
from texts import training_file_errors
from texts.errors import (
    access,
    administration,
    compare,
    conversations,
    datasets,
    evaluate_command,
    evaluations,
    feedback,
    generation,
    job_requests,
    jobs,
    judges,
    models,
    moves,
    providers,
    requests,
    scheduled_training,
    spending,
    starting,
    thread_examples,
    workflow_steps,
)
from texts.errors.table import ERRORS
from training_files import TrainingFileError

__all__ = [
    "ERRORS",
    "access",
    "administration",
    "compare",
    "conversations",
    "datasets",
    "evaluate_command",
    "evaluations",
    "feedback",
    "generation",
    "job_requests",
    "jobs",
    "judges",
    "models",
    "moves",
    "providers",
    "recorded_sentence",
    "requests",
    "scheduled_training",
    "sentence",
    "spending",
    "starting",
    "thread_examples",
    "workflow_steps",
]

_WITH_PROBLEM = ("grader_judge_failed", "grader_embedding_failed")
"""Kinds whose `problem` is the `str(error)` of whoever was asked: a provider's own words, or an error of ours."""


def sentence(error: BotError | GradeFault | GraderError | TrainingFileError) -> str:
    """What happened, and what to do next. What a provider answered stays in its own words."""
    if isinstance(error, TrainingFileError):
        return training_file_errors.sentence(error)
    if isinstance(error, ProviderError) and error.is_answer:
        return str(error)
    values = error.values
    if error.kind in _WITH_PROBLEM:
        values = {**values, "problem": recorded_sentence(str(values["problem"]))}
    return ERRORS.say(error.kind, values) or str(error)


def recorded_sentence(details: str) -> str:
    """The sentence for an error that is kept as `str(error)`; other details are given back as they are."""
    kind = details.partition(" ")[0]
    if kind not in ERRORS:
        return details
    parameters = ERRORS.parameters(kind)
    names = "|".join(map(re.escape, parameters))
    parts = re.split(rf" (?=(?:{names})=)", details) if names else [details]
    if parts[0] != kind:  # somebody's own words, such as the reason of a declined job
        return details
    try:
        values = dict(part.split("=", 1) for part in parts[1:])
        figures = {name: float(value) for name, value in values.items() if parameters[name].annotation is float}
        return ERRORS[kind](**{**values, **figures})
    except (TypeError, ValueError, KeyError):
        return details
