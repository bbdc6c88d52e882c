"""The older endpoint: text goes on without a chat template."""

from typing import Any

import openai
import pytest

from tests.tiny_model import ENDLESS
from tests.trainer_process import Trainer

ASK: dict[str, Any] = {"model": "tiny-random", "prompt": "One, two, ", "temperature": 0, "logit_bias": ENDLESS}


def test_streamed_and_whole_completions_are_the_same_text(trainer: Trainer) -> None:
    whole = trainer.client.completions.create(**ASK, max_tokens=12)
    assert whole.object == "text_completion"
    assert whole.choices[0].finish_reason == "length"
    assert (whole.usage.prompt_tokens, whole.usage.completion_tokens) == (len(ASK["prompt"]), 12)
    chunks = list(
        trainer.client.completions.create(**ASK, max_tokens=12, stream=True, stream_options={"include_usage": True})
    )
    assert "".join(chunk.choices[0].text for chunk in chunks if chunk.choices) == whole.choices[0].text
    assert chunks[-2].choices[0].finish_reason == "length"
    assert (chunks[-1].choices, chunks[-1].usage) == ([], whole.usage)


def test_sixteen_tokens_are_made_where_no_limit_is_named(trainer: Trainer) -> None:
    assert trainer.client.completions.create(**ASK).usage.completion_tokens == 16


def test_several_prompts_are_answered_in_their_order_n_times_each(trainer: Trainer) -> None:
    prompts = ["One", "Two", "Three"]
    alone = [trainer.client.completions.create(**{**ASK, "prompt": prompt}, max_tokens=5) for prompt in prompts]
    together = trainer.client.completions.create(**{**ASK, "prompt": prompts}, max_tokens=5, n=2)
    assert [choice.index for choice in together.choices] == list(range(6))
    assert [choice.text for choice in together.choices[::2]] == [answer.choices[0].text for answer in alone]
    assert [choice.text for choice in together.choices[1::2]] == [answer.choices[0].text for answer in alone]
    assert together.usage.prompt_tokens == sum(map(len, prompts))  # each is read once
    assert together.usage.completion_tokens == 30


def test_a_prompt_of_token_ids_reads_like_its_text(trainer: Trainer) -> None:
    text = trainer.client.completions.create(**ASK, max_tokens=8, logprobs=0, echo=True)
    # The tiny model's first three tokens are special, and printable characters follow in their order.
    ids = [ord(letter) - ord("!") + 3 if letter != " " else 223 for letter in "One,two,"]
    spelled = trainer.client.completions.create(**{**ASK, "prompt": ids}, max_tokens=8, echo=True)
    assert text.choices[0].text.startswith("One, two, ")
    assert spelled.choices[0].text.startswith("One,two,")
    with pytest.raises(openai.BadRequestError, match="no tokens of this model"):
        trainer.client.completions.create(**{**ASK, "prompt": [10**9]})


def test_the_prompt_itself_can_be_scored(trainer: Trainer) -> None:
    answer = trainer.client.completions.create(**ASK, echo=True, max_tokens=0, logprobs=2)
    (choice,) = answer.choices
    assert choice.text == ASK["prompt"]
    logprobs: Any = choice.logprobs
    assert "".join(logprobs.tokens) == ASK["prompt"]
    assert logprobs.text_offset == list(range(len(ASK["prompt"])))
    assert logprobs.token_logprobs[0] is None
    assert all(logprob < 0 for logprob in logprobs.token_logprobs[1:])
    assert logprobs.top_logprobs[0] is None
    assert all(len(top) >= 2 for top in logprobs.top_logprobs[1:])
    assert answer.usage.completion_tokens == 0


def test_log_probabilities_stand_beside_their_tokens(trainer: Trainer) -> None:
    (choice,) = trainer.client.completions.create(**ASK, max_tokens=6, logprobs=3).choices
    logprobs: Any = choice.logprobs
    assert "".join(logprobs.tokens) == choice.text
    # Counted from where the prompt begins, though it is not shown.
    assert logprobs.text_offset == list(range(len(ASK["prompt"]), len(ASK["prompt"]) + 6))
    for token, logprob, top in zip(logprobs.tokens, logprobs.token_logprobs, logprobs.top_logprobs, strict=True):
        assert top[token] == logprob == max(top.values())  # at temperature 0 the likeliest, end of turn aside


@pytest.mark.parametrize("echo", [True, False])
def test_the_end_of_the_text_has_a_log_probability_as_every_generated_token(trainer: Trainer, echo: bool) -> None:
    # As lm-eval asks, which counts on one generated token after the prompt's.
    ask = {**ASK, "logit_bias": {"2": 100}, "max_tokens": 1, "logprobs": 1, "echo": echo}
    answer = trainer.client.completions.create(**ask)
    (choice,) = answer.choices
    prompt = list(ASK["prompt"]) if echo else []
    assert choice.finish_reason == "stop"
    assert choice.text == "".join(prompt)
    logprobs: Any = choice.logprobs
    assert logprobs.tokens == [*prompt, "<|im_end|>"]
    assert logprobs.text_offset[-1] == len(ASK["prompt"])
    assert len(logprobs.token_logprobs) == len(logprobs.top_logprobs) == len(logprobs.text_offset) == len(prompt) + 1
    # Also where the end is not the likeliest, it is among the likely ones.
    assert logprobs.top_logprobs[-1]["<|im_end|>"] == logprobs.token_logprobs[-1] < 0
    streamed = [
        token
        for chunk in trainer.client.completions.create(**ask, stream=True)
        for token in (chunk.choices[0].logprobs.tokens if chunk.choices[0].logprobs else [])
    ]
    assert streamed == logprobs.tokens


def test_offsets_count_characters_though_tokens_are_parts_of_them(trainer: Trainer) -> None:
    ask = {**ASK, "prompt": "né 👍", "max_tokens": 1, "logprobs": 0}
    (choice,) = trainer.client.completions.create(**ask, echo=True).choices
    assert choice.text.startswith("né 👍")
    assert choice.logprobs.text_offset == [0, 1, 1, 2, 3, 3, 3, 3, 4]
    assert trainer.client.completions.create(**ask).choices[0].logprobs.text_offset == [4]


def test_an_echo_shows_special_tokens_as_they_were_written(trainer: Trainer) -> None:
    prompt = "<|im_start|>user\nHi<|im_end|>\n"
    (choice,) = trainer.client.completions.create(
        **{**ASK, "prompt": prompt}, echo=True, max_tokens=0, logprobs=0
    ).choices
    assert choice.text == "".join(choice.logprobs.tokens) == prompt
    assert choice.logprobs.text_offset[:2] == [0, len("<|im_start|>")]


@pytest.mark.parametrize(
    ("settings", "param"),
    [
        ({"best_of": 3}, "best_of"),
        ({"suffix": "end"}, "suffix"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"logprobs": 6}, "logprobs"),
        ({"prompt": []}, "prompt"),
        ({"prompt": ["x"] * 300}, "prompt"),
    ],
)
def test_what_is_not_offered_is_refused_with_the_field(trainer: Trainer, settings: dict[str, Any], param: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        trainer.client.completions.create(**{**ASK, **settings})
    assert caught.value.param == param
