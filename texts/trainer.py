"""What `finetune-bot trainer` says in a terminal: its help, what it does, and why it cannot.

What the server answers to programs is in English, and is no business of this module. Values come as they are.
"""

from texts.formats import grouped
from texts.language import _

# Help


def command(name: str) -> str:
    """The first sentence also stands in the list of the commands. The program itself has no name."""
    return {
        "": _("Fine-tune and serve open models on your own hardware, over OpenAI's protocol."),
        "serve": _("Serve the API until stopped."),
        "pull": _("Fetch a base model. Of one that is there the hashes are checked."),
        "models": _("List the base models, and whether they are here."),
        "export": _(
            "Write a fine-tuned model to a folder. It is loaded once and compared with the model as it is served; "
            "a model card tells where it comes from."
        ),
        "queue": _("Show what trains and what waits for its turn."),
        "retire": _("Set the day on which a model stops answering. Clients see it as the model's shutdown_date."),
        "alias": _(
            "Let another name stand for a model. Programs that ask for it are answered by that model. "
            "Without names it lists them."
        ),
        "keys": _("The keys that clients use."),
        "keys create": _(
            "Make a key and show it, this once. Its holder sees what it made itself, and the base models."
        ),
        "keys list": _("Show the names of the keys. Those that see everything are marked `(admin)`."),
        "keys delete": _("Revoke a key."),
    }[name]


def option(command: str, name: str) -> str:
    match name:
        case "data":
            return _("Folder for the database, uploads and fine-tuned models.")
        case "cache":
            return _("Folder for base models. [default: FINETUNE_CACHE]")
    return {
        ("serve", "host"): _("Address to listen on. 0.0.0.0 lets other machines in."),
        ("serve", "port"): _("Port to listen on; 0 takes a free one."),
        ("serve", "org"): _("Stands in the names of fine-tuned models."),
        ("alias", "name"): _("The name that programs ask for, such as gpt-4o-mini."),
        ("alias", "model"): _("The model that answers: a base model's id, or a fine-tuned one's."),
        ("alias", "remove"): _("Take the name away."),
        ("pull", "model"): _("A base model's id; `models` lists them."),
        ("export", "model"): _("A fine-tuned model's id."),
        ("export", "output"): _("Folder to write; it is made."),
        ("export", "format"): _(
            "`adapter`: what was learned, for its base model. `merged`: one whole model as safetensors. "
            "`gguf`: one file for llama.cpp and Ollama."
        ),
        ("export", "quantization"): _(
            "How the numbers of a GGUF are stored: f16, bf16, q8_0, q6_k, q5_k_m, q4_k_m or q4_0. [default: q4_k_m]"
        ),
        ("retire", "model"): _("A fine-tuned model's id, or a base model's for all on it."),
        ("retire", "on"): _("The first day (UTC) without it. [default: none]"),
        ("keys create", "name"): _("Whose key it is."),
        ("keys create", "admin"): _("Let it see what all keys have made."),
        ("keys create", "high_priority"): _("Let its jobs ask for high priority in the queue."),
        ("keys delete", "name"): _("As `list` shows it."),
    }[command, name]


# Base models


def whole(model: str, folder: object) -> str:
    return _("{model} is here and whole: {folder}", model=model, folder=folder)


def damaged(files: str, model: str) -> str:
    return _("Damaged: {files}. {model} is fetched again.", files=files, model=model)


def fetched(model: str, folder: object) -> str:
    return _("{model} is ready: {folder}", model=model, folder=folder)


def downloading_from_hub() -> str:
    return _("Downloading from the Hugging Face hub")


def downloading_from_index() -> str:
    return _("Downloading from the Python package index")


def unpacking() -> str:
    return _("Unpacking")


def converting() -> str:
    return _("Converting the weights, once")


def column(name: str) -> str:
    """Of the table of base models."""
    return {
        "model": _("model"),
        "context": _("context"),
        "training": _("train GB"),
        "serving": _("serve GB"),
        "licence": _("licence"),
        "here": _("here"),
        "note": _("note"),
    }[name]


def queue_column(name: str) -> str:
    """Of the table of jobs."""
    return {
        "place": _("place"),
        "job": _("job"),
        "model": _("model"),
        "key": _("key"),
        "channel": _("channel"),
        "priority": _("priority"),
        "devices": _("devices"),
        "since": _("since"),
    }[name]


def priority(name: str) -> str:
    return {"low": _("low"), "normal": _("normal"), "high": _("high")}[name]


def trains() -> str:
    """In the column of places."""
    return _("trains")


def empty_queue() -> str:
    return _("Nothing trains and nothing waits.")


def is_here(here: bool) -> str:
    return _("yes") if here else _("no")


def untried() -> str:
    return _("untried")


def for_embeddings() -> str:
    return _("embeddings")


def needs_token() -> str:
    return _("needs HF_TOKEN")


def unknown_base_model(model: str, known: str) -> str:
    return _("There is no base model {model}. There are: {known}.", model=model, known=known)


def table_unreadable(file: object, why: object) -> str:
    return _("The table of base models {file} cannot be read: {why}.", file=file, why=why)


def table_mistaken(file: object, mistake: object) -> str:
    """`mistake`: in the words of the TOML library."""
    return _("The table of base models {file} has a mistake: {mistake}", file=file, mistake=mistake)


def template_missing(template: str, model: str, folder: object) -> str:
    return _(
        "The chat template {template} of the base model {model} is neither in {folder} nor among the trainer's own.",
        template=template,
        model=model,
        folder=folder,
    )


# Why a base model could not be fetched


def unfetched(model: str, reasons: list[str]) -> str:
    """`reasons`: one for each source, as below."""
    return _(
        "The base model {model} could not be fetched: {reasons}. Check the network and run `{command}` again.",
        model=model,
        reasons=grouped(reasons),
        command=f"finetune-bot trainer pull {model}",
    )


def not_stored(model: str, folder: object, why: object) -> str:
    return _("The base model {model} could not be stored in {folder}: {why}.", model=model, folder=folder, why=why)


def no_space(model: str, folder: object, megabytes: int) -> str:
    """`megabytes`: that are needed; 0 where nobody knows."""
    if not megabytes:
        return _(
            "There is not enough disk space under {folder} for the base model {model}. Make room, or name another "
            "folder in FINETUNE_CACHE.",
            folder=folder,
            model=model,
        )
    return _(
        "There is not enough disk space under {folder} for the base model {model} ({megabytes} MB are needed). Make "
        "room, or name another folder in FINETUNE_CACHE.",
        folder=folder,
        model=model,
        megabytes=megabytes,
    )


def no_model_in_folder(folder: str) -> str:
    return _("the folder {folder} has no config.json", folder=folder)


def hub_silent(seconds: float) -> str:
    return _("the Hugging Face hub did not answer within {seconds} s", seconds=f"{seconds:g}")


def hub_unreachable(error: str) -> str:
    """`error`: its class, as below."""
    return _("the Hugging Face hub could not be reached ({error})", error=error)


def hub_broke_off(error: str) -> str:
    return _("the Hugging Face hub broke off a download ({error})", error=error)


def hub_gated(repository: str, error: str) -> str:
    return _(
        "the Hugging Face hub does not hand out {repository} ({error}): accept its licence there and put your token "
        "into HF_TOKEN",
        repository=repository,
        error=error,
    )


def hub_without_revision(repository: str) -> str:
    return _("the Hugging Face hub names no revision of {repository}", repository=repository)


def hub_without_safetensors(repository: str) -> str:
    return _("{repository} has no safetensors on the Hugging Face hub", repository=repository)


def wrong_hash(file: str) -> str:
    return _("{file} is not the file it should be (wrong hash)", file=file)


def index_without_wheel(package: str, version: str) -> str:
    return _("the Python package index sent no wheel of {package} {version}", package=package, version=version)


def wheel_without(wheel: str, member: str) -> str:
    return _("the wheel {wheel} does not hold {member}", wheel=wheel, member=member)


def index_unreachable() -> str:
    return _("the Python package index could not be reached")


def index_lacks(requirement: str, code: int) -> str:
    """`code`: with which pip ended."""
    return _(
        "the Python package index that pip uses here does not have {requirement} (pip ended with {code})",
        requirement=requirement,
        code=code,
    )


def no_pip() -> str:
    return _("there is no pip here to ask the Python package index with (install pip)")


def no_gguf(file: object) -> str:
    return _("there is no file {file}", file=file)


def unreadable_gguf(file: str, why: object) -> str:
    """`why`: in the words of its reader."""
    return _("{file} cannot be read as GGUF weights of a model known here ({why})", file=file, why=why)


# The server


def first_key(file: object) -> str:
    return _("No key was set up, so one was made. It is in {file}", file=file)


def folder_unusable(folder: object, why: object) -> str:
    return _("The data folder {folder} cannot be used: {why}. Name another with --data.", folder=folder, why=why)


def telemetry_not_installed() -> str:
    return _(
        "OTEL_EXPORTER_OTLP_ENDPOINT needs the packages for traces, which are not installed: "
        '`pip install -e ".[telemetry]"`.'
    )


def folder_in_use(folder: object) -> str:
    return _("Another trainer works in {folder}. Stop it, or name another --data.", folder=folder)


def cannot_listen(address: str, why: object) -> str:
    return _(
        "The trainer cannot listen on {address} ({why}). Is another program there? Choose another with --port, or "
        "--port 0 for any that is free.",
        address=address,
        why=why,
    )


# A Ray cluster


def cluster_needs(setting: str) -> str:
    return _(
        "TRAINER_RUNNER=ray needs {setting} too: a folder that this machine and all nodes of the cluster see under the "
        "same path.",
        setting=setting,
    )


def cluster_needs_address(setting: str, said: str) -> str:
    return _(
        "TRAINER_RUNNER=ray needs {setting}, the address of the cluster's dashboard, such as http://ray-head:8265 "
        "(now: {said}).",
        setting=setting,
        said=said or "–",
    )


def bucket_needs_packages(bucket: str) -> str:
    return _(
        'For the bucket {bucket} a package is not installed here: pip install -c constraints.txt -e ".[cluster]"',
        bucket=bucket,
    )


def bucket_unusable(why: str) -> str:
    return _("This bucket cannot be used: {why}. Check TRAINER_SHARED.", why=why)


def cluster_unprotected(address: str) -> str:
    return _(
        "The Ray cluster at {address} lets anybody run programs on it, so it is not used. Start all of its nodes with "
        "RAY_AUTH_MODE=token and give the trainer the token as RAY_AUTH_TOKEN.",
        address=address,
    )


def cluster_wants_token(address: str) -> str:
    return _("The Ray cluster at {address} asks for a token. Give it as RAY_AUTH_TOKEN.", address=address)


def cluster_refuses_token(address: str) -> str:
    return _("The Ray cluster at {address} does not accept this token. Check RAY_AUTH_TOKEN.", address=address)


def token_unreadable(file: object, why: object) -> str:
    return _("The file of RAY_AUTH_TOKEN_PATH, {file}, cannot be read: {why}.", file=file, why=why)


def cluster_unreachable(address: str, why: str) -> str:
    return _(
        "The Ray cluster at {address} does not answer yet ({why}). Jobs wait until it does.", address=address, why=why
    )


# Fine-tuned models and keys


def not_empty(folder: object) -> str:
    return _("{folder} is not empty. Name another folder.", folder=folder)


def unknown_fine_tuned_model(model: str, folder: object, known: str) -> str:
    if not known:
        return _("There is no fine-tuned model {model} in {folder}, nor any other.", model=model, folder=folder)
    return _(
        "There is no fine-tuned model {model} in {folder}. There are: {known}.",
        model=model,
        folder=folder,
        known=known,
    )


def unknown_format(format: str, known: str) -> str:
    return _("There is no format {format}. There are: {known}.", format=format, known=known)


def unknown_quantization(quantization: str, known: str) -> str:
    return _(
        "A quantization is for `--format gguf`, and is one of {known}; not {quantization}.",
        known=known,
        quantization=quantization,
    )


def export_step(step: str) -> str:
    return {"writing": _("Writing"), "checking": _("Checking"), "packing": _("Packing")}[step]


def export_tried(question: str, answer: str, divergence: float) -> str:
    """`divergence`: in nats a token."""
    return _(
        "Loaded and asked “{question}”, it says “{answer}” ({divergence} nats a token from the model as served).",
        question=question,
        answer=" ".join(answer.split()),
        divergence=f"{divergence:.3f}",
    )


def not_exported(folder: object, why: str) -> str:
    """`why`: a sentence."""
    return _("{folder} was not finished: {why}", folder=folder, why=why)


def exported(model: str, folder: object) -> str:
    return _("{model} is in {folder}", model=model, folder=folder)


def unknown_model(model: str, folder: object) -> str:
    return _("There is no model {model} in {folder}.", model=model, folder=folder)


def retires(model: str, day: str) -> str:
    """`day`: YYYY-MM-DD; none where it is empty."""
    if not day:
        return _("{model} has no shutdown date.", model=model)
    return _("{model} answers until {day}.", model=model, day=day)


def alias_of(alias: str, model: str) -> str:
    return _("{alias} is answered by {model}.", alias=alias, model=model)


def alias_removed(alias: str) -> str:
    return _("{alias} stands for no model any more.", alias=alias)


def unknown_alias(alias: str) -> str:
    return _("There is no alias {alias}.", alias=alias)


def alias_without_model(alias: str) -> str:
    return _("Name the model that {alias} stands for, or --remove to take the name away.", alias=alias)


def alias_is_a_model(name: str) -> str:
    return _("{name} is itself a model here; choose another name.", name=name)


def key_of_environment(name: str) -> str:
    return _("{name} is the key that comes from the environment; choose another name.", name=name)


def key_exists(name: str) -> str:
    return _("There is a key named {name} already; choose another name.", name=name)


def unknown_key(name: str) -> str:
    return _("There is no key named {name}.", name=name)
