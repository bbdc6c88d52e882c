"""Chats by vLLM behind the trainer's API: by a double of it, or by a real one.

With these set this file runs against a real vLLM: VLLM_CHECK_URL is its address, VLLM_CHECK_ADAPTERS its folder
of adapters, VLLM_CHECK_MODEL the base model that it serves.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from tests.random_adapter import write_adapter
from tests.tiny_model import MODEL_ID
from tests.trainer_process import Trainer
from tests.vllm_double import VllmDouble, running
from trainer.base_models import read_table
from trainer.fetch import located
from trainer.objects import Model
from trainer.serving.messages import Conversation, Generation, GenerationRequest, ModelRef
from trainer.serving.vllm.adapters import adapter_config, refusals
from trainer.serving.vocabulary import Vocabulary
from trainer.settings import cache_folder
from trainer.store import Store

REAL = os.environ.get("VLLM_CHECK_URL")
HELLO = [{"role": "user", "content": "Hello, who are you?"}]
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 8}, "grown": {"type": "boolean"}},
    "required": ["name", "grown"],
    "additionalProperties": False,
}


@dataclasses.dataclass
class Served:
    """A trainer whose chats vLLM answers at `url`; `double` is None where that is a real one."""

    trainer: Trainer
    model: str
    weights: Path
    adapters: Path
    url: str
    double: VllmDouble | None

    def chat(self, model: str | None = None, **more: Any) -> Any:
        asked: dict[str, Any] = {"model": model or self.model, "messages": HELLO, "temperature": 0, "max_tokens": 12}
        return self.trainer.client.chat.completions.create(**{**asked, **more})

    def said(self, model: str | None = None, **more: Any) -> str:
        return str(self.chat(model, **more).choices[0].message.content)

    def complete(self, prompt: Any, **more: Any) -> Any:
        asked: dict[str, Any] = {"model": self.model, "prompt": prompt, "temperature": 0, "max_tokens": 4}
        return self.trainer.client.completions.create(**{**asked, **more}).choices[0]

    def add_model(self, name: str, *, seed: int = 1, **config: Any) -> str:
        """A fine-tuned model with random weights, as if it had been trained."""
        folder = f"ftjob-{name}/{seed}"
        write_adapter(self.trainer.data / "models" / folder, self.weights, seed=seed, **config)
        store = Store(self.trainer.data / "trainer.db")
        id = f"ft:{self.model}:acme:{name}:{seed}"
        store.add_model(Model(id, self.model, folder, 0, "acme", f"ftjob-{name}"))
        store.close()
        return id

    def loaded(self) -> list[str]:
        """The adapters that vLLM has from this test's trainer."""
        cards = httpx.get(f"{self.url}/v1/models").json()["data"]
        return [card["id"] for card in cards if card["parent"]]


def start(folder: Path, table: Path, urls: list[str], **environment: str) -> Trainer:
    (folder / "data").mkdir(parents=True, exist_ok=True)
    cache = cache_folder() if REAL else folder / "cache"
    settings: dict[str, Any] = {
        "TRAINER_VLLM_URLS": ",".join(urls),
        "TRAINER_VLLM_ADAPTERS": str(folder / "adapters"),
        **environment,
    }
    return Trainer(folder / "data", table, cache, **settings)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, table: Path) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("vllm")
    with ExitStack() as stack:
        if REAL:
            model, adapters = os.environ["VLLM_CHECK_MODEL"], Path(os.environ["VLLM_CHECK_ADAPTERS"])
            weights = located(read_table()[model], cache_folder())
            assert weights is not None, f"finetune-bot trainer pull {model}"
            url, double = REAL, None
        else:
            model, weights, adapters = MODEL_ID, table.parent / MODEL_ID, folder / "adapters"
            double = VllmDouble(weights, adapters)
            url = stack.enter_context(running(double))
        trainer = start(folder, table, [url], TRAINER_VLLM_ADAPTERS=str(adapters))
        yield Served(trainer, model, weights, adapters, url, double)
        trainer.stop()


# What the protocol says, whoever answers


def test_a_streamed_answer_is_the_whole_one(served: Served) -> None:
    whole = served.chat()
    chunks = list(served.chat(stream=True, stream_options={"include_usage": True}))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content
    assert chunks[-1].usage == whole.usage
    assert whole.usage.completion_tokens <= 12
    assert whole.choices[0].finish_reason in ("stop", "length")


def test_the_prompt_is_that_of_the_trainers_own_chat_template(served: Served, table: Path) -> None:
    base = read_table(table)[served.model]
    request = GenerationRequest(
        "", ModelRef(base.id, "", base.template(), base.context_length), Generation(Conversation(HELLO), 12)
    )
    prompt = Vocabulary(served.weights).prompt(request)
    assert served.complete(prompt, max_tokens=12).text == served.said()
    assert served.chat().usage.prompt_tokens == len(prompt)


def test_choices_at_temperature_0_are_alike_and_a_seed_repeats_others(served: Served) -> None:
    alike = {choice.message.content for choice in served.chat(n=3).choices}
    assert len(alike) == 1
    # A prompt in its cache is computed in other portions than a new one, in bf16: so the first is left out.
    _, first, again = (
        [one.message.content for one in served.chat(n=3, temperature=1, seed=7).choices] for _ in range(3)
    )
    assert first == again
    assert len(set(first)) > 1


def test_each_token_has_its_log_probability_and_the_likeliest_beside_it(served: Served) -> None:
    choice = served.chat(logprobs=True, top_logprobs=3).choices[0]
    assert "".join(token.token for token in choice.logprobs.content) == choice.message.content
    for token in choice.logprobs.content:
        assert len(token.top_logprobs) == 3
        assert token.logprob <= token.top_logprobs[0].logprob <= 0
        assert bytes(token.bytes).decode(errors="replace") == token.token


def test_a_text_is_scored_without_going_on(served: Served) -> None:
    choice = served.complete("Hello", echo=True, logprobs=1, max_tokens=0)
    assert choice.text == "".join(choice.logprobs.tokens) == "Hello"
    assert choice.logprobs.token_logprobs[0] is None
    assert all(value <= 0 for value in choice.logprobs.token_logprobs[1:])
    assert choice.logprobs.text_offset[0] == 0


def test_an_echoed_prompt_stands_before_the_answer(served: Served) -> None:
    plain = served.complete("Hello")
    echoed = served.complete("Hello", echo=True)
    judged = served.complete("Hello", echo=True, logprobs=0)
    assert echoed.text == judged.text == "Hello" + plain.text
    assert len(judged.logprobs.tokens) > 4
    assert served.complete("Hello", logprobs=0).logprobs.text_offset[0] == 5


def test_an_answer_ends_before_a_stop_sequence(served: Served) -> None:
    text = served.said()
    stop = text[4:6]
    cut = served.chat(stop=[stop])
    assert cut.choices[0].message.content == text[: text.index(stop)]
    assert cut.choices[0].finish_reason == "stop"


def test_a_bias_decides_which_token_comes_and_unknown_ids_mean_nothing(served: Served) -> None:
    token = served.trainer.client.completions.create(
        model=served.model, prompt="x", max_tokens=1, logit_bias={"70": 100}
    )
    said = [served.complete("Hello", max_tokens=3, logit_bias={"70": 100, "999999": 100}).text for _ in range(2)]
    assert said[0] == said[1] == token.choices[0].text * 3


def test_json_holds_to_its_schema(served: Served) -> None:
    answer = served.chat(
        response_format={"type": "json_schema", "json_schema": {"name": "person", "schema": PERSON}}, max_tokens=200
    )
    person = json.loads(answer.choices[0].message.content)
    assert answer.choices[0].finish_reason == "stop"
    assert set(person) == {"name", "grown"}
    assert isinstance(person["grown"], bool)


def test_a_forced_call_calls_the_function(served: Served) -> None:
    tool = {"type": "function", "function": {"name": "greet", "parameters": PERSON}}
    choice = served.chat(tools=[tool], tool_choice="required", max_tokens=200).choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.tool_calls[0].function.name == "greet"
    assert set(json.loads(choice.message.tool_calls[0].function.arguments)) == {"name", "grown"}


def test_what_the_context_cannot_hold_is_refused(served: Served) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        served.chat(messages=[{"role": "user", "content": "word " * 20_000}])
    assert refused.value.code == "context_length_exceeded"
    with pytest.raises(openai.BadRequestError) as unknown:
        served.complete([999_999])
    assert unknown.value.code == "invalid_prompt"


# Fine-tuned models


def test_a_fine_tuned_model_answers_by_its_adapter(served: Served) -> None:
    model = served.add_model("parrot")
    assert served.said(model) != served.said()
    assert served.said(model) == served.said(model)
    assert any("parrot" in name for name in served.loaded())


def test_other_weights_are_another_name_to_vllm(served: Served) -> None:
    model = served.add_model("again", seed=1)
    before = served.said(model)
    write_adapter(served.trainer.data / "models" / "ftjob-again/1", served.weights, seed=2)
    assert served.said(model) != before
    assert len([name for name in served.loaded() if "again" in name]) == 2


def test_a_deleted_model_is_forgotten_by_vllm_too(served: Served) -> None:
    model = served.add_model("gone")
    served.said(model)
    assert [name for name in served.loaded() if "gone" in name]
    served.trainer.client.models.delete(model)
    assert not [name for name in served.loaded() if "gone" in name]
    assert not list(served.adapters.glob("*gone*"))
    with pytest.raises(openai.NotFoundError):
        served.said(model)


def test_an_adapter_that_vllm_cannot_load_is_said_to_be_one(served: Served) -> None:
    model = served.add_model("large", rank=128)
    with pytest.raises(openai.APIStatusError) as failed:
        served.said(model)
    assert failed.value.status_code == 503
    assert "--max-lora-rank" in failed.value.message


def test_vllm_takes_the_adapters_that_the_trainer_makes(finished: Any, trainer: Trainer) -> None:
    store = Store(trainer.data / "trainer.db")
    model = store.model(finished.fine_tuned_model)
    store.close()
    assert model is not None
    config = adapter_config(trainer.data / "models" / model.folder)
    assert refusals(config, 16) == []
    assert config["peft_type"] == "LORA"


def test_vllm_refuses_what_it_says_it_refuses() -> None:
    plain = {"r": 16, "bias": "none", "init_lora_weights": True, "modules_to_save": ["score"], "rank_pattern": {}}
    assert refusals(plain, 16) == []
    changes: list[dict[str, Any]] = [
        {"use_dora": True},
        {"bias": "all"},
        {"lora_bias": True},
        {"modules_to_save": ["lm_head"]},
        {"init_lora_weights": "pissa"},
        {"r": 17},
        {"rank_pattern": {"q_proj": 32}},
    ]
    for more in changes:
        assert len(refusals({**plain, **more}, 16)) == 1
