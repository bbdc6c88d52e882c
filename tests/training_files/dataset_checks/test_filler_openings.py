"""Words that open many answers."""

import pytest

from texts.findings import sentence
from training_files.dataset_checks import filler


def chats(answers):
    return [
        {"messages": [{"role": "user", "content": f"Question {n}?"}, {"role": "assistant", "content": answer}]}
        for n, answer in enumerate(answers)
    ]


@pytest.mark.parametrize(
    ("answer", "opening"),
    [
        ("Sure! The shop opens at nine.", "Sure! "),
        ("sure, at nine.", "sure, "),
        ("Of course. At nine.", "Of course. "),
        ("I’d be happy to help! At nine.", "I’d be happy to help! "),
        ("Great question! At nine.", "Great question! "),
        ("好的，我们九点开门。", "好的，"),
        ("当然可以！我们九点开门。", "当然可以！"),
        ("Natürlich! Um neun.", "Natürlich! "),
        ("¡Claro! A las nueve.", ""),
        ("Sure", ""),
        ("Sure!", ""),
        ("Sure thing happens.", ""),
        ("Surely, at nine.", ""),
        ("At nine, of course.", ""),
    ],
)
def test_a_filler_is_known_words_with_their_mark_and_never_the_whole_answer(answer, opening):
    assert filler(answer) == opening


@pytest.mark.parametrize("words", ["Sure! ", "Of course, ", "好的，", "当然可以！"])
def test_a_filler_on_many_answers_is_found(judged, words):
    findings = judged(*chats(f"{words if n % 4 == 1 else ''}Answer {n} says something else." for n in range(40)))
    (finding,) = findings.first("warning")
    assert (finding.code, finding.line) == ("filler_opening", 2)
    assert finding.quote == words.strip()
    assert "10 of 40 answers" in sentence(finding)


def test_several_fillers_add_up(judged):
    words = ["Sure! ", "Certainly! ", "Of course! "]
    answers = [f"{words[n % 3] if n < 15 else ''}Answer {n}." for n in range(100)]
    assert judged(*chats(answers)).counts == {"filler_opening": 3}


def test_a_few_are_no_habit(judged):
    assert judged(*chats(f"{'Sure! ' if n < 4 else ''}Answer {n}." for n in range(100))).counts == {}


def test_any_other_words_that_open_a_large_share_of_the_answers_are_found(judged):
    answers = [f"{'What a lovely day! ' if n % 2 else ''}Answer {n} is a different one." for n in range(200)]
    (finding,) = judged(*chats(answers)).first("warning")
    assert (finding.code, finding.quote) == ("filler_opening", "What a lovely day!")


def test_a_way_to_open_every_answer_is_a_style(judged):
    assert judged(*chats(f"Ring ring! Answer {n} is a different one." for n in range(200))).counts == {}


@pytest.mark.parametrize(
    "answer", ['{{"label": {}}}', "Answer: {}", "SELECT a, b FROM t{}", "def f{}(): ...", "Step {}. Go."]
)
def test_structured_answers_are_no_fillers(judged, answer):
    texts = [answer.format(n) if n % 2 else f"Nothing of the kind {n}" for n in range(200)]
    assert judged(*chats(texts)).counts == {}


def test_completions_are_looked_at_too(judged):
    pairs = [{"prompt": f"{n} ->", "completion": f" Sure! It is {n}.\n"} for n in range(30)]
    assert judged(*pairs).counts["filler_opening"] == 1
