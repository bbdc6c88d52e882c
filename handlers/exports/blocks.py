"""The message about an export: how far it is, and at the end how to fetch it."""

import re
from typing import Final

from slack_sdk.models.blocks import Block

from bot.exports.export import Export, ExportState
from bot.exports.exports import MOST_TO_UPLOAD
from handlers.blocks.message import Message
from handlers.blocks.model_name import named
from handlers.blocks.parts import actions, button, context, message, section
from handlers.blocks.text import bold, code, code_block, person, quoted
from texts import exports as texts
from texts.formats import file_size, percent

UPLOAD: Final = "export_upload"
AS: Final = "export_as"

_CHOICES: Final = (("adapter", ""), ("merged", ""), ("gguf", "q8_0"), ("gguf", "q4_k_m"))


def format_choice(model: str) -> Message:
    """What the model can be taken away as, with a button each."""
    text = texts.choose(named(model))
    choices: list[Block] = [
        section(
            texts.kind_explained(format, quantization),
            button=button(texts.choose_button(), AS, f"{format}:{quantization} {model}"),
        )
        for format, quantization in _CHOICES
    ]
    return message(text, [section(text), *choices])


def export_message(export: Export) -> Message:
    remote = export.remote
    kind = texts.kind(remote.format, remote.quantization)
    match export.state:
        case ExportState.RUNNING:
            text = texts.under_way(named(export.model), bold(kind), person(export.owner))
            return message(text, [section(text), context(_progress(export))])
        case ExportState.FAILED:
            text = texts.failed(named(export.model), bold(kind), person(export.owner))
            why = code_block(remote.why, 1500) if remote.why else texts.gone()
            return message(text, [section(text), section(why)])
    size = file_size(remote.bytes or 0)
    text = texts.ready(named(export.model), bold(kind), size, person(export.owner))
    blocks: list[Block] = [section(text), section(f"{texts.fetch_it()}\n{_command(export)}")]
    if remote.tried is not None:
        asked, said = remote.tried
        blocks.append(context(texts.tried(quoted(asked, 200), quoted(said, 300))))
    if remote.sha256:
        blocks.append(context(texts.checksum(code(remote.sha256, 80))))
    if (remote.bytes or 0) <= MOST_TO_UPLOAD:
        blocks.append(actions(button(texts.upload_button(), UPLOAD, export.id)))
    return message(text, blocks)


def _progress(export: Export) -> str:
    remote = export.remote
    share = percent(remote.done / remote.total, 0) if remote.total else ""
    return texts.step(remote.step or remote.status, share)


def _command(export: Export) -> str:
    """For a shell: what comes from elsewhere is reduced to letters that mean nothing there."""
    id = re.sub(r"[^\w-]", "", export.remote.id)
    file = re.sub(r"[^\w.-]", "-", export.remote.file_name or "model").lstrip("-.")
    curl = f'curl -C - -H "Authorization: Bearer $KEY" \\\n  -o "{file}" "$URL/x/exports/{id}/content"'
    return f"```\n{curl}\n```"
