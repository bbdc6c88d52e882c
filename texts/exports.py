"""Fine-tuned models exported as files. Values come as they shall be shown."""

from texts.language import _


def kind(format: str, quantization: str | None) -> str:
    if format == "gguf" and quantization:
        return _("GGUF, {quantization}", quantization=quantization)
    return {"adapter": _("adapter"), "merged": _("merged model"), "gguf": _("GGUF")}.get(format, format)


def export_button() -> str:
    return _("Export")


def choose(model: str) -> str:
    return _("In which format do you export {model}?", model=model)


def kind_explained(format: str, quantization: str | None) -> str:
    if format == "adapter":
        return _("The adapter: what was learned, for its base model.")
    if format == "merged":
        return _("The whole model as safetensors, for transformers and vLLM.")
    return _("GGUF for llama.cpp and Ollama, in {quantization}.", quantization=quantization or "")


def choose_button() -> str:
    return _("Export it")


def under_way(model: str, kind: str, who: str) -> str:
    return _("{who} exports {model} as {kind}. The file is being made.", who=who, model=model, kind=kind)


def step(step: str, share: str) -> str:
    """`step`: a word of the trainer's; `share`: how much of it is done, "" where nobody knows."""
    words = {
        "queued": _("Waiting for its turn"),
        "running": _("Beginning"),
        "writing": _("Writing"),
        "checking": _("Loading it once, and comparing it with the model as it answers here"),
        "packing": _("Packing"),
    }.get(step, step)
    return f"{words} · {share}" if share else words


def ready(model: str, kind: str, size: str, who: str) -> str:
    return _("{who} {model} is exported as {kind}, {size}.", who=who, model=model, kind=kind, size=size)


def fetch_it() -> str:
    return _(
        "Fetch it in a shell, where `$URL` is the trainer's address (it ends in `/v1`) and `$KEY` a key for it. "
        "The same command goes on where a download broke off."
    )


def tried(question: str, answer: str) -> str:
    return _("Loaded and asked “{question}”, it says “{answer}”.", question=question, answer=answer)


def checksum(sha256: str) -> str:
    return _("SHA-256: {sha256}", sha256=sha256)


def upload_button() -> str:
    return _("Put the file here")


def file_of(model: str) -> str:
    return _("{model}, exported", model=model)


def failed(model: str, kind: str, who: str) -> str:
    return _("{who} {model} could not be exported as {kind}.", who=who, model=model, kind=kind)


def gone() -> str:
    return _("The provider no longer knows of this export. Ask for it again with `/finetune export`.")
