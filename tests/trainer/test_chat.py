import json
import threading
from typing import Any, Literal

import openai
import pytest
from pydantic import BaseModel

from tests.tiny_model import ENDLESS
from tests.trainer_process import Trainer, wait_for

HELLO: list[Any] = [{"role": "user", "content": "What comes after 3?"}]


def test_streamed_and_whole_answers_are_the_same_text(trainer: Trainer, finished: Any) -> None:
    ask: Any = {"model": finished.fine_tuned_model, "messages": HELLO, "temperature": 0, "max_tokens": 12}
    whole = trainer.client.chat.completions.create(**ask)
    chunks = list(trainer.client.chat.completions.create(**ask, stream=True, stream_options={"include_usage": True}))
    assert chunks[0].choices[0].delta.role == "assistant"
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == whole.choices[0].message.content
    assert chunks[-2].choices[0].finish_reason == whole.choices[0].finish_reason
    assert chunks[-1].choices == []
    assert chunks[-1].usage == whole.usage
    assert {c.id for c in chunks} == {chunks[0].id}
    assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens
    # Without include_usage no chunk carries any.
    plain = list(trainer.client.chat.completions.create(**ask, stream=True))
    assert all(c.usage is None and c.choices for c in plain)


def test_the_adapter_makes_a_difference_and_comes_off_without_a_trace(trainer: Trainer, finished: Any) -> None:
    def ask(model: str) -> str:
        answer = trainer.client.chat.completions.create(model=model, messages=HELLO, temperature=0, max_tokens=12)
        return answer.choices[0].message.content or ""

    base, tuned = ask("tiny-random"), ask(finished.fine_tuned_model)
    assert base != tuned
    assert (ask("tiny-random"), ask(finished.fine_tuned_model)) == (base, tuned)


@pytest.mark.parametrize("limit", ["max_tokens", "max_completion_tokens"])
def test_a_limit_on_tokens_holds_and_is_the_reason_named(trainer: Trainer, limit: str) -> None:
    asked: Any = {limit: 5}
    answer = trainer.client.chat.completions.create(model="tiny-random", messages=HELLO, logit_bias=ENDLESS, **asked)
    assert answer.usage.completion_tokens == 5
    assert answer.choices[0].finish_reason == "length"


def test_an_answer_can_go_on_where_it_ended(trainer: Trainer) -> None:
    ask: Any = {"model": "tiny-random", "temperature": 0, "max_tokens": 8, "logit_bias": ENDLESS}
    begun = [*HELLO, {"role": "assistant", "content": "3 4 5"}]
    more = {"continue_final_message": True, "add_generation_prompt": False}
    whole = trainer.client.chat.completions.create(messages=begun, **ask, extra_body=more)
    anew = trainer.client.chat.completions.create(messages=begun, **ask)
    asked = trainer.client.chat.completions.create(messages=HELLO, **ask)
    # The words that it begins with, and nothing that ends a turn or opens another.
    assert asked.usage.prompt_tokens < whole.usage.prompt_tokens < anew.usage.prompt_tokens
    assert whole.choices[0].message.content != anew.choices[0].message.content
    for refused in ({"messages": HELLO}, {"messages": begun, "response_format": {"type": "json_object"}}):
        with pytest.raises(openai.BadRequestError) as error:
            trainer.client.chat.completions.create(**ask | refused, extra_body=more)
        assert error.value.param == "continue_final_message"


def test_an_answer_ends_before_a_stop_sequence(trainer: Trainer) -> None:
    ask: Any = {"model": "tiny-random", "messages": HELLO, "temperature": 0, "max_tokens": 30, "logit_bias": ENDLESS}
    full = trainer.client.chat.completions.create(**ask).choices[0].message.content
    stop = full[8:11]
    stopped = trainer.client.chat.completions.create(**ask, stop=[stop, "never"]).choices[0]
    assert stopped.message.content == full[: full.index(stop)]
    assert stopped.finish_reason == "stop"


def test_a_seed_makes_chance_repeat_itself(trainer: Trainer) -> None:
    def draw(seed: int, **more: Any) -> str | None:
        answer = trainer.client.chat.completions.create(
            model="tiny-random", messages=HELLO, temperature=1, seed=seed, max_tokens=25, logit_bias=ENDLESS, **more
        )
        return answer.choices[0].message.content

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)
    # Almost nothing but the likeliest token is left.
    assert draw(1, top_p=0.0001) == draw(2, top_p=0.0001)


def test_several_choices_are_made_of_one_prompt(trainer: Trainer) -> None:
    ask: Any = {"model": "tiny-random", "messages": HELLO, "temperature": 1, "seed": 5, "max_tokens": 20, "n": 3}
    whole = trainer.client.chat.completions.create(**ask)
    texts = [choice.message.content for choice in whole.choices]
    assert [choice.index for choice in whole.choices] == [0, 1, 2]
    assert len(set(texts)) == 3
    single = trainer.client.chat.completions.create(**{**ask, "n": 1})
    assert whole.usage.prompt_tokens == single.usage.prompt_tokens
    streamed = ["", "", ""]
    ends = {}
    for chunk in trainer.client.chat.completions.create(**ask, stream=True):
        (choice,) = chunk.choices
        streamed[choice.index] += choice.delta.content or ""
        if choice.finish_reason:
            ends[choice.index] = choice.finish_reason
    assert streamed == texts
    assert ends == {choice.index: choice.finish_reason for choice in whole.choices}


def test_log_probabilities_of_what_was_said_and_of_what_was_not(trainer: Trainer) -> None:
    ask: Any = {"model": "tiny-random", "messages": HELLO, "temperature": 0, "max_tokens": 6, "logit_bias": ENDLESS}
    answer = trainer.client.chat.completions.create(**ask, logprobs=True, top_logprobs=3).choices[0]
    tokens = answer.logprobs.content
    assert bytes(byte for token in tokens for byte in token.bytes).decode() == answer.message.content
    assert len(tokens) == 6
    for token in tokens:
        assert len(token.top_logprobs) == 3
        assert token.logprob <= 0
        assert [one.logprob for one in token.top_logprobs] == sorted(
            (t.logprob for t in token.top_logprobs), reverse=True
        )
    chunks = list(trainer.client.chat.completions.create(**ask, logprobs=True, top_logprobs=3, stream=True))
    streamed = [token for c in chunks if c.choices[0].logprobs for token in c.choices[0].logprobs.content]
    assert [token.token for token in streamed] == [token.token for token in tokens]
    assert trainer.client.chat.completions.create(**ask).choices[0].logprobs is None


def test_an_answer_in_json_is_json_even_from_a_model_that_talks_nonsense(trainer: Trainer) -> None:
    schema = {
        "type": "object",
        "properties": {"mood": {"enum": ["good", "bad"]}, "score": {"type": "integer", "minimum": 0, "maximum": 10}},
        "required": ["mood", "score"],
        "additionalProperties": False,
    }
    ask: Any = {"model": "tiny-random", "messages": HELLO, "temperature": 0, "max_tokens": 300}
    answer = trainer.client.chat.completions.create(
        **ask, response_format={"type": "json_schema", "json_schema": {"name": "mood", "schema": schema}}
    ).choices[0]
    said = json.loads(answer.message.content)
    assert said["mood"] in ("good", "bad")
    assert said["score"] in range(11)
    assert answer.finish_reason == "stop"
    # Any object at all: nonsense would go on for ever, so what there is must be the beginning of one.
    begun = trainer.client.chat.completions.create(**ask, response_format={"type": "json_object"}).choices[0]
    assert begun.message.content.startswith("{")
    if begun.finish_reason == "stop":
        assert isinstance(json.loads(begun.message.content), dict)
    with pytest.raises(openai.BadRequestError) as caught:
        trainer.client.chat.completions.create(
            **ask, response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "wizard"}}}
        )
    assert caught.value.param == "response_format"


class Mood(BaseModel):
    mood: Literal["good", "bad"]


def test_the_official_client_parses_an_answer_into_a_class(trainer: Trainer) -> None:
    answer = trainer.client.chat.completions.parse(
        model="tiny-random", messages=HELLO, max_tokens=100, response_format=Mood
    )
    assert isinstance(answer.choices[0].message.parsed, Mood)


def test_messages_beyond_the_context_are_refused_as_the_service_does(trainer: Trainer) -> None:
    with pytest.raises(openai.BadRequestError, match="maximum context length is 2048 tokens") as caught:
        trainer.client.chat.completions.create(
            model="tiny-random", messages=[{"role": "user", "content": "x" * 3000}], stream=True
        )
    assert (caught.value.code, caught.value.param) == ("context_length_exceeded", "messages")


@pytest.mark.parametrize(
    ("settings", "param"),
    [
        ({"messages": []}, "messages"),
        ({"temperature": 3}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"n": 0}, "n"),
        ({"logit_bias": {"the": 1}}, "logit_bias"),
        ({"logit_bias": {"9" * 5_000: 1}}, "logit_bias"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, "messages[0].role"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x"}}]}]},
            "messages[0].content[0].type",
        ),
    ],
)
def test_what_cannot_be_answered_is_refused_with_the_field(
    trainer: Trainer, settings: dict[str, Any], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        trainer.client.chat.completions.create(**{"model": "tiny-random", "messages": HELLO, **settings})
    assert caught.value.param == param


def test_refusals_are_in_the_words_of_the_service(trainer: Trainer) -> None:
    def refused(**settings: Any) -> tuple[str, str | None, str | None]:
        with pytest.raises(openai.BadRequestError) as caught:
            trainer.client.chat.completions.create(model="tiny-random", messages=HELLO, **settings)
        body: Any = caught.value.body
        assert body["type"] == "invalid_request_error"
        return body["message"], body["param"], body["code"]

    assert refused(extra_body={"wizard": 1}) == ("Unrecognized request argument supplied: wizard", None, None)
    assert refused(reasoning_effort="low") == ("Unrecognized request argument supplied: reasoning_effort", None, None)
    assert refused(temperature="hot") == (
        "Invalid type for 'temperature': expected a decimal, but got a string instead.",
        "temperature",
        "invalid_type",
    )
    assert refused(temperature=3) == (
        "Invalid 'temperature': integer above maximum value. Expected a value <= 2, but got 3 instead.",
        "temperature",
        "integer_above_max_value",
    )
    assert refused(tool_choice={"type": "function", "function": {"called": "x"}})[1:] == (
        "tool_choice.function.name",
        "missing_required_parameter",
    )
    assert refused(stop=["a", "b", "c", "d", "e"])[1:] == ("stop", "array_above_max_length")
    assert refused(stream_options={"include_usage": True})[1] == "stream_options"
    assert refused(top_logprobs=2)[1] == "top_logprobs"
    # Null is as good as nothing, and what only matters to the service is taken.
    answer = trainer.client.chat.completions.create(
        model="tiny-random",
        messages=HELLO,
        max_tokens=1,
        reasoning_effort=None,
        store=True,
        user="somebody",
        metadata={"a": "b"},
        service_tier="auto",
    )
    assert answer.usage.completion_tokens == 1


def test_content_in_parts_reads_like_content_in_one_piece(trainer: Trainer) -> None:
    parts: Any = [{"type": "text", "text": "What comes "}, {"type": "text", "text": "after 3?"}]
    answers = [
        trainer.client.chat.completions.create(
            model="tiny-random", messages=[{"role": "user", "content": content}], temperature=0, max_tokens=5
        )
        for content in (parts, "What comes after 3?")
    ]
    assert answers[0].usage == answers[1].usage
    assert answers[0].choices == answers[1].choices


def test_several_chats_with_different_models_are_all_answered(trainer: Trainer, finished: Any) -> None:
    answers: dict[int, str | None] = {}

    def ask(number: int) -> None:
        model = "tiny-random" if number % 2 else finished.fine_tuned_model
        answer = trainer.client.chat.completions.create(model=model, messages=HELLO, temperature=0, max_tokens=40)
        answers[number] = answer.choices[0].message.content

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert answers[0] == answers[2] == answers[4]
    assert answers[1] == answers[3] == answers[5]


def test_training_stands_still_while_somebody_chats(trainer: Trainer) -> None:
    job = trainer.train(hyperparameters={"n_epochs": 50})
    wait_for(lambda: trainer.steps(job.id) > 3)
    stream = trainer.client.chat.completions.create(
        model="tiny-random",
        messages=HELLO,
        max_tokens=400,
        stream=True,
        logit_bias=ENDLESS,
    )
    next(stream)
    before = trainer.steps(job.id)
    chunks = list(stream)
    during = trainer.steps(job.id) - before
    assert chunks[-1].choices[0].finish_reason == "length"
    # Those that were made before the signal came and told after; otherwise it would be dozens.
    assert during <= 10
    wait_for(lambda: trainer.steps(job.id) > before + during)
    trainer.client.fine_tuning.jobs.cancel(job.id)


def test_unknown_and_deleted_models_are_404(trainer: Trainer) -> None:
    client = trainer.client
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="gpt-9", messages=HELLO)
    assert caught.value.code == "model_not_found"
    job = trainer.ended(trainer.train(hyperparameters={"n_epochs": 1}).id)
    model = job.fine_tuned_model
    assert client.models.retrieve(model).owned_by == "acme"
    assert model in [one.id for one in client.models.list()]
    client.chat.completions.create(model=model, messages=HELLO, max_tokens=1)
    assert client.models.delete(model).deleted
    assert not (trainer.data / "models" / job.id).exists()
    for ask in (
        lambda: client.models.retrieve(model),
        lambda: client.models.delete(model),
        lambda: client.chat.completions.create(model=model, messages=HELLO),
    ):
        with pytest.raises(openai.NotFoundError):
            ask()


def test_base_models_say_what_they_can_and_cannot_be_deleted(trainer: Trainer) -> None:
    base: Any = trainer.client.models.retrieve("tiny-random")
    assert (base.object, base.owned_by, base.fine_tunable, base.context_length) == ("model", "tests", True, 2048)
    assert "SmolLM2-135M-Instruct" in [one.id for one in trainer.client.models.list()]
    with pytest.raises(openai.PermissionDeniedError):
        trainer.client.models.delete("tiny-random")
