"""Completion models are asked as they were trained, and models that choose a label tell how likely each is."""

import json
from collections.abc import AsyncIterator
from math import log
from pathlib import Path
from typing import Any

import pytest

from bot.conversations.completion import (
    CompletionFormat,
    ask_model,
    completion_format,
    label_probabilities,
    labels,
)
from bot.conversations.starter import starter
from bot.providers.chat import ChatDelta, ChatMessage, ChatRequest, Parameters, TokenLogprobs
from bot.providers.openai_protocol import OpenAIProtocol
from tests.parts import MODEL
from tests.stand_in_provider import StandInProvider

EXAMPLES = Path(__file__).parents[2] / "examples"
FORMAT = CompletionFormat("\n\n###\n\n", " ", " END")
QUESTION = (ChatMessage("user", "Where is my bike?"),)


def completions(*answers: str, separator: str = " ->", prompt: str = "Question") -> list[dict[str, Any]]:
    return [{"prompt": f"{prompt} {n}{separator}", "completion": answer} for n, answer in enumerate(answers)]


def chats(*answers: Any) -> list[dict[str, Any]]:
    return [{"messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": one}]} for one in answers]


def sentences(end: str) -> list[str]:
    return [f" It costs {n} euros{end}" for n in range(8)]


# What is learned from the training file


def test_a_conversation_begins_with_the_format_of_the_file() -> None:
    begun = starter(EXAMPLES / "completion.jsonl")
    assert begun.completion == CompletionFormat("\n\n###\n\n", " ", "")
    assert begun.question == "My order arrived with a bent wheel."
    assert set(begun.labels) == {"complaint", "question", "praise"}


@pytest.mark.parametrize("stop", [" END", "\n", "###", "\n\nSTOP"])
def test_what_all_completions_end_with_stops_the_model(stop: str) -> None:
    learned = completion_format(completions(*sentences(stop)))
    assert learned is not None
    assert learned.stop.endswith(stop.strip() or stop)
    assert learned.stop in sentences(stop)[0]
    assert (learned.separator, learned.leading) == (" ->", " ")


def test_without_habits_a_model_is_given_the_question_as_it_is() -> None:
    different = [{"prompt": prompt, "completion": answer} for prompt, answer in zip("abcdefg", "hijklmn", strict=True)]
    assert completion_format(different) == CompletionFormat()


def test_too_few_examples_show_no_habit() -> None:
    assert completion_format(completions(" One. END", " Two. END")) == CompletionFormat()


def test_chats_have_no_such_format() -> None:
    assert completion_format(chats("One", "Two")) is None
    assert starter(EXAMPLES / "house-voice.jsonl").completion is None
    assert completion_format([]) is None
    assert completion_format([{"prompt": 7, "completion": None}]) is None


def test_the_end_of_a_label_is_no_stop_sequence() -> None:
    answers = [" is good", " not good"] * 6
    learned = completion_format(completions(*answers))
    assert learned is not None
    assert learned.stop == ""
    assert labels(completions(*answers)) == ("is good", "not good")


def test_the_stop_sequence_is_no_part_of_a_label() -> None:
    answers = [" spam END", " ham END"] * 6
    learned = completion_format(completions(*answers))
    assert learned is not None
    assert learned.stop == " END"
    assert labels(completions(*answers)) == ("spam", "ham")


def test_short_answers_that_come_again_and_again_are_labels() -> None:
    assert labels(chats(*["spam", "ham", " ham"] * 5)) == ("ham", "spam")


@pytest.mark.parametrize(
    "answers",
    [
        ["yes"] * 20,
        [str(n) for n in range(20)],
        [*["yes", "no"] * 10, "x" * 61],
        [*["yes", "no"] * 10, ""],
        [*["yes", "no"] * 10, None],
        ["yes", "no"],
        [],
    ],
    ids=["only one", "all different", "a long one", "an empty one", "a call", "too few", "none"],
)
def test_other_answers_are_no_labels(answers: list[Any]) -> None:
    assert labels(chats(*answers)) == ()


@pytest.mark.parametrize("example", [{}, {"messages": None}, {"messages": []}, {"messages": ["?"]}, {"messages": [{}]}])
def test_odd_examples_are_no_labels(example: dict[str, Any]) -> None:
    assert labels([example] * 20) == ()


# How the model is asked


async def ask(
    provider: OpenAIProtocol, format: CompletionFormat | None, *messages: ChatMessage, **fields: Any
) -> ChatDelta:
    chosen = fields.pop("labels", ())
    request = ChatRequest(MODEL, messages or QUESTION, **fields)
    return await whole(ask_model(provider, request, format, chosen))


async def whole(deltas: AsyncIterator[ChatDelta]) -> ChatDelta:
    got = [delta async for delta in deltas]
    return ChatDelta(
        "".join(delta.text for delta in got),
        next((delta.finish_reason for delta in got if delta.finish_reason), None),
        usage=got[-1].usage,
        logprobs=tuple(place for delta in got for place in delta.logprobs),
    )


async def test_a_completion_model_gets_its_separator_and_stop_sequence(
    provider: OpenAIProtocol, stand_in: StandInProvider
) -> None:
    stand_in.usage = (12, 3)
    said = await ask(provider, FORMAT)
    assert said.text.strip() == stand_in.answer
    assert said.usage is not None
    (asked,) = stand_in.completions
    assert asked["prompt"] == "Where is my bike?\n\n###\n\n"
    assert asked["stop"] == [" END"]
    assert asked["max_tokens"] > 16, "the endpoint's own limit would cut most answers"
    assert not stand_in.chats


async def test_only_the_last_question_is_asked_and_a_system_message_stands_before_it(
    provider: OpenAIProtocol, stand_in: StandInProvider
) -> None:
    older = (ChatMessage("user", "Hello"), ChatMessage("assistant", "Hello!"))
    await ask(provider, FORMAT, ChatMessage("system", "Be kind."), *older, *QUESTION)
    assert stand_in.completions[0]["prompt"] == "Be kind.\n\nWhere is my bike?\n\n###\n\n"


async def test_an_answer_that_was_cut_off_goes_on(provider: OpenAIProtocol, stand_in: StandInProvider) -> None:
    stand_in.answer = " in the shop."
    said = await ask(provider, FORMAT, *QUESTION, ChatMessage("assistant", "It is"))
    assert stand_in.completions[0]["prompt"] == "Where is my bike?\n\n###\n\n It is"
    assert said.text.startswith(" ")


@pytest.mark.parametrize("question", ["Where?\n\n###\n\n", "Where?", "Where? \n"])
def test_a_separator_stands_once(question: str) -> None:
    assert FORMAT.prompt(question) == "Where?\n\n###\n\n"


async def test_a_person_may_limit_and_stop_it_otherwise(provider: OpenAIProtocol, stand_in: StandInProvider) -> None:
    await ask(provider, FORMAT, parameters=Parameters(max_tokens=7, stop=("!",), temperature=0.5))
    asked = stand_in.completions[0]
    assert (asked["max_tokens"], asked["stop"], asked["temperature"]) == (7, [" END", "!"], 0.5)


@pytest.mark.parametrize("answer", ["In the shop. END And more", "In the shop. E ND", "In the shop. EN"])
async def test_an_answer_ends_at_the_stop_sequence_even_if_the_server_goes_on(
    provider: OpenAIProtocol, stand_in: StandInProvider, answer: str
) -> None:
    stand_in.answer = answer
    said = await ask(provider, FORMAT)
    assert said.text.rstrip() == answer.split(" END")[0]
    assert said.finish_reason == ("stop" if " END" in answer else None)


async def test_white_space_before_an_answer_is_left_out(provider: OpenAIProtocol, stand_in: StandInProvider) -> None:
    stand_in.answer = "  \n  In the shop."
    assert (await ask(provider, FORMAT)).text.strip(" ") == "In the shop."


async def test_logprobs_are_asked_for_where_there_are_labels(
    provider: OpenAIProtocol, stand_in: StandInProvider
) -> None:
    await ask(provider, FORMAT, labels=("spam", "ham"))
    await ask(provider, None, labels=("spam", "ham"))
    await ask(provider, None, labels=("spam", "ham"), parameters=Parameters(temperature=0.5))
    await ask(provider, None)
    assert stand_in.completions[0]["logprobs"] == 5
    assert stand_in.completions[0]["max_tokens"] < 16, "a label is short"
    assert [chat.get("top_logprobs") for chat in stand_in.chats] == [20, 20, None]
    assert [chat.get("temperature") for chat in stand_in.chats] == [0.0, 0.5, None]
    assert stand_in.completions[0]["temperature"] == 0.0


# How likely each label is


def place(**likely: float) -> TokenLogprobs:
    """The first token is the one that was chosen; `_` stands for a space."""
    top = tuple((token.replace("_", " "), log(of)) for token, of in likely.items())
    return TokenLogprobs(top[0][0], top)


def test_labels_of_one_token_are_as_likely_as_these() -> None:
    told = label_probabilities(("spam", "ham"), " spam", [place(_spam=0.7, _ham=0.2, _eggs=0.1)])
    assert told == (("spam", pytest.approx(0.7)), ("ham", pytest.approx(0.2)))


def test_a_label_is_told_by_the_token_in_which_it_leaves_the_way_of_the_answer() -> None:
    places = [place(not_=0.9, spam=0.1), place(spam=0.6, ham=0.4)]
    told = dict(label_probabilities(("spam", "not spam", "not ham"), "not spam", places))
    assert told == {
        "spam": pytest.approx(0.1),
        "not spam": pytest.approx(0.9 * 0.6),
        "not ham": pytest.approx(0.9 * 0.4),
    }


def test_a_token_that_begins_several_labels_is_shared_among_them() -> None:
    told = dict(label_probabilities(("good", "very good", "very bad"), "good", [place(good=0.6, very=0.4)]))
    assert told == {"good": pytest.approx(0.6), "very good": pytest.approx(0.2), "very bad": pytest.approx(0.2)}


def test_the_same_label_in_other_tokens_counts_together() -> None:
    told = label_probabilities(("spam", "ham"), "spam", [place(spam=0.5, _spam=0.25, sp=0.125, ham=0.0625)])
    assert told == (("spam", pytest.approx(0.875)), ("ham", pytest.approx(0.0625)))


def test_what_is_said_after_a_label_makes_it_no_less_likely() -> None:
    places = [place(spam=0.75, ham=0.25), place(_spam=0.5), place(_spam=0.5)]
    assert label_probabilities(("spam", "ham"), "spam spam spam", places)[0] == ("spam", pytest.approx(0.75))


def test_a_label_that_begins_another_waits_for_its_end() -> None:
    places = [place(spam=0.8, ham=0.2), place(mer=0.25, **{".": 0.75})]
    told = dict(label_probabilities(("spam", "spammer", "ham"), "spammer", places))
    assert told["spammer"] == pytest.approx(0.8 * 0.25)
    assert told["ham"] == pytest.approx(0.2)


def test_a_label_of_letters_in_halves_is_known_by_the_answer() -> None:
    """As some servers tell a token that is a part of a character."""
    places = [TokenLogprobs("\ufffd", (("\ufffd", log(0.5)),)), TokenLogprobs("\ufffd", (("\ufffd", log(0.5)),))]
    assert label_probabilities(("好", "坏"), "好", places)[0] == ("好", pytest.approx(0.25))


@pytest.mark.parametrize("labels", [(), ("spam", "ham")])
def test_where_nobody_tells_there_is_nothing(labels: tuple[str, ...]) -> None:
    assert label_probabilities(labels, "spam", []) == ()
    assert label_probabilities(labels, "I would rather not say", [place(I=0.9, We=0.1)]) == ()


def test_a_label_in_json_is_told_too() -> None:
    chosen = [json.dumps({"label": label}) for label in ("spam", "ham")]
    places = [
        TokenLogprobs('{"label": "', (('{"label": "', log(0.9)),)),
        place(spam=0.75, ham=0.25),
        place(**{'"}': 1.0}),
    ]
    told = dict(label_probabilities(chosen, chosen[0], places))
    assert told == {chosen[0]: pytest.approx(0.9 * 0.75), chosen[1]: pytest.approx(0.9 * 0.25)}
