"""Other tools' conversations."""

import json

import pytest

from texts.repairs import remark
from training_files.repair import Remark
from training_files.tables.conversations import Unusable, history, is_conversation, messages, tools


def test_sharegpt_s_speakers_become_roles():
    turns = [
        {"from": "system", "value": "Be brief."},
        {"from": "human", "value": "Hi"},
        {"from": "gpt", "value": "Hello"},
    ]
    expected = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
    ]
    assert messages(turns) == messages(json.dumps(turns)) == expected


def test_calls_and_observations_become_tool_calls_and_their_answers():
    turns = [
        {"from": "human", "value": "Weather in Rome and Oslo?"},
        {
            "from": "function_call",
            "value": json.dumps([{"name": "weather", "arguments": {"city": city}} for city in ("Rome", "Oslo")]),
        },
        {"from": "observation", "value": "20"},
        {"from": "observation", "value": {"degrees": 3}},
        {"from": "gpt", "value": "20 in Rome, 3 in Oslo."},
    ]
    made = messages(turns)
    calls = made[1]["tool_calls"]
    assert [call["function"] for call in calls] == [
        {"name": "weather", "arguments": '{"city":"Rome"}'},
        {"name": "weather", "arguments": '{"city":"Oslo"}'},
    ]
    assert [(one["tool_call_id"], one["content"]) for one in made[2:4]] == [
        (calls[0]["id"], "20"),
        (calls[1]["id"], '{"degrees":3}'),
    ]


def test_what_parquet_adds_to_messages_is_taken_off():
    turns = [
        {"role": "user", "content": "Hi", "name": None, "tool_calls": None, "weight": None},
        {"role": "assistant", "content": None, "name": None, "tool_calls": [
            {"id": "1", "type": "function", "index": None, "function": {"name": "f", "arguments": {"x": 1, "y": None}}}
        ]},
        {"role": "tool", "tool_call_id": "1", "content": "2", "tool_calls": []},
        {"role": "assistant", "content": "Two", "tool_calls": []},
    ]  # fmt: skip
    assert messages(turns) == [
        {"role": "user", "content": "Hi"},
        {
            "role": "assistant",
            "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}}],
        },
        {"role": "tool", "content": "2", "tool_call_id": "1"},
        {"role": "assistant", "content": "Two"},
    ]


def test_transcripts_are_split_where_the_speakers_change():
    text = "\n\nHuman: How are you?\nReally?\n\nAssistant: Fine.\n\nHuman: Good.\n\nAssistant: Yes."
    assert [one["content"] for one in messages(text)] == ["How are you?\nReally?", "Fine.", "Good.", "Yes."]
    assert not is_conversation("Human: is a word that a text may begin with.")


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ([], "is empty"),
        ("no turns", "not a list of turns"),
        ([{"from": "human", "value": "hi"}], "Nobody answers"),
        ([{"from": "elf", "value": "hi"}], "by “elf”, which is no role"),
        ([{"value": "hi"}], "does not say who speaks"),
        ([{"from": "human", "value": "hi"}, 3], "Turn 2 of its conversation is not an object"),
        ([{"from": "observation", "value": "hi"}], "answers a tool that was not called"),
        ([{"from": "function_call", "value": "weather in Rome"}], "calls a tool, but names none"),
    ],
)
def test_what_is_no_conversation_is_told_by_its_turn(value, why):
    with pytest.raises(Unusable) as wrong:
        messages(value)
    assert why in remark(Remark(wrong.value.kind, wrong.value.values))


def test_tools_written_as_bare_functions_are_wrapped():
    bare = {"name": "f", "parameters": {"type": "object"}}
    whole = {"type": "function", "function": bare}
    assert tools(json.dumps([bare])) == tools([whole]) == [whole]
    assert tools("") == []


def test_history_is_pairs_of_question_and_answer():
    assert [one["content"] for one in history([["a", "b"], ["c", "d"]])] == ["a", "b", "c", "d"]
    assert history(None) == []
