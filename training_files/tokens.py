"""Counting tokens, with the tokenizer of the model that is to be trained.

Covers text only. Text that looks like a special token (`<|endoftext|>`) counts as the ordinary text it is for
OpenAI's encodings; a model's own tokenizer treats it as training will.
"""

import importlib.util
import os
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from platformdirs import user_cache_path

from training_files.catalog import ModelFacts, base_of

DOWNLOAD_SECONDS = 5.0
"""How long tiktoken may take to fetch a vocabulary before an estimate is used instead."""

SUBSTITUTE = "o200k_base"

PIECE = 1 << 19
"""Characters. A longer text is counted in pieces."""


class Tokenizer(msgspec.Struct, frozen=True):
    """`count` takes texts and gives their lengths in tokens; it runs in several threads at once. Where it may be called
    before a process forks and after, `forkable` is true: it starts no threads of its own.

    `exact` is False where this is a substitute for the model's own tokenizer; `why` then says which
    kind of one, as `report.Tokens` does.
    """

    name: str
    count: Callable[[list[str]], list[int]]
    exact: bool = True
    why: str = ""
    forkable: bool = False


def tokenizers_folder(named: Path | None = None) -> Path:
    """Where open models' tokenizers are looked for, by the bot and on the command line alike: in the folder `named` or
    FINETUNE_TOKENIZERS, else where the trainer on this machine keeps its base models.
    """
    folder = named or os.environ.get("FINETUNE_TOKENIZERS")
    return Path(folder).expanduser() if folder else models_cache()


def models_cache() -> Path:
    """Where the trainer keeps base models: FINETUNE_CACHE, else the platform's cache."""
    named = os.environ.get("FINETUNE_CACHE")
    if named:
        return Path(named).expanduser() / "models"
    return user_cache_path("finetune-bot", appauthor=False) / "models"


def tokenizer_for(model: str, facts: ModelFacts | None, folder: Path | None) -> Tokenizer:
    """The tokenizer to judge `model` with; never fails, an estimate being the last resort.

    `folder` holds `<model>/tokenizer.json` files of models that bring their own, with -- for / in the name.
    """
    if facts is not None and facts.encoding != "own":
        return encoding(facts.encoding)
    own = _own(_names(model, facts), folder)
    if own is not None and facts is not None and facts.content_after_line_break:
        return Tokenizer(own.name, _after_line_break(own.count))
    if own is not None:
        return own
    substitute = encoding(SUBSTITUTE)
    return msgspec.structs.replace(substitute, exact=False, why="stand_in")


def _after_line_break(count: Callable[[list[str]], list[int]]) -> Callable[[list[str]], list[int]]:
    """Counts each text as it counts behind a line break, which is not counted itself: the two are joined where
    the text begins with white space.
    """

    def joined(texts: list[str]) -> list[int]:
        lengths = count(["\n" + text if text[:1].isspace() else text for text in texts])
        return [length - text[:1].isspace() for length, text in zip(lengths, texts, strict=True)]

    return joined


def encoding(name: str) -> Tokenizer:
    """One of OpenAI's encodings, exact where toktok-rs is installed or tiktoken has its vocabulary."""
    return _toktok(name) or _tiktoken(name) or estimate()


def _toktok(name: str) -> Tokenizer | None:
    try:
        import toktok  # type: ignore[import-untyped]
    except ImportError:
        return None

    loading = threading.Lock()
    loaded = threading.Event()

    def count(texts: list[str]) -> list[int]:
        if not loaded.is_set():
            with loading:  # or every thread would load a vocabulary of its own
                toktok.batch_count([""], name, threads=1)
                loaded.set()
        if max(map(len, texts), default=0) > PIECE:  # its scratch memory grows with the longest text, and stays
            return [sum(toktok.batch_count([piece], name, threads=1)[0] for piece in pieces(text)) for text in texts]
        counts: list[int] = toktok.batch_count(texts, name, threads=1)
        return counts

    return Tokenizer(name, count, forkable=True)


def pieces(text: str, size: int = PIECE) -> Iterator[str]:
    """A text in pieces of about `size` characters, whose tokens are together those of the text.

    It is cut only before white space or punctuation that follows a letter or digit: there a word ends, whatever
    follows, in the patterns of OpenAI's encodings (the apostrophe is the one mark that goes on). One without such a
    place is not cut.
    """
    start = 0
    while place := _WORD_END.search(text, start + size):
        yield text[start : place.end()]
        start = place.end()
    yield text[start:]


_WORD_END = re.compile(r"[^\W_](?=[\s,.;:!?。，；：！？])")


def _tiktoken(name: str) -> Tokenizer | None:
    if importlib.util.find_spec("tiktoken") is None:
        return None
    vocabulary = _loaded(name)
    if vocabulary is None:
        return None

    def count(texts: list[str]) -> list[int]:
        return [len(vocabulary.encode_ordinary(text)) for text in texts]

    return Tokenizer(name, count, forkable=True)


def _loaded(name: str) -> Any | None:
    """tiktoken's encoding, None where its vocabulary does not come in time.

    tiktoken downloads without a time limit, so it is left behind in a thread that cannot keep the process alive.
    """
    result: list[Any] = []

    def load() -> None:
        try:
            import tiktoken

            result.append(tiktoken.get_encoding(name))
        except Exception:  # whatever keeps the vocabulary away, there is an estimate
            return

    thread = threading.Thread(target=load, name=f"load {name}", daemon=True)
    thread.start()
    thread.join(DOWNLOAD_SECONDS)
    return result[0] if result else None


def estimate() -> Tokenizer:
    """Loads no vocabulary: about 4 ASCII characters, or 1.5 others, to a token."""

    def count(texts: list[str]) -> list[int]:
        lengths = []
        for text in texts:
            ascii_characters = len(text.encode("ascii", "ignore"))
            lengths.append(-(-ascii_characters // 4) + -(-(len(text) - ascii_characters) * 2 // 3))
        return lengths

    return Tokenizer("characters", count, exact=False, why="no_vocabulary", forkable=True)


def _names(model: str, facts: ModelFacts | None) -> list[str]:
    if facts is None:
        return [base_of(model).replace("/", "--")]
    return [name.replace("/", "--") for name in (facts.id, *facts.aliases)]


def _own(names: list[str], folder: Path | None) -> Tokenizer | None:
    if folder is None:
        return None
    for name in names:
        file = folder / name / "tokenizer.json"
        try:  # a model's name comes from a person: it must not lead out of the folder
            there = file.resolve().is_relative_to(folder.resolve()) and file.is_file()
        except (OSError, ValueError):  # one that no file can have
            continue
        if there:
            from training_files import hf_tokenizer

            count = hf_tokenizer.counting(file)
            if count is not None:
                return Tokenizer(name, count)
    return None
