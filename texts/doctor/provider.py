"""A provider: its key, models, files and jobs."""

from collections.abc import Sequence

from bot.errors import BotError
from texts import errors, starting
from texts.doctor.table import FOUND
from texts.formats import enumerated, first_of, sentences
from texts.language import _, plural


@FOUND.sentence
def answers(models: int, seconds: float) -> str:
    return plural(
        "The key is accepted; {count} model is listed, in {seconds} s.",
        "The key is accepted; {count} models are listed, in {seconds} s.",
        models,
        seconds=f"{seconds:.2f}",
    )


@FOUND.sentence
def answers_slowly(models: int, seconds: float) -> str:
    return sentences(
        answers(models, seconds),
        _("That is slow: Slack waits three seconds for a window. Look at the network in between, or at the server."),
    )


@FOUND.sentence
def key_refused(error: BotError) -> str:
    return _(
        "The key is not accepted: {why} Check `OPENAI_API_KEY`, or what `key_env` or `key_file` in providers.toml "
        "names.",
        why=errors.sentence(error),
    )


@FOUND.sentence
def not_the_protocol(address: str | None, status: int | None) -> str:
    """`address`: None for the vendor's usual one; `status`: None for an answer that cannot be understood."""
    why = _("its answer is something else") if status is None else _("status {status}", status=str(status))
    return _(
        "What answers at {address} is not OpenAI's protocol ({why}). Check `OPENAI_BASE_URL`, or `base_url` in "
        "providers.toml; it usually ends in /v1.",
        address=address or starting.usual_address(),
        why=why,
    )


@FOUND.sentence
def no_answer(error: BotError) -> str:
    return sentences(errors.sentence(error), _("The bot starts all the same, and keeps trying."))


@FOUND.sentence
def base_models(models: Sequence[str]) -> str:
    return plural(
        "{count} base model is on offer for training: {models}.",
        "{count} base models are on offer for training: {models}.",
        len(models),
        models=first_of(models),
    )


@FOUND.sentence
def no_base_models() -> str:
    return _(
        "None of its models is known to be trainable, so no job can be started there. Name those that are: "
        "`FINETUNE_MODELS`, or `models` in providers.toml."
    )


@FOUND.sentence
def models_not_listed(models: Sequence[str]) -> str:
    return _(
        "The settings offer what it does not list: {models}. Check how that is written there.",
        models=enumerated(models),
    )


@FOUND.sentence
def training_ended(models: Sequence[str]) -> str:
    return _(
        "The settings offer what can be trained no more: {models}. Take that out of them.", models=enumerated(models)
    )


@FOUND.sentence
def default_not_offered(model: str) -> str:
    return _(
        "The default model {model} is none of those on offer. Check `FINETUNE_DEFAULT_MODEL`, or `default_model` in "
        "providers.toml.",
        model=model,
    )


@FOUND.sentence
def fine_tuned_models(count: int) -> str:
    return plural("{count} fine-tuned model is listed.", "{count} fine-tuned models are listed.", count)


@FOUND.sentence
def embeddings(model: str) -> str:
    return _("The grader `cosine` works, with {model}.", model=model)


@FOUND.sentence
def no_embeddings() -> str:
    return _("No model for embeddings is set, so the grader `cosine` does not work there.")


@FOUND.sentence
def embeddings_not_listed(model: str) -> str:
    return _(
        "The model for embeddings, {model}, is not listed, so the grader `cosine` may not work there. Check "
        "`FINETUNE_EMBEDDING_MODEL`, or `embedding_model` in providers.toml.",
        model=model,
    )


@FOUND.sentence
def trainer() -> str:
    return _("All parts of the trainer are at work.")


@FOUND.sentence
def trainer_in_trouble(parts: Sequence[str]) -> str:
    """`parts`: as the trainer calls them."""
    return _(
        "Parts of the trainer fail, and are tried again and again: {parts}. Its log says why.", parts=enumerated(parts)
    )


@FOUND.sentence
def cluster(address: str, nodes: int, suited: int, most_gpus: int) -> str:
    """`suited`: so many of its nodes could take a job; `most_gpus`: so many of them one job can have."""
    if most_gpus > 1:
        return _(
            "It trains on the Ray cluster at {address}. Nodes that suit its jobs: {suited} of {nodes}. One job can "
            "have up to {most} GPUs.",
            address=address,
            nodes=nodes,
            suited=suited,
            most=most_gpus,
        )
    return _(
        "It trains on the Ray cluster at {address}. Nodes that suit its jobs: {suited} of {nodes}.",
        address=address,
        nodes=nodes,
        suited=suited,
    )


@FOUND.sentence
def cluster_unsuited(address: str) -> str:
    return _(
        "No node of the Ray cluster at {address} has what a job asks for, so jobs wait. Start such a node, or ask for "
        "less with the trainer's TRAINER_RAY_… settings.",
        address=address,
    )


@FOUND.sentence
def cluster_no_use(address: str, why: str) -> str:
    """`why`: in the trainer's own words."""
    return _("The trainer's jobs wait for the Ray cluster at {address}: {why}", address=address, why=why)


@FOUND.sentence
def files(count: int, more: bool) -> str:
    """`more`: these are the first of them."""
    if more:
        return plural("More than {count} file is there.", "More than {count} files are there.", count)
    return plural("{count} file is there.", "{count} files are there.", count)


@FOUND.sentence
def files_refused(error: BotError) -> str:
    return _("It does not list files: {why} Check what the key may do.", why=errors.sentence(error))


@FOUND.sentence
def jobs(count: int, more: bool) -> str:
    """`more`: these are the first of them."""
    if more:
        return plural("More than {count} job is there.", "More than {count} jobs are there.", count)
    return plural("{count} job is there.", "{count} jobs are there.", count)


@FOUND.sentence
def jobs_refused(error: BotError) -> str:
    return _("It does not list jobs: {why} Check what the key may do.", why=errors.sentence(error))


@FOUND.sentence
def job(job: str, events: int, figures: int, checkpoints: int) -> str:
    told = enumerated(
        [
            plural("{count} event", "{count} events", events),
            plural("{count} with figures", "{count} with figures", figures),
            plural("{count} checkpoint", "{count} checkpoints", checkpoints),
        ]
    )
    silent = None if figures else _("So cards of its jobs have no chart.")
    return sentences(_("Of the latest job ({job}) it tells: {told}.", job=job, told=told), silent)


@FOUND.sentence
def job_refused(job: str, error: BotError) -> str:
    return _(
        "It does not tell the events and checkpoints of the latest job ({job}): {why}",
        job=job,
        why=errors.sentence(error),
    )


@FOUND.sentence
def keeps_metadata() -> str:
    return _("It keeps metadata, which the bot does not send there. `metadata = true` in providers.toml changes that.")


@FOUND.sentence
def keeps_no_metadata() -> str:
    return _(
        "None of its jobs has metadata, so the bot would not know its own by them. `metadata = false` in "
        "providers.toml lets it know them by file, model, seed and time."
    )


@FOUND.sentence
def pauses() -> str:
    return _("It pauses jobs, which the bot does not offer there. `pause = true` in providers.toml changes that.")


@FOUND.sentence
def reports_to_wandb() -> str:
    return _(
        "It reports to {service}, which the bot does not offer there. `wandb = true` in providers.toml changes that.",
        service="Weights & Biases",
    )


@FOUND.sentence
def has_methods(methods: Sequence[str]) -> str:
    return _(
        "It trains by methods that the bot does not offer there: {methods}. `methods` in providers.toml changes that.",
        methods=enumerated(methods),
    )
