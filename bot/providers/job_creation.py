"""A job as it is asked for, and how it is known again when the answer was lost."""

from typing import Any, Final

from bot.providers.interface import CreateRequest, RemoteJob
from bot.providers.objects import AUTO, CHANNEL_KEY, SUBMISSION_KEY, Json
from bot.providers.protocol import SUPERVISED, of_method
from bot.providers.vendor import Vendor

CLOCKS_DIFFER: Final = 24 * 3600.0
_MOST_PAIRS: Final = 16  # of metadata, in the protocol


def job_arguments(order: CreateRequest, vendor: Vendor) -> dict[str, Any]:
    """Of the SDK's call, as this vendor takes them."""
    arguments: dict[str, Any] = {
        "model": order.model,
        "training_file": order.training_file,
        "seed": order.seed,
        **_method(order, vendor),
    }
    if vendor.keeps_metadata:
        arguments["metadata"] = {**order.metadata, SUBMISSION_KEY: order.submission}
        if vendor.shares_by_channel and order.channel and len(arguments["metadata"]) < _MOST_PAIRS:
            arguments["metadata"][CHANNEL_KEY] = order.channel
    if order.wandb:
        arguments["integrations"] = [{"type": "wandb", "wandb": {"project": order.wandb}}]
    if order.validation_file:
        arguments["validation_file"] = order.validation_file
    if order.suffix:
        arguments["suffix"] = order.suffix
    return arguments


def _method(order: CreateRequest, vendor: Vendor) -> Json:
    chosen = {name: getattr(order.hyperparameters, name) for name in of_method(order.method)}
    settings = {name: value for name, value in chosen.items() if value != AUTO}
    if vendor.learning_rate is not None and (multiplier := settings.pop("learning_rate_multiplier", None)):
        settings["learning_rate"] = multiplier * vendor.learning_rate
    if order.method == SUPERVISED and not vendor.settings_in_method:
        return {"hyperparameters": settings}
    method: Json = {"hyperparameters": settings}
    if order.grader is not None:
        method["grader"] = order.grader
    return {"method": {"type": order.method, order.method: method}}


def is_made_by(order: CreateRequest, job: RemoteJob) -> bool:
    """For providers without metadata. Clocks differ, and ours may have been set anew since; a seed tells jobs apart all
    the same, a suffix hardly."""
    if job.seed is not None:
        same_mark, clocks_differ = job.seed == order.seed, CLOCKS_DIFFER
    else:
        same_mark, clocks_differ = bool(order.suffix) and job.suffix == order.suffix, 60.0
    return (
        job.training_file == order.training_file
        and (job.model == order.model or job.model.startswith(order.model + "-"))
        and same_mark
        and job.created_at >= order.requested_at - clocks_differ
    )
