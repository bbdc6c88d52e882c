"""Answers that are classes, and their balance."""

import pytest

from texts.findings import sentence


def chats(answers):
    for n, answer in enumerate(answers):
        yield {"messages": [{"role": "user", "content": f"Mail {n}"}, {"role": "assistant", "content": answer}]}


@pytest.mark.parametrize("answers", [["spam"] * 50 + ["fine"] * 5, ["a"] * 81 + ["b"] * 10 + ["c"] * 9])
def test_a_class_that_is_far_more_frequent_is_found(judged, answers):
    (finding,) = judged(*chats(answers)).first("warning")
    assert finding.code == "class_imbalance"
    assert f'"{answers[0]}" is the answer of' in sentence(finding)
    assert finding.quote == answers[-1]
    assert finding.line == answers.index(answers[-1]) + 1


def test_one_answer_for_everything_is_found(judged):
    (finding,) = judged(*chats(["yes"] * 30)).first("warning")
    assert 'Every answer is "yes".' in sentence(finding)


@pytest.mark.parametrize(
    "answers",
    [
        ["a", "b", "c", "d", "e"] * 10,
        ["spam"] * 30 + ["fine"] * 10,
        [f"Answer {n}" for n in range(60)],
        ["yes"] * 15 + ["no"],
        ["A long answer that is no class, however often it stands here, " * 2] * 50,
        ["Thanks."] * 30 + [f"Answer {n}" for n in range(60)],
    ],
)
def test_balanced_few_or_free_answers_are_left_alone(judged, answers):
    assert judged(*chats(answers)).counts == {}
