"""Counts with the tokenizers of open models, held to Hugging Face's `tokenizers` on the same file."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training_files import hf_tokenizer
from training_files.hf_tokenizer import counting
from training_files.tokens import tokenizers_folder

hf: Any = pytest.importorskip("tokenizers", reason="needs the extra [local]")
pytest.importorskip("splintr", reason="needs the extra [local]")

WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPECIAL = ["<|begin|>", "<|im_start|>", "<|im_end|>"]
SAMPLE = [
    "The quick brown fox doesn't jump over 12345 lazy dogs, does it? I'LL see: x = f(y) + 1;\n\treturn x\n",
    "你好，世界。这是一个测试，包含标点和数字123。日本語のテキストと한국어 텍스트",
    "и русский текст, النص العربي, हिन्दी, ไทย, naïve café 👩‍👩‍👧 👍🏽 ½ ²",
] * 5


def byte_level(lacking: str = "", *, first: Any = None, **model: Any) -> Any:
    """A byte-pair encoding of bytes. `lacking` are letters of its alphabet that it does not know."""
    tokenizer = hf.Tokenizer(hf.models.BPE(**model))
    encode = hf.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=first is None)
    tokenizer.pre_tokenizer = encode if first is None else hf.pre_tokenizers.Sequence([first, encode])
    alphabet = [letter for letter in hf.pre_tokenizers.ByteLevel.alphabet() if letter not in lacking]
    return trained(tokenizer, alphabet)


def trained(tokenizer: Any, alphabet: list[str], special: list[str] = SPECIAL) -> Any:
    trainer = hf.trainers.BpeTrainer(
        vocab_size=700, initial_alphabet=alphabet, special_tokens=special, show_progress=False
    )
    tokenizer.train_from_iterator(SAMPLE, trainer)
    return tokenizer


def like_smollm() -> Any:
    return byte_level("ĄĆĖñ")  # the bytes 04, 06, 16 and F1


def like_llama() -> Any:
    split = hf.pre_tokenizers.Split(hf.Regex(WORDS), "isolated")
    tokenizer = byte_level(first=split, ignore_merges=True)
    begin = ("<|begin|>", tokenizer.token_to_id("<|begin|>"))
    tokenizer.post_processor = hf.processors.TemplateProcessing(single="<|begin|> $A", special_tokens=[begin])
    return tokenizer


def like_qwen() -> Any:
    split = hf.pre_tokenizers.Split(hf.Regex(WORDS.replace("{1,3}", "")), "isolated")
    tokenizer = byte_level(first=split)
    tokenizer.normalizer = hf.normalizers.NFC()
    return tokenizer


def like_gemma() -> Any:
    tokenizer = hf.Tokenizer(hf.models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    tokenizer.normalizer = hf.normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = hf.pre_tokenizers.Split(" ", "merged_with_previous")
    return trained(tokenizer, [], [*SPECIAL, "<unk>", *(f"<0x{byte:02X}>" for byte in range(256))])


def lacking_more_bytes() -> Any:
    return byte_level("Ń©")  # 89 and A9: they stand within letters of all kinds


MAKERS: list[Callable[[], Any]] = [like_smollm, like_llama, like_qwen, like_gemma, lacking_more_bytes]
pieces = st.sampled_from(
    [*SPECIAL, " \x06$", "a\x04b", "\x16", "\U00050585", "'s", "\r\n", "  ", "的", "e\u0301", "👍🏽", "é", "123"]
)
texts = st.lists(st.text(max_size=20) | pieces, max_size=8).map("".join)


@pytest.fixture(scope="module", params=MAKERS, ids=lambda make: make.__name__)
def file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    request.param().save(str(path))
    return path


def counts_of(path: Path, batch: list[str]) -> list[int]:
    """As the library counts them that training uses."""
    tokenizer = hf.Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return [len(one) for one in tokenizer.encode_batch(batch, add_special_tokens=False)]


def test_any_texts_count_as_tokenizers_counts_them(file: Path) -> None:
    count, reference = counting(file), hf.Tokenizer.from_file(str(file))
    assert count is not None

    @settings(max_examples=100, deadline=None)
    @given(batch=st.lists(texts, max_size=5))
    def hold(batch: list[str]) -> None:
        batch = [text.encode("utf-8", "ignore").decode() for text in batch]
        assert count(batch) == [len(one) for one in reference.encode_batch(batch, add_special_tokens=False)]

    hold()


def test_words_are_forgotten_and_counted_the_same_again(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hf_tokenizer, "MOST_CACHED", 3)
    count = counting(file)
    assert count is not None
    assert count(SAMPLE) == count(SAMPLE) == counts_of(file, SAMPLE)


def test_a_file_that_says_to_cut_and_to_pad_is_counted_whole(tmp_path: Path) -> None:
    tokenizer = like_llama()
    tokenizer.enable_truncation(3)
    tokenizer.enable_padding(length=40)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    count = counting(tmp_path / "tokenizer.json")
    assert count is not None
    assert count([*SAMPLE[:3], ""]) == counts_of(tmp_path / "tokenizer.json", [*SAMPLE[:3], ""])


def test_without_splintr_the_count_is_the_same(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "splintr", None)
    count = counting(file)
    assert count is not None
    assert count(SAMPLE) == counts_of(file, SAMPLE)


def test_a_file_that_is_no_tokenizer_is_not_used(tmp_path: Path) -> None:
    for content in (b"", b"{}", b"[1]", json.dumps({"model": {"type": "BPE"}}).encode(), b"\xff\xfe"):
        (tmp_path / "tokenizer.json").write_bytes(content)
        assert counting(tmp_path / "tokenizer.json") is None
    assert counting(tmp_path / "nothing.json") is None


def test_the_real_small_models_tokenizer_counts_as_tokenizers_counts_it() -> None:
    path = tokenizers_folder() / "SmolLM2-135M-Instruct" / "tokenizer.json"
    if not path.exists():
        pytest.skip("SmolLM2 has not been fetched here")
    count = counting(path)
    assert count is not None
    every = [
        *SAMPLE[:3],
        " \x06$",
        "\x14\U00050585",
        "<|im_start|>user\nHi<|im_end|>\n",
        "a" * 3000,
        " " * 500 + "x",
        "",
    ]
    every += ["".join(map(chr, range(start, start + 64))) for start in range(0, 0xD800, 64)]
    assert count(every) == counts_of(path, every)
