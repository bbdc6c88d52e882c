"""Asking before a judge is asked, and saying what came of it where all see it, once."""

import json
from types import SimpleNamespace
from typing import cast

import pytest
from scripted_slack import Slack
from slack_requests import ANA, ENGLISH, Answers, a_request

from bot.access import Caller
from bot.errors import Denied, Invalid
from bot.evaluations.evaluation import Evaluation
from bot.evaluations.statistics import agreement, compare, corrected, flips, length_bias, mean_interval
from bot.judges.check import CorrectedScore, JudgeChecks, JudgeReport, Pairs, Thumbs
from bot.judges.pairwise import PairwiseJudging, PairwiseReport, Preferred
from bot.models.lookup import ModelLookup
from handlers.callers import Callers
from handlers.judges import blocks
from handlers.judges.listeners import JudgeListeners
from handlers.web.people import People, Roles
from handlers.web.poster import Poster

_SAME = [1.0] * 24 + [0.0] * 6
_LABELS = ["1.0"] * 15 + ["0.0"] * 15
REPORT = JudgeReport(
    ("qwen-judge",),
    Thumbs(30, mean_interval(_SAME), agreement(_LABELS, ["1.0"] * 12 + ["0.0"] * 18), 0.5, 0.4, 2),
    Pairs(
        10,
        mean_interval([1.0] * 7 + [0.0] * 2 + [None]),
        flips(["a"] * 10, ["a"] * 9 + ["b"]),
        length_bias([1.0] * 6 + [0.0] * 3),
        length_bias([1.0] * 5 + [0.0] * 5),
        1,
    ),
    ("qwen-2",),
    (CorrectedScore("gpt-4.1-mini", mean_interval(_SAME), corrected(_SAME, _SAME, [0.0] * 10 + [1.0] * 20)),),
)


class Checks:
    """What the use cases were asked for; they find the same each time."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None]] = []

    async def require_model(self, caller: Caller, model: str) -> None: ...

    async def judges_of(self, caller: Caller, evaluation_id: str) -> tuple[str, ...]:
        return ("qwen-judge",)

    async def golden(self, caller: Caller) -> tuple[int, int]:
        return 32, 10

    async def of_model(self, caller: Caller, model: str, rubric: str | None = None) -> JudgeReport:
        self.asked.append((model, rubric))
        return REPORT

    async def of_evaluation(self, caller: Caller, evaluation_id: str) -> JudgeReport:
        self.asked.append((evaluation_id, None))
        return REPORT

    async def of_thread(self, caller: Caller, thread_ts: str | None) -> Evaluation | None:
        return cast(Evaluation, SimpleNamespace(id="eval-1", file_name="voice.jsonl")) if thread_ts == "5.0" else None

    async def pairs(self, evaluation: Evaluation) -> int:
        return 100

    async def compare(self, caller: Caller, evaluation: str, judge: str, rubric: str | None = None) -> PairwiseReport:
        self.asked.append((f"{judge} on {evaluation}", rubric))
        shares = [1.0] * 60 + [0.5] * 25 + [0.0] * 15
        found = Preferred(
            "house-voice",
            60,
            15,
            25,
            compare([1 - share for share in shares], shares),
            flips(["a"] * 100, ["a"] * 75 + ["b"] * 25),
            length_bias([1.0] * 50 + [0.0] * 25),
            3,
        )
        return PairwiseReport(judge, "gpt-4.1-mini", "voice.jsonl", (found,), ("house-voice",))

    async def named(self, caller: Caller, word: str) -> str:
        return word


@pytest.fixture
def checks() -> Checks:
    return Checks()


@pytest.fixture
def listeners(slack: Slack, checks: Checks) -> JudgeListeners:
    slack.replies["users.info"] = [{"ok": True, "user": {"id": ANA.user, "team_id": "T0ACME"}}]
    slack.replies["conversations.info"] = [{"ok": True, "channel": {"is_member": True}}]
    poster = Poster(slack.client)
    return JudgeListeners(
        callers=Callers(People(poster, "T0ACME", Roles()), "T0ACME"),
        checks=cast(JudgeChecks, checks),
        pairwise=cast(PairwiseJudging, checks),
        models=cast(ModelLookup, checks),
        poster=poster,
        language=ENGLISH.place,
    )


def value_of(answers: Answers) -> str:
    return dict(answers.buttons)[blocks.CONFIRMED]


async def test_a_judge_is_asked_after_a_question_and_what_came_of_it_is_posted(
    listeners: JudgeListeners, checks: Checks, slack: Slack
) -> None:
    answers = Answers()
    await listeners.command(a_request('qwen-judge rubric="Is it polite?"', answers))
    assert "32 answers that people rated" in answers.text
    assert "10 pairs" in answers.text
    assert "52 times at most" in json.dumps([block.to_dict() for block in answers[-1].blocks])
    assert checks.asked == []
    await listeners.confirmed(a_request(value_of(answers), Answers(), key="press/1"))
    assert checks.asked == [("qwen-judge", "Is it polite?")]
    (posted,) = slack.called("chat.postMessage")
    said = json.dumps(posted["blocks"], ensure_ascii=False)
    for part in (
        "It agrees with people on 80% of 30 answers that they rated (95%: 62.7% to 90.5%).",
        "kappa 0.8",
        "It finds 50% of them good; people find 40% good.",
        "2 times it said nothing that can be read",
        "Of 10 pairs on which people voted, it chose as they did in 77.8%",
        "1 pair that it called a tie is left out",
        "It changed its verdict in 10% of them",
        "The longer answer won 66.7% of the time with it, and 50% with people.",
        "80% right by the judge, 66.7% as people would see it",
        "It is of one family with",
    ):
        assert part in said, part


async def test_the_judge_of_an_evaluation_is_checked_by_its_button(listeners: JudgeListeners, checks: Checks) -> None:
    answers = Answers()
    await listeners.of_evaluation(a_request("eval-1", answers))
    await listeners.confirmed(a_request(value_of(answers), Answers(), key="press/1"))
    assert checks.asked == [("eval-1", None)]


async def test_in_the_thread_of_an_evaluation_a_judge_says_whose_answers_are_better(
    listeners: JudgeListeners, checks: Checks, slack: Slack
) -> None:
    answers = Answers()
    await listeners.command(a_request("qwen-judge", answers, thread_ts="5.0"))
    assert "100 pairs of answers to `voice.jsonl`" in answers.text
    assert "200 times at most" in json.dumps([block.to_dict() for block in answers[-1].blocks])
    await listeners.confirmed(a_request(value_of(answers), Answers(), key="press/1", thread_ts="5.0"))
    assert checks.asked == [("qwen-judge on eval-1", None)]
    (posted,) = slack.called("chat.postMessage")
    assert posted["thread_ts"] == "5.0"
    said = json.dumps(posted["blocks"], ensure_ascii=False)
    for part in (
        "`house-voice` against `gpt-4.1-mini`: won 60, lost 15, tied 25.",
        "The judge prefers `house-voice`: it wins 72.5%",
        "changed its verdict in 25%",
        "The longer answer won 66.7% of the time",
        "3 times it said nothing",
        "of one family with `house-voice`",
    ):
        assert part in said, part


async def test_only_who_was_asked_may_say_yes(listeners: JudgeListeners, checks: Checks) -> None:
    answers = Answers()
    await listeners.command(a_request("qwen-judge", answers))
    with pytest.raises(Denied):
        await listeners.confirmed(a_request(value_of(answers), Answers(), user="U0BEN"))
    assert checks.asked == []


@pytest.mark.parametrize("words", ["", "a b", 'rubric="x"', "a threshold=3"])
async def test_words_that_name_no_judge_are_answered(listeners: JudgeListeners, words: str) -> None:
    with pytest.raises(Invalid, match="judge_words"):
        await listeners.command(a_request(words, Answers()))
