"""Fine-tuned models, and conversations with them."""

from datetime import date as calendar_date

from bot.jobs.job import Loss
from texts.errors.table import ERRORS
from texts.formats import full_day
from texts.jobs import start_again_button
from texts.language import _


@ERRORS.sentence
def unknown_model(model: str) -> str:
    return _("There is no fine-tuned model {model}. `/finetune models` lists them.", model=model)


@ERRORS.sentence
def no_such_model(model: str) -> str:
    return _("There is no model {model} (any more). `/finetune models` lists those that there are.", model=model)


@ERRORS.sentence
def model_retired(model: str, date: str) -> str:
    """`date`: the first day without it (YYYY-MM-DD)."""
    return _(
        "{model} was retired: its provider shut it down on {day}. Its job, metrics and evaluations are still here "
        "(`/finetune status`), and its training file can be trained on another base model. `/finetune models` lists "
        "the models that there are.",
        model=model,
        day=full_day(calendar_date.fromisoformat(date)),
    )


@ERRORS.sentence
def deletion_not_offered(provider: str) -> str:
    return _("{provider} deletes no models. Nothing was changed.", provider=provider)


@ERRORS.sentence
def deployment_not_offered(provider: str) -> str:
    return _(
        "The bot cannot deploy models at {provider}: an administrator can set that up in providers.toml.",
        provider=provider,
    )


@ERRORS.sentence
def deployed_already() -> str:
    return _("This model is deployed already, or about to be. `/finetune deployments` shows it.")


@ERRORS.sentence
def not_deployed() -> str:
    return _("This model is not deployed. Nothing was changed, and it costs nothing by the hour.")


@ERRORS.sentence
def azure_no_token() -> str:
    return _(
        "Azure gave the bot no token to deploy with. An administrator should look at the deployment's settings in "
        "providers.toml."
    )


@ERRORS.sentence
def export_usage() -> str:
    return _("Name one model: `/finetune export MODEL as=gguf quantization=q4_k_m`.")


@ERRORS.sentence
def no_export_format(format: str) -> str:
    return _("There is no format {format}. There are `adapter`, `merged` and `gguf`.", format=format)


@ERRORS.sentence
def only_gguf_is_quantized(quantization: str) -> str:
    return _(
        "Only `as=gguf` has a quantization. Write that, or leave {quantization} out.",
        quantization=f"`quantization={quantization}`",
    )


@ERRORS.sentence
def export_not_offered(provider: str) -> str:
    if provider == "nebius":
        return _(
            "Nebius does not hand models out this way: it keeps the adapter of each checkpoint as files, which its API "
            "lists with the checkpoint. Models of the trainer can be exported from here."
        )
    return _(
        "{provider} does not hand models out. Models that were trained by the trainer, on your own hardware, can be "
        "exported.",
        provider=provider,
    )


@ERRORS.sentence
def export_too_large() -> str:
    return _("This file is too large for Slack, or not ready. Fetch it with the command in its message.")


@ERRORS.sentence
def no_model_yet() -> str:
    return _("This job has made no model yet. I say so in its thread when it has.")


@ERRORS.sentence
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


@ERRORS.sentence
def nothing_to_talk_to() -> str:
    return _(
        "There is no fine-tuned model yet that can be talked to here. Drop a training file into a channel to make one. "
        "`/finetune models` lists the base models, which `/finetune chat MODEL` opens, too."
    )


@ERRORS.sentence
def conversation_gone() -> str:
    return _("There is no conversation with a model in this thread any more.")


@ERRORS.sentence
def model_of_conversation_gone(model: str) -> str:
    return _("There is no model {model} (any more).", model=model)


@ERRORS.sentence
def retiring_usage() -> str:
    return _("Write `/finetune retiring`, or `/finetune retiring page=2`.")


@ERRORS.sentence
def unused_usage() -> str:
    return _("Write `/finetune unused`, or with a number of days `/finetune unused days=30`.")
