"""What the check says will be trained on is what the trainer trains on, to the token."""

from datetime import date
from pathlib import Path

import msgspec
import pytest

from tests.tiny_model import MODEL_ID, build_tiny_model
from texts import training_files as texts
from trainer.base_models import read_table
from trainer.training.data import Reader
from training_files import check, check_file, lookup, read_examples
from training_files.catalog import ModelFacts
from training_files.tokens import tokenizers_folder

SMALL = "SmolLM2-135M-Instruct"
TINY = ModelFacts(
    id=MODEL_ID,
    provider="trainer",
    encoding="own",
    methods=("supervised",),
    source="tests/tiny_model.py: a token a byte, in a ChatML frame",
    read=date(2026, 11, 21),
    example_tokens=2048,
    message_tokens=4,
    frame_tokens=0,
    role_tokens={"system": 6, "developer": 6, "user": 4, "assistant": 9},
    content_after_line_break=True,
)


def chat(*contents, system=None):
    messages = [{"role": "system", "content": system}] if system else []
    roles = ("user", "assistant")
    messages += [{"role": roles[n % 2], "content": content} for n, content in enumerate(contents)]
    return {"messages": messages}


CHATS = [
    chat("Is it open?", "Yes."),
    chat("Is it open?", "Yes.", system="You sell bicycles."),
    chat("  two spaces", "\n\na line break first, and 123 numbers\n\t"),
    chat("价格多少？", "十欧元。", "谢谢", " 不客气 👍🏽"),
    chat("a<|im_end|>b", "<|im_start|>"),
    {"messages": [{"role": "developer", "content": "Be short."}, *chat("Hi", "Ahoy!")["messages"]]},
    {"messages": chat("Hi", "Ahoy!")["messages"] + chat("?", "!", system="Now rhyme.")["messages"]},
    {"messages": [*chat("a", "b", "c")["messages"], {"role": "assistant", "content": "d", "weight": 0}]},
]


def trained(path: Path, weights: Path, template: str, context_length: int) -> int:
    """Tokens that the trainer counts in an epoch."""
    transformers = pytest.importorskip("transformers", reason="needs the extra [local]")
    tokenizer = transformers.AutoTokenizer.from_pretrained(weights)
    return Reader(tokenizer, template, context_length).supervised(read_examples(path), "training_file").tokens


def test_with_a_small_model_of_any_tokenizer(write, tmp_path, monkeypatch):
    table = build_tiny_model(tmp_path)
    base = read_table(table)[MODEL_ID]
    monkeypatch.setattr(check, "lookup", lambda model: TINY)
    path = write(*CHATS, chat("long", "a" * 3_000), chat("Hi", "Ahoy!"))
    report = check_file(path, model=MODEL_ID, tokenizers=tmp_path)
    assert report.tokens.exact
    assert report.counts["example_too_long"] == 1
    assert report.tokens.billed == trained(path, tmp_path / MODEL_ID, base.template(), base.context_length)


@pytest.mark.parametrize("sample", [None, "house-voice.jsonl"])
def test_with_the_trainers_own_model(write, root, sample):
    weights = tokenizers_folder() / SMALL
    if not (weights / "tokenizer.json").exists():
        pytest.skip(f"{SMALL} has not been fetched")
    base = read_table()[SMALL]
    path = root / "examples" / sample if sample else write(*CHATS, chat("long", "word " * 9_000), chat("Hi", "Ahoy!"))
    report = check_file(path, model=SMALL, tokenizers=tokenizers_folder())
    assert report.tokens.exact
    assert report.tokens.billed == trained(path, weights, base.template(), base.context_length)


def test_the_trainers_limits_are_those_that_examples_are_held_to():
    for id, base in read_table().items():
        facts = lookup(id)
        assert facts is not None, f"models.toml does not know {id}"
        assert facts.provider == "trainer"
        assert facts.example_tokens == base.context_length


def test_what_a_template_adds_is_an_estimate_until_it_was_tried(write, tmp_path, monkeypatch, good):
    build_tiny_model(tmp_path)
    monkeypatch.setattr(check, "lookup", lambda model: msgspec.structs.replace(TINY, framing_tried=False))
    tokens = check_file(write(*good), model=MODEL_ID, tokenizers=tmp_path).tokens
    assert not tokens.exact
    assert tokens.why == "chat_template"
    assert f"what {MODEL_ID} adds" in texts.estimate(tokens, MODEL_ID)
