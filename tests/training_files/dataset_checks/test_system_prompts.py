"""A system prompt that varies by accident."""

import pytest

from texts.findings import sentence

USUAL = "You are the bot of a bicycle shop. Answer in one sentence."


def chats(prompts):
    for n, prompt in enumerate(prompts):
        system = [] if prompt is None else [{"role": "system", "content": prompt}]
        said = [{"role": "user", "content": f"Question {n}?"}, {"role": "assistant", "content": f"Answer {n}."}]
        yield {"messages": system + said}


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        (USUAL + " ", "only in spacing, case or punctuation"),
        (USUAL.replace(" Answer", "\nAnswer"), "only in spacing, case or punctuation"),
        (USUAL.lower(), "only in spacing, case or punctuation"),
        (USUAL.removesuffix("."), "only in spacing, case or punctuation"),
        (USUAL.replace("bicycle", "bicylce"), "in one word"),
        (USUAL.replace(" bicycle", ""), "in one word"),
        (USUAL.replace("in one", "in just one"), "in one word"),
        (None, "lacks"),
    ],
)
def test_a_slip_is_found_where_it_is(judged, odd, words):
    (finding,) = judged(*chats([USUAL] * 7 + [odd] + [USUAL] * 12)).first("warning")
    assert (finding.code, finding.line, finding.field) == ("varying_system_prompt", 8, "messages[0].content")
    assert f"1 example {words}" in sentence(finding) or f"1 example differs {words}" in sentence(finding)
    assert "19 others share" in sentence(finding)
    assert finding.quote == (odd or "")


@pytest.mark.parametrize(
    "prompts",
    [
        [USUAL] * 20,
        [None] * 20,
        [f"{USUAL} Today is day {n}." for n in range(20)],
        [USUAL] * 10 + [USUAL.replace("bicycle", "book")] * 10,
        [USUAL] * 19 + ["Translate into French."],
        [USUAL] * 3 + [USUAL + " "],
        [USUAL] * 400 + [USUAL.replace("one", str(n)) for n in range(12)],
    ],
)
def test_what_is_meant_or_too_little_to_judge_is_left_alone(judged, prompts):
    assert judged(*chats(prompts)).counts == {}


def test_a_slip_among_very_many_prompts_costs_bounded_memory(judged):
    assert judged(*chats(f"{USUAL} {n}" for n in range(2_000))).counts == {}
