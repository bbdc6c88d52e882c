import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models.names import next_suffix, short_name, suffix_from_file


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("ft:gpt-4.1-mini-2025-04-14:acme:house-voice:9aBc", "house-voice"),
        ("ft:gpt-4.1-mini-2025-04-14:acme:house-voice:9aBc:ckpt-step-88", "house-voice, step 88"),
        ("ft:HuggingFaceTB/SmolLM2-135M-Instruct:local::9aBc", "SmolLM2-135M-Instruct (9aBc)"),
        ("gpt-4.1-mini-2025-04-14", "gpt-4.1-mini-2025-04-14"),
        ("ft:broken", "ft:broken"),
    ],
)
def test_people_call_a_model_by_its_suffix(model: str, name: str) -> None:
    assert short_name(model) == name


@pytest.mark.parametrize(
    ("file", "suffix"),
    [
        ("house-voice.jsonl", "house-voice"),
        ("House voice_train.jsonl", "House-voice"),
        ("support.2026-11.training.jsonl.gz", "support-2026-11"),
        ("train.jsonl", "train"),
        ("Café crème.csv", "Cafe-creme"),
        ("客服对话.jsonl", None),
        ("a" * 300 + ".jsonl", "a" * 64),
        ("-.jsonl", None),
    ],
)
def test_a_model_that_nobody_named_is_called_after_its_file(file: str, suffix: str | None) -> None:
    assert suffix_from_file(file) == suffix


@given(st.text(max_size=200))
def test_whatever_the_file_is_called_the_suffix_is_one_that_the_protocol_takes(file: str) -> None:
    suffix = suffix_from_file(file)
    assert suffix is None or re.fullmatch(r"[A-Za-z0-9-]{1,64}", suffix)


@pytest.mark.parametrize(
    ("suffix", "following"),
    [("house-voice", "house-voice-2"), ("house-voice-2", "house-voice-3"), ("v9", "v9-2"), ("a" * 64, "a" * 62 + "-2")],
)
def test_the_next_model_is_numbered(suffix: str, following: str) -> None:
    assert next_suffix(suffix) == following
