"""Prompts are read without transformers, exactly as it would."""

from pathlib import Path
from typing import Any

import pytest

from tests.tiny_model import MODEL_ID, build_tiny_model
from trainer.base_models import BaseModel, read_table
from trainer.serving.messages import Conversation, Generation, GenerationRequest, ModelRef, Refusal, Text
from trainer.serving.vocabulary import Vocabulary

TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "What it is like outside, <now> & here",
        "parameters": {"type": "object", "properties": {"Ort": {"type": "string", "description": "Köln, 北京"}}},
    },
}
CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"Ort": "Köln"}'}}
TALK: list[dict[str, Any]] = [
    {"role": "system", "content": "Be kind.\n"},
    {"role": "user", "content": "  Is it raining in Köln? 🦜"},
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "call_1", "content": "no"},
    {"role": "assistant", "content": "No <b>rain</b>."},
    {"role": "user", "content": "谢谢"},
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prompt")
    build_tiny_model(folder)
    return folder / MODEL_ID


@pytest.mark.parametrize("base", read_table().values(), ids=lambda base: base.id)
@pytest.mark.parametrize("tools", [None, [TOOL]], ids=["plain", "tools"])
def test_a_chat_is_read_as_transformers_reads_it(home: Path, base: BaseModel, tools: list[Any] | None) -> None:
    from transformers import AutoTokenizer

    talk = TALK if tools else [message for message in TALK if message["role"] != "tool" and message["content"]]
    model = ModelRef(base.id, str(home), base.template(), 2**17)
    ours = Vocabulary(home).prompt(GenerationRequest("gen-1", model, Generation(Conversation(talk, tools), 1)))
    theirs: Any = AutoTokenizer.from_pretrained(home).apply_chat_template(
        talk, tools=tools, chat_template=base.template(), add_generation_prompt=True, return_dict=True
    )
    assert ours == list(theirs["input_ids"])


def test_an_opening_and_plain_text_are_read_as_they_are(home: Path) -> None:
    vocabulary = Vocabulary(home)
    model = ModelRef("any", str(home), "{{ messages[0].content }}", 100)
    opened = Conversation([{"role": "user", "content": "ab"}], opening="cd")
    assert vocabulary.prompt(GenerationRequest("gen-1", model, Generation(opened, 1))) == vocabulary.prompt(
        GenerationRequest("gen-1", model, Generation(Text("abcd"), 1))
    )


def test_what_the_template_refuses_is_said(home: Path) -> None:
    model = ModelRef("any", str(home), "{{ raise_exception('Roles must alternate') }}", 100)
    with pytest.raises(Refusal) as caught:
        Vocabulary(home).prompt(GenerationRequest("gen-1", model, Generation(Conversation([]), 1)))
    assert caught.value.refused.code == "invalid_prompt"
    assert "Roles must alternate" in caught.value.refused.message


def test_each_token_stands_for_its_bytes(home: Path) -> None:
    vocabulary = Vocabulary(home)
    ids = vocabulary.tokenizer.encode("é 🦜\n").ids
    assert b"".join(vocabulary.bytes(id) for id in ids) == "é 🦜\n".encode()
    assert vocabulary.bytes(2) == b"<|im_end|>"
