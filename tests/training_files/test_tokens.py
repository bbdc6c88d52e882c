"""Token counts, held to tiktoken with OpenAI's own vocabularies (from the wheel bpe-openai)."""

import base64
import gzip
import importlib.resources
import re
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import tiktoken
import tiktoken_ext.openai_public
from hypothesis import given, settings
from hypothesis import strategies as st

from training_files import catalog, tokens
from training_files.tokens import encoding, tokenizer_for

NAMES = ("o200k_base", "cl100k_base")


@pytest.fixture(scope="module")
def references() -> dict[str, tiktoken.Encoding]:
    return {name: reference(name) for name in NAMES}


def reference(name: str) -> tiktoken.Encoding:
    packed = importlib.resources.files("bpe_openai").joinpath(f"data/{name}.tiktoken.gz").read_bytes()
    ranks = {}
    for line in gzip.decompress(packed).splitlines():
        token, rank = line.split()
        ranks[base64.b64decode(token)] = int(rank)
    loading = tiktoken_ext.openai_public.load_tiktoken_bpe
    tiktoken_ext.openai_public.load_tiktoken_bpe = lambda *_, **__: ranks  # so that nothing is downloaded
    try:
        return tiktoken.Encoding(**getattr(tiktoken_ext.openai_public, name)())
    finally:
        tiktoken_ext.openai_public.load_tiktoken_bpe = loading


TRICKY = [
    "",
    " ",
    "\n\n\n   \t \r\n",
    "Hello, world! It's 3:45 o'clock; we'll pay 1234567.89 €.",
    "你好，世界。这是一个测试，包含标点和数字123。",
    "日本語のテキストと한국어 텍스트, и русский текст, النص العربي, हिन्दी, ไทย",
    "👩‍👩‍👧‍👦 🏳️‍🌈 🤷🏽‍♂️ emoji 🧠🧠",
    "\x00\x01\x1b[31m\x7f\x85\u2028\u200b\ufeff",
    "<|endoftext|> and <|fim_prefix|>, <|im_start|>user<|im_end|> <|endofprompt|>",
    "def f(x):\n    return x ** 2  # squares\n\n\tif True: pass\n",
    "a" * 3000,
    "的" * 1000,
    " " * 500 + "x",
    "ᾀ e\u0301 ﷺ \U0010ffff",
    "CamelCaseWORDS'LL DON'T İstanbul ǅ",
]
special = st.sampled_from(["<|endoftext|>", "<|im_start|>", "'s", "\r\n", "  ", "的", "👍🏽", "\u200d"])
# Letters that came with Unicode 17 (September 2025): toktok-rs 0.3.0 knows them as letters, tiktoken 0.14.0 does not.
NEW = re.compile(
    "[\u088f\u0c5c\u0cdc\u1acf-\u1aeb\ua7ce\ua7cf\ua7d2\ua7d4\ua7f1\U00010940-\U00010959\U00010ec5-\U00010efb"
    "\U00011b60-\U00011de9\U00016ea0-\U00016ed3\U00016ff2-\U00016ff6\U000187f8-\U000187ff\U00018d09-\U00018df2"
    "\U0001e6c0-\U0001e6ff\U0002b73a-\U0002b73f\U0002cea2-\U0002cead\U000323b0-\U00033479]"
)
characters = st.characters(exclude_categories=["Cs"]).filter(lambda character: not NEW.match(character))
texts = st.lists(st.text(characters, max_size=20) | special, max_size=8).map("".join)


@pytest.mark.parametrize("name", NAMES)
def test_tricky_texts_count_as_tiktoken_counts_them(references, name):
    expected = [len(references[name].encode(text, disallowed_special=())) for text in TRICKY]
    assert encoding(name).count(TRICKY) == expected


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=300, deadline=None)
@given(batch=st.lists(texts, max_size=5))
def test_any_texts_count_as_tiktoken_counts_them(references, name, batch):
    expected = [len(references[name].encode(text, disallowed_special=())) for text in batch]
    assert encoding(name).count(batch) == expected


def test_without_toktok_tiktoken_counts_the_same(references, monkeypatch):
    monkeypatch.setitem(sys.modules, "toktok", None)
    monkeypatch.setattr(tiktoken, "get_encoding", references.__getitem__)
    tokenizer = encoding("o200k_base")
    assert tokenizer.exact
    assert tokenizer.count(TRICKY) == [len(references["o200k_base"].encode_ordinary(text)) for text in TRICKY]


def test_without_any_vocabulary_the_count_is_an_estimate_that_says_so(references, monkeypatch):
    monkeypatch.setitem(sys.modules, "toktok", None)
    monkeypatch.setattr(tiktoken, "get_encoding", _refuse)
    tokenizer = encoding("o200k_base")
    assert not tokenizer.exact
    assert tokenizer.why == "no_vocabulary"
    for text in ("The quick brown fox jumps over the lazy dog. " * 20, "这是一个关于天气的问题，请回答。" * 20):
        true = len(references["o200k_base"].encode_ordinary(text))
        assert true / 2 < tokenizer.count([text])[0] < true * 2


def test_a_download_that_hangs_is_given_up(monkeypatch):
    monkeypatch.setitem(sys.modules, "toktok", None)
    monkeypatch.setattr(tokens, "DOWNLOAD_SECONDS", 0.05)
    never = threading.Event()
    monkeypatch.setattr(tiktoken, "get_encoding", lambda name: never.wait(30))
    assert not encoding("o200k_base").exact
    never.set()


def test_threads_that_count_at_once_agree():
    tokenizer = encoding("o200k_base")
    results: list[list[int]] = []
    threads = [threading.Thread(target=lambda: results.append(tokenizer.count(TRICKY))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [tokenizer.count(TRICKY)] * 4


def test_a_model_of_openais_has_its_encoding():
    assert tokenizer_for("gpt-4o-mini", catalog.lookup("gpt-4o-mini"), None).name == "o200k_base"
    assert tokenizer_for("gpt-3.5-turbo", catalog.lookup("gpt-3.5-turbo"), None).name == "cl100k_base"


def test_an_open_model_is_counted_with_its_own_tokenizer_where_that_is_there(tmp_path):
    save_word_tokenizer(tmp_path / "SmolLM2-135M-Instruct")
    facts = catalog.lookup("SmolLM2-135M-Instruct")
    for model in ("SmolLM2-135M-Instruct", "ft:SmolLM2-135M-Instruct:org::abc", "HuggingFaceTB/SmolLM2-135M-Instruct"):
        tokenizer = tokenizer_for(model, facts, tmp_path)
        assert tokenizer.exact
        assert tokenizer.count(["one two three", "", "four"]) == [3, 0, 1]


@pytest.mark.parametrize("model", ["SmolLM2-135M-Instruct", "some/unknown-model"])
def test_without_it_openais_stands_in_and_says_so(tmp_path, model):
    for folder in (None, tmp_path):
        tokenizer = tokenizer_for(model, catalog.lookup(model), folder)
        assert not tokenizer.exact
        assert tokenizer.name == "o200k_base"
        assert tokenizer.why == "stand_in"


def test_a_damaged_tokenizer_is_not_used(tmp_path):
    folder = tmp_path / "SmolLM2-135M-Instruct"
    folder.mkdir()
    (folder / "tokenizer.json").write_text("{}")
    assert not tokenizer_for("SmolLM2-135M-Instruct", catalog.lookup("SmolLM2-135M-Instruct"), tmp_path).exact


@pytest.mark.parametrize("model", ["..", "../outside", "ft:../outside:o::1", "/outside"])
def test_a_models_name_does_not_lead_out_of_the_folder(tmp_path, model):
    folder = tmp_path / "models"
    folder.mkdir()
    for place in (tmp_path, tmp_path / "outside", folder):
        save_word_tokenizer(place)
    (folder / "tokenizer.json").unlink()
    name = str(tmp_path / "outside") if model == "/outside" else model
    assert not tokenizer_for(name, None, folder).exact


def save_word_tokenizer(folder: Path) -> None:
    tokenizers: Any = pytest.importorskip("tokenizers", reason="needs the extra [local]")
    folder.mkdir(exist_ok=True)
    words = {"[UNK]": 0, "one": 1, "two": 2}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))


def _refuse(name: str) -> None:
    raise OSError("no network")
