"""What of an example is read, and what is learned."""

from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest

from trainer.base_models import read_table
from trainer.errors import TrainingFailed
from trainer.training.data import IGNORED, Reader, Tokenized

# The template that SmolLM2-135M-Instruct comes with; ours must read plain conversations exactly as it does.
ORIGINAL = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou "
    "are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + "
    "message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}"
    "{{ '<|im_start|>assistant\n' }}{% endif %}"
)
TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]


@pytest.fixture(scope="module")
def tokenizer(table: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(table.parent / "tiny-random")


@pytest.fixture(scope="module")
def smollm2() -> str:
    return read_table()["SmolLM2-135M-Instruct"].template()


def message(role: str, content: str | None, **more: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **more}


def read(tokenizer: Any, template: str, examples: list[Any], context: int = 2048) -> Tokenized[Any]:
    return Reader(tokenizer, template, context).supervised(examples, "training_file")


def learned(tokenizer: Any, template: str, messages: list[Any], **more: Any) -> str:
    """The text that an example teaches."""
    example = {"messages": messages, **more}
    (tokens,) = read(tokenizer, template, [example]).examples
    return str(tokenizer.decode([label for label in tokens.labels if label != IGNORED]))


@pytest.mark.parametrize(
    "messages",
    [
        [message("user", "Hi"), message("assistant", "Ahoy!")],
        [message("system", "Be short."), message("user", "Hi"), message("assistant", "A\n\n b "), message("user", "?")],
        [message("user", "价格多少？")],
    ],
)
@pytest.mark.parametrize("prompt", [True, False])
def test_plain_conversations_read_exactly_as_with_the_models_own_template(
    tokenizer: Any, smollm2: str, messages: list[Any], prompt: bool
) -> None:
    ours, its = (
        tokenizer.apply_chat_template(messages, chat_template=template, tokenize=False, add_generation_prompt=prompt)
        for template in (smollm2, ORIGINAL)
    )
    assert ours == its


def test_only_what_the_assistant_says_is_learned_with_the_end_of_its_turn(tokenizer: Any, smollm2: str) -> None:
    messages = [
        message("system", "Be a pirate."),
        message("user", "Hi"),
        message("assistant", "Ahoy!"),
        message("user", "Bye"),
        message("assistant", "Farewell!"),
    ]
    assert learned(tokenizer, smollm2, messages) == "Ahoy!<|im_end|>Farewell!<|im_end|>"


def test_a_message_with_weight_0_is_read_and_not_learned(tokenizer: Any, smollm2: str) -> None:
    messages = [
        message("user", "Hi"),
        message("assistant", "Wrong!", weight=0),
        message("user", "Hm?"),
        message("assistant", "Right!", weight=1),
    ]
    assert learned(tokenizer, smollm2, messages) == "Right!<|im_end|>"
    assert "Wrong!" in tokenizer.apply_chat_template(messages, chat_template=smollm2, tokenize=False)


def test_calls_of_tools_are_learned_and_their_results_are_not(tokenizer: Any, smollm2: str) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Bonn"}'}}
    messages = [
        message("user", "Weather in Bonn?"),
        message("assistant", None, tool_calls=[call]),
        message("tool", "Rain", tool_call_id="1"),
        message("assistant", "It rains."),
    ]
    wanted = (
        '<tool_call>\n{"name": "weather", "arguments": {"city": "Bonn"}}\n</tool_call><|im_end|>It rains.<|im_end|>'
    )
    assert learned(tokenizer, smollm2, messages, tools=TOOLS) == wanted
    shown = tokenizer.apply_chat_template(messages, tools=TOOLS, chat_template=smollm2, tokenize=False)
    assert '"name": "weather"' in shown.split("\n</tools>")[0]
    assert "<tool_response>\nRain\n</tool_response>" in shown


def test_content_in_parts_is_learned_as_one_text(tokenizer: Any, smollm2: str) -> None:
    parts: Any = [{"type": "text", "text": "A"}, {"type": "text", "text": "hoy!"}]
    assert learned(tokenizer, smollm2, [message("user", "Hi"), message("assistant", parts)]) == "Ahoy!<|im_end|>"


def test_a_file_with_nothing_to_learn_is_refused_with_the_reason(tokenizer: Any, smollm2: str) -> None:
    example = {"messages": [message("user", "Hi"), message("assistant", "Ahoy!", weight=0)]}
    with pytest.raises(TrainingFailed, match="weight 0"):
        read(tokenizer, smollm2, [example])


def test_examples_are_cut_at_their_end(tokenizer: Any, smollm2: str) -> None:
    example = {"messages": [message("user", "Hi"), message("assistant", "A" * 500)]}
    whole = read(tokenizer, smollm2, [example])
    cut = read(tokenizer, smollm2, [example], 200)
    assert (whole.cut, cut.cut) == (0, 1)
    assert cut.examples[0].input_ids == whole.examples[0].input_ids[:200]


# Templates as the models' makers wrote them, which TRL carries along (to import it takes seconds).
ORIGINALS = Path(str(distribution("trl").locate_file("trl/chat_templates")))
CONVERSATION = [message("user", "Hi"), message("assistant", "Ahoy!"), message("user", "价格多少？")]
TOLD = [message("system", "Be short."), *CONVERSATION]
CALL = {"id": "1", "type": "function", "function": {"name": "weather", "arguments": {"city": "Bonn"}}}
CALLS = [
    message("user", "Weather in Bonn?"),
    message("assistant", "", tool_calls=[CALL]),
    message("tool", "Rain", tool_call_id="1"),
]


@pytest.mark.parametrize(
    ("model", "original", "messages", "more"),
    [
        ("Qwen3-0.6B", "qwen3.jinja", [message("user", "Hi")], {"enable_thinking": False}),
        ("Qwen3-0.6B", "qwen3.jinja", [message("user", "Hi")], {"enable_thinking": False, "tools": TOOLS}),
        ("Llama-3.2-1B-Instruct", "llama3_2.jinja", CONVERSATION, {"date_string": "26 Jul 2024"}),
        ("Llama-3.2-1B-Instruct", "llama3_2.jinja", TOLD, {"date_string": "26 Jul 2024"}),
        ("gemma-3-1b-it", "gemma3.jinja", CONVERSATION, {}),
        ("gemma-3-1b-it", "gemma3.jinja", TOLD, {}),
    ],
)
def test_other_models_read_conversations_as_with_their_own_templates(
    tokenizer: Any, model: str, original: str, messages: list[Any], more: dict[str, Any]
) -> None:
    templates = read_table()[model].template(), (ORIGINALS / original).read_text()
    ours, its = (
        tokenizer.apply_chat_template(
            messages, chat_template=template, tokenize=False, add_generation_prompt=True, **more
        )
        for template in templates
    )
    assert ours == its


@pytest.mark.parametrize("model", [model.id for model in read_table().values()])
def test_each_base_model_learns_what_the_assistant_says_and_nothing_else(tokenizer: Any, model: str) -> None:
    template = read_table()[model].template()
    end = {"llama3.jinja": "<|eot_id|>", "gemma.jinja": "<end_of_turn>"}.get(
        Path(read_table()[model].chat_template).name, "<|im_end|>"
    )
    messages = [*TOLD[:2], message("assistant", "Wrong!", weight=0), message("user", "?"), message("assistant", "你好")]
    assert learned(tokenizer, template, messages) == f"你好{end}"
    said = learned(tokenizer, template, CALLS, tools=TOOLS)
    assert '"name": "weather"' in said
    assert '{"city": "Bonn"}' in said
    assert "Rain" not in said


@pytest.mark.parametrize("model", [model.id for model in read_table().values()])
def test_an_answer_begins_in_training_where_it_begins_in_a_chat(tokenizer: Any, model: str) -> None:
    template = read_table()[model].template()
    whole = tokenizer.apply_chat_template(TOLD[:3], chat_template=template, tokenize=False)
    asked = tokenizer.apply_chat_template(TOLD[:2], chat_template=template, tokenize=False, add_generation_prompt=True)
    assert whole.startswith(asked + "Ahoy!")


def test_llama_3_is_told_its_tools_as_it_knows_them(tokenizer: Any) -> None:
    templates = read_table()["Llama-3.2-1B-Instruct"].template(), (ORIGINALS / "llama3_2.jinja").read_text()
    ours, its = (
        tokenizer.apply_chat_template(
            CALLS[:2], chat_template=template, tokenize=False, tools=TOOLS, date_string="26 Jul 2024"
        )
        for template in templates
    )
    assert ours == its
