"""Asking before a judge is asked, saying what that costs, and a card with buttons; and what came of it, in words."""

import json
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from bot.access import Caller
from bot.errors import Denied, Invalid
from bot.evaluations.evaluation import Evaluation, Progress
from bot.evaluations.run import Reason, RunState
from bot.evaluations.statistics import agreement, compare, corrected, length_bias, mean_interval
from bot.jobs.job import Origin
from bot.judges.check import JudgeCheck, JudgePlan, JudgeRequest
from bot.judges.checks import JudgeChecks
from bot.judges.pairwise import PairwiseReport, Preferred
from bot.judges.people import CorrectedScore, JudgeReport, Pairs, Thumbs
from bot.judges.runs import JudgeRuns
from bot.models.lookup import ModelLookup
from handlers.blocks.message import Message
from handlers.callers import Callers
from handlers.judges import blocks
from handlers.judges.card import CONTROLS, card, failure
from handlers.judges.listeners import JudgeListeners
from handlers.outgoing.run_keeper import RunKeeper
from handlers.web.people import People, Roles
from handlers.web.poster import Poster
from tests.scripted_slack import Slack
from tests.slack_requests import ANA, Answers, a_caller, a_request

PLAN = JudgePlan(("qwen-judge",), 32, 10, 52, 4, 0.42, 90.0)
CHECK = JudgeCheck(
    id="judge-1",
    models=("qwen-judge",),
    team="T0ACME",
    channel="C0TRAINING",
    owner=ANA.user,
    created_at=1.0,
    request=JudgeRequest("qwen-judge"),
    asker=a_caller(),
    total=42,
)


def report() -> JudgeReport:
    same = [1.0] * 24 + [0.0] * 6
    labels = ["1.0"] * 15 + ["0.0"] * 15
    return JudgeReport(
        ("qwen-judge",),
        Thumbs(30, mean_interval(same), agreement(labels, ["1.0"] * 12 + ["0.0"] * 18), 0.5, 0.4, 2),
        Pairs(
            10,
            mean_interval([1.0] * 7 + [0.0] * 2 + [None]),
            mean_interval([0.0] * 9 + [1.0]),
            length_bias([1.0] * 6 + [0.0] * 3),
            length_bias([1.0] * 5 + [0.0] * 5),
            1,
        ),
        ("qwen-2",),
        (CorrectedScore("gpt-4.1-mini", mean_interval(same), corrected(same, same, [0.0] * 10 + [1.0] * 20)),),
    )


def pairwise_report() -> PairwiseReport:
    shares = [1.0] * 60 + [0.5] * 25 + [0.0] * 15
    preferred = Preferred(
        "house-voice",
        60,
        15,
        25,
        compare([1 - share for share in shares], shares),
        mean_interval([0.0] * 75 + [1.0] * 25),
        length_bias([1.0] * 50 + [0.0] * 25),
        3,
    )
    return PairwiseReport("qwen-judge", "gpt-4.1-mini", "voice.jsonl", (preferred,), ("house-voice",))


class Parts:
    """What the parts were asked for; they find the same each time."""

    def __init__(self) -> None:
        self.plan_of = PLAN
        self.started: list[tuple[str, JudgeRequest, str | None]] = []
        self.did: list[str] = []

    async def evaluation_of_thread(self, caller: Caller, thread_ts: str | None) -> Evaluation | None:
        return cast(Evaluation, SimpleNamespace(id="eval-1")) if thread_ts == "5.0" else None

    async def plan(self, caller: Caller, origin: Origin, request: JudgeRequest) -> JudgePlan:
        return self.plan_of

    async def start(self, caller: Caller, origin: Origin, request: JudgeRequest) -> JudgeCheck:
        self.started.append((caller.key, request, origin.thread_ts))
        return CHECK

    async def begin(self, check: JudgeCheck) -> str | None:
        return "https://acme.slack.com/card"

    async def look(self) -> None:
        self.did.append("look")

    async def named(self, caller: Caller, word: str) -> str:
        return word

    def __getattr__(self, name: str) -> Any:
        async def act(caller: Caller, check_id: str) -> None:
            self.did.append(f"{name} {check_id}")

        return act


@pytest.fixture
def parts() -> Parts:
    return Parts()


@pytest.fixture
def listeners(slack: Slack, parts: Parts) -> JudgeListeners:
    slack.replies["users.info"] = [{"ok": True, "user": {"id": ANA.user, "team_id": "T0ACME"}}]
    slack.replies["conversations.info"] = [{"ok": True, "channel": {"is_member": True}}]
    return JudgeListeners(
        callers=Callers(People(Poster(slack.client), "T0ACME", Roles()), "T0ACME"),
        checks=cast(JudgeChecks, parts),
        runs=cast(JudgeRuns, parts),
        keeper=cast("RunKeeper[JudgeCheck]", parts),
        models=cast(ModelLookup, parts),
    )


def value_of(answers: Answers) -> str:
    return dict(answers.buttons)[blocks.CONFIRMED]


def said(message: Message) -> str:
    return json.dumps([block.to_dict() for block in message.blocks], ensure_ascii=False)


async def test_a_judge_is_asked_after_a_question_that_says_what_it_costs(
    listeners: JudgeListeners, parts: Parts
) -> None:
    answers = Answers()
    await listeners.command(a_request('qwen-judge rubric="Is it polite?"', answers))
    assert "32 answers that people rated" in answers.text
    assert "10 pairs" in answers.text
    for part in ("$0.42", "asked 52 times, each pair in both orders, 4 answers are known already", "Nothing is spent"):
        assert part in said(answers[-1]), part
    assert parts.started == []
    answer = Answers()
    for key in ("press/1", "press/2"):
        await listeners.confirmed(a_request(value_of(answers), answer, key=key))
    # However often it is pressed, it is the check of that command.
    assert parts.started == [("command/1", JudgeRequest("qwen-judge", "Is it polite?"), None)] * 2
    assert "https://acme.slack.com/card" in answer.text


async def test_where_nobody_knows_the_price_that_is_said(listeners: JudgeListeners, parts: Parts) -> None:
    answers = Answers()
    parts.plan_of = msgspec.structs.replace(PLAN, usd=None, unpriced=("qwen-judge",))
    await listeners.command(a_request("qwen-judge", answers))
    assert "Nobody knows the price of `qwen-judge`" in said(answers[-1])
    assert "unknown price" in said(answers[-1])


async def test_where_all_is_known_nothing_is_spent(listeners: JudgeListeners, parts: Parts) -> None:
    answers = Answers()
    parts.plan_of = msgspec.structs.replace(PLAN, calls=0, cached=52, usd=0.0)
    await listeners.command(a_request("qwen-judge", answers))
    assert "It has answered all of this before" in said(answers[-1])


async def test_the_judge_of_an_evaluation_is_checked_by_its_button(listeners: JudgeListeners, parts: Parts) -> None:
    answers = Answers()
    await listeners.of_evaluation(a_request("eval-1", answers))
    await listeners.confirmed(a_request(value_of(answers), Answers(), key="press/1"))
    assert parts.started == [("command/1", JudgeRequest(evaluation="eval-1"), None)]


async def test_in_the_thread_of_an_evaluation_a_judge_says_whose_answers_are_better(
    listeners: JudgeListeners, parts: Parts
) -> None:
    answers = Answers()
    parts.plan_of = JudgePlan(("qwen-judge",), 0, 100, 200, 0, 0.42, None, (), "voice.jsonl")
    await listeners.command(a_request("qwen-judge", answers, thread_ts="5.0"))
    assert "100 pairs of answers to `voice.jsonl`" in answers.text
    assert "asked 200 times" in said(answers[-1])
    await listeners.confirmed(a_request(value_of(answers), Answers(), key="press/1", thread_ts="5.0"))
    assert parts.started == [("command/1", JudgeRequest("qwen-judge", None, "eval-1"), "5.0")]


async def test_only_who_was_asked_may_say_yes(listeners: JudgeListeners, parts: Parts) -> None:
    answers = Answers()
    await listeners.command(a_request("qwen-judge", answers))
    with pytest.raises(Denied):
        await listeners.confirmed(a_request(value_of(answers), Answers(), user="U0BEN"))
    assert parts.started == []


async def test_the_buttons_of_its_card_pause_resume_and_cancel_it(listeners: JudgeListeners, parts: Parts) -> None:
    for press in (listeners.pause, listeners.resume, listeners.cancel):
        await press(a_request("judge-1"))
    assert [one for one in parts.did if one != "look"] == ["pause judge-1", "resume judge-1", "cancel judge-1"]


@pytest.mark.parametrize("words", ["a b", 'rubric="x"', "a threshold=3"])
async def test_words_that_name_no_judge_are_answered(listeners: JudgeListeners, words: str) -> None:
    with pytest.raises(Invalid, match="judge_words"):
        await listeners.command(a_request(words, Answers()))


def test_a_card_shows_how_far_it_is_and_why_it_waits() -> None:
    shown = said(card(CHECK, Progress(7, 42, usd=0.1, seconds_left=120.0)))
    for part in ("7 of 42 judged", "$0.10", "2 min", CONTROLS.pause, CONTROLS.cancel):
        assert part in shown, part
    values = {"scope": "channel", "budget": 1.0, "taken": 1.0, "promised": 0.0, "until": 1.8e9}
    why = Reason("budget_used_up", values)
    paused = msgspec.structs.replace(CHECK, state=RunState.PAUSED, why=why)
    shown = said(card(paused, Progress(7, 42)))
    assert "budget" in shown
    assert CONTROLS.resume in shown
    assert "Paused · Cost" in shown, "in words too, not by a symbol alone"
    cancelled = msgspec.structs.replace(CHECK, state=RunState.CANCELLED)
    assert "Cancelled · Cost" in said(card(cancelled, Progress(42, 42)))
    compares = msgspec.structs.replace(CHECK, request=JudgeRequest("qwen-judge", None, "eval-1"), file_name="a.jsonl")
    assert "7 of 42 pairs" in said(card(compares, Progress(7, 42)))


def test_a_check_that_failed_says_why_to_who_started_it() -> None:
    failed = msgspec.structs.replace(CHECK, state=RunState.FAILED, why=Reason("no_golden_set"))
    assert f"<@{ANA.user}> The check failed. " in failure(failed).text
    assert CONTROLS.resume in said(card(failed, Progress(0, 42)))


def test_what_came_of_it_says_how_far_it_agrees_with_people() -> None:
    shown = said(blocks.report(report()))
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
        assert part in shown, part


def test_a_judge_of_whom_nothing_can_be_read_is_not_said_to_lack_ratings() -> None:
    nothing = Thumbs(0, mean_interval([]), agreement([], []), 0.0, 0.0, 6)
    shown = said(blocks.report(msgspec.structs.replace(report(), thumbs=nothing, pairs=None, scores=())))
    assert "So nothing can be said of it." in shown
    assert "0 rated answers" not in shown


def test_what_came_of_pairs_says_whose_answers_it_prefers() -> None:
    shown = said(blocks.pairwise_report(pairwise_report()))
    for part in (
        "`house-voice` against `gpt-4.1-mini`: won 60, lost 15, tied 25.",
        "The judge prefers `house-voice`: it wins 72.5%",
        "changed its verdict in 25%",
        "The longer answer won 66.7% of the time",
        "3 times it said nothing",
        "of one family with `house-voice`",
    ):
        assert part in shown, part
