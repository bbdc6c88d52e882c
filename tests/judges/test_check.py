"""A judge is held to what people said of the same answers, and its scores are corrected by that."""

from typing import Any

import pytest

from bot.access import Actor
from bot.conversations.conversation import Conversation, Turn
from bot.errors import Conflict, Denied, NotFound
from bot.evaluations.evaluation import EvaluationRequest
from bot.evaluations.evaluations import Evaluations
from bot.evaluations.runs import EvaluationRuns
from bot.evaluations.statistics import Verdict
from bot.feedback.rating import Press
from bot.jobs.job import Origin
from bot.judges.check import JudgeRequest
from bot.judges.checks import JudgeChecks
from bot.judges.people import FEWEST
from tests.evaluating import labelled
from tests.evaluations.conftest import TUNED
from tests.judges.conftest import HERE, JUDGE, NOBODY, OTHER, Channel, Checked
from tests.parts import CHANNEL, MODEL
from tests.slack_requests import ANA, a_caller
from tests.stand_in_provider import StandInProvider


async def test_a_judge_is_held_to_the_thumbs_of_its_channel(
    checked: Checked, channel: Channel, stand_in: StandInProvider
) -> None:
    for number in range(8):
        await channel.rated(number, "good answer" if number % 2 else "poor answer", bool(number % 2))
    await channel.rated(8, "good, but people disliked it", False, False, True)
    await channel.rated(9, "unreadable", True)
    await channel.rated(10, "as many like it as not", True, False)
    await channel.rated(11, "good, said elsewhere", True, channel="C0OTHER")
    report = await checked(model=OTHER)
    assert report.judges == (OTHER,)
    assert report.thumbs is not None
    assert (report.thumbs.n, report.thumbs.unreadable) == (9, 1)
    assert report.thumbs.same.value == pytest.approx(8 / 9)
    assert (report.thumbs.judge_good, report.thumbs.people_good) == (5 / 9, 4 / 9)
    assert report.thumbs.agreement.value == pytest.approx(0.78, abs=0.01)
    assert report.pairs is None
    assert len(stand_in.chats) == 10
    assert not any("elsewhere" in str(chat) for chat in stand_in.chats)


async def test_what_it_has_said_is_not_asked_again(
    checked: Checked, channel: Channel, stand_in: StandInProvider
) -> None:
    for number in range(4):
        await channel.rated(number, "good answer", True)
    first = await checked(model=OTHER)
    assert await checked(model=OTHER) == first
    assert len(stand_in.chats) == 4
    await checked(model=OTHER, rubric="Is it polite?")
    assert len(stand_in.chats) == 8


async def test_a_person_who_withdraws_is_not_quoted_by_a_judge_either(
    checked: Checked, channel: Channel, stand_in: StandInProvider
) -> None:
    await channel.rated(1, "good answer", True, True)
    await checked(model=OTHER)
    await channel.ratings.forget("U1", NOBODY)
    await checked(model=OTHER)
    assert len(stand_in.chats) == 2


async def test_of_pairs_it_is_asked_in_both_orders_and_told_to_go_by_length(
    checked: Checked, channel: Channel, stand_in: StandInProvider
) -> None:
    longer, shorter = "a long and winding answer", "short"
    await channel.voted([(longer, shorter)] * 3 + [(shorter, longer)] * 3)
    report = await checked(model=OTHER)
    assert report.thumbs is None
    assert report.pairs is not None
    assert (report.pairs.n, report.pairs.same.value, report.pairs.flipped.value) == (6, 0.5, 0.0)
    assert (report.pairs.longer.value, report.pairs.people_longer.value) == (1.0, 0.5)


async def test_a_judge_that_goes_by_place_flips_and_calls_no_winner(
    checked: Checked, channel: Channel, stand_in: StandInProvider
) -> None:
    await channel.voted([("one", "two")] * 4)
    stand_in.answer_to = lambda _: '{"result": "1"}'
    report = await checked(model=OTHER)
    assert report.pairs is not None
    assert (report.pairs.flipped.value, report.pairs.ties, report.pairs.same.value) == (1.0, 4, None)


async def test_votes_count_only_once_names_are_revealed(checks: JudgeChecks, channel: Channel) -> None:
    await channel.voted([("one", "two")], revealed=False)
    with pytest.raises(Conflict, match="no_golden_set"):
        await checks.plan(a_caller(), HERE, JudgeRequest(OTHER))


async def test_what_a_private_channel_rated_is_for_its_members(
    checked: Checked, checks: JudgeChecks, channel: Channel
) -> None:
    await channel.rated(1, "good answer", True, channel="G0SECRET", private=True)
    with pytest.raises(Conflict, match="no_golden_set"):
        await checked(a_caller(Actor("U0BEN", "T0ACME")), model=OTHER)
    plan = await checks.plan(a_caller(channel="G0SECRET"), Origin("T0ACME", "G0SECRET", True), JudgeRequest(OTHER))
    assert (plan.answers, plan.pairs) == (1, 0)


async def test_scores_of_an_evaluation_are_corrected_by_what_people_said(
    checked: Checked,
    channel: Channel,
    evaluations: Evaluations,
    runs: EvaluationRuns,
    dropped: Any,
    stand_in: StandInProvider,
) -> None:
    await dropped(*labelled(30))
    judged = stand_in.answer_to
    assert judged is not None
    stand_in.answer_to = lambda body: judged(body) if "rubric" in str(body["messages"]) else "good"
    grader = {
        "type": "score_model",
        "name": "rubric",
        "model": OTHER,
        "range": [0, 1],
        "input": [{"role": "user", "content": "<rubric>Good?</rubric><answer>\n{{sample.output_text}}\n</answer>"}],
    }
    request = EvaluationRequest((MODEL,), "ds-valid", grader=grader, control=False)
    started = await evaluations.start(a_caller(key="evaluate"), Origin("T0ACME", CHANNEL, False), request)
    await runs.work(started.id)
    for number in range(FEWEST - 1):
        await channel.rated(number, "a good answer", number % 2 == 0)
    assert (await checked(evaluation=started.id)).scores == ()
    await channel.rated(FEWEST, "a good answer", False)
    (score,) = (await checked(evaluation=started.id)).scores
    # People find half of what the judge likes good; it liked all.
    assert (score.model, score.judged.value, score.corrected.value) == (MODEL, 1.0, pytest.approx(0.5))
    assert score.corrected.low is not None
    assert score.corrected.low < 0.5
    with pytest.raises(NotFound):
        await checked(evaluation="eval-none")


async def test_a_judge_compares_what_models_answered_without_asking_them_again(
    checks: JudgeChecks,
    checked: Checked,
    evaluations: Evaluations,
    runs: EvaluationRuns,
    dropped: Any,
    stand_in: StandInProvider,
) -> None:
    await dropped(*labelled(30))
    judged = stand_in.answer_to
    assert judged is not None

    def answer(body: dict[str, Any]) -> str:
        if "<answer_1>" in str(body["messages"]):
            return judged(body)
        return "a longer answer" if body["model"] == TUNED else "short"

    stand_in.answer_to = answer
    request = EvaluationRequest((MODEL, TUNED), "ds-valid", control=False)
    origin = Origin("T0ACME", CHANNEL, False, "5.0")
    started = await evaluations.start(a_caller(key="evaluate"), origin, request)
    with pytest.raises(Conflict, match="nothing_to_judge"):
        await checks.plan(a_caller(), HERE, JudgeRequest(OTHER, evaluation=started.id))
    await runs.work(started.id)
    asked = len(stand_in.chats)
    there = await checks.evaluation_of_thread(a_caller(), "5.0")
    assert there is not None
    report = await checked(model=OTHER, evaluation=there.id)
    (found,) = report.results
    assert (found.model, found.wins, found.losses, found.ties) == (TUNED, 30, 0, 0)
    assert found.compared.verdict is Verdict.BETTER
    assert (found.flipped.value, found.longer.value) == (0.0, 1.0)
    assert {chat["model"] for chat in stand_in.chats[asked:]} == {OTHER}
    assert len(stand_in.chats) == asked + 60
    assert await checked(model=OTHER, evaluation=there.id) == report
    assert len(stand_in.chats) == asked + 60
    stand_in.answer_to = lambda _: '{"result": "1"}'
    (found,) = (await checked(model=OTHER, evaluation=there.id, rubric="Which is kinder?")).results
    assert (found.ties, found.flipped.value, found.compared.verdict) == (30, 1.0, Verdict.CANNOT_TELL)
    stand_in.answer_to = lambda _: "Both are fine."
    (found,) = (await checked(model=OTHER, evaluation=there.id, rubric="Which is shorter?")).results
    assert (found.unreadable, found.compared.n) == (30, 0)


async def test_a_judge_sees_no_evaluation_of_a_private_channel_elsewhere(
    checked: Checked, checks: JudgeChecks, evaluations: Evaluations, dropped: Any
) -> None:
    await dropped(*labelled(30), channel="G0SECRET", channel_private=True)
    request = EvaluationRequest((MODEL,), "ds-valid", control=False)
    origin = Origin("T0ACME", "G0SECRET", True, "5.0")
    started = await evaluations.start(a_caller(channel="G0SECRET", key="evaluate"), origin, request)
    assert await checks.evaluation_of_thread(a_caller(), "5.0") is None
    for check in (checked(model=OTHER, evaluation=started.id), checked(evaluation=started.id)):
        with pytest.raises((NotFound, Denied)):
            await check


async def test_an_evaluation_without_a_judge_has_none_to_check(
    checks: JudgeChecks, evaluations: Evaluations, dropped: Any
) -> None:
    await dropped(*labelled(30))
    request = EvaluationRequest((MODEL,), "ds-valid", control=False)
    started = await evaluations.start(a_caller(key="evaluate"), Origin("T0ACME", CHANNEL, False), request)
    with pytest.raises(Conflict, match="no_judge"):
        await checks.plan(a_caller(), HERE, JudgeRequest(evaluation=started.id))


async def test_a_judge_of_the_family_of_what_it_judges_is_named(checked: Checked, channel: Channel) -> None:
    await channel.rated(1, "good answer", True)
    assert (await checked(model=OTHER)).family == ()
    talk = Conversation("cv-gpt", f"ft:{MODEL}:acme:a:1", "T0ACME", CHANNEL, "7.0", ANA.user, 1.0)
    await channel.conversations.open(
        talk, [Turn("7.0", "user", "Why?", user=ANA.user), Turn("7.0", "assistant", "good")]
    )
    await channel.ratings.press(Press("cv-gpt", "7.0", "U1", True, 7.0, "p"), NOBODY)
    assert (await checked(model=JUDGE)).family == (f"ft:{MODEL}:acme:a:1",)
