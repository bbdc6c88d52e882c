"""A judge is held to what people said of the same answers, and its scores are corrected by that."""

import json
from typing import Any

import pytest
from compare.conftest import chat_models, datasets, file_store
from conversations.conftest import authority, budgets, catalogue, channel_models, lost_models, spending
from evaluations.conftest import TUNED, dropped, evaluations, planning, pools, processes, tuned
from evaluations.conftest import store as evaluation_store
from evaluations.test_items import labelled
from parts import CHANNEL, MODEL
from slack_requests import ANA, a_caller
from stand_in_provider import StandInProvider

from bot.access import Actor
from bot.audit import Entry
from bot.authority import Authority
from bot.compare.arenas import Arenas
from bot.compare.asking import Asking
from bot.compare.comparison import Arena, Choice, Comparison, ModelAnswer, Question, Vote
from bot.conversations.chat_models import ChatModels
from bot.conversations.conversation import Conversation, Turn
from bot.datasets.file_store import FileStore
from bot.datasets.lookup import DatasetLookup
from bot.errors import Conflict, Denied, NotFound
from bot.evaluations.evaluation import EvaluationRequest
from bot.evaluations.evaluations import Evaluations
from bot.evaluations.model_answers import ModelAnswers
from bot.evaluations.runs import EvaluationRuns
from bot.evaluations.statistics import Verdict
from bot.feedback.rating import Press
from bot.jobs.job import Origin
from bot.judges.check import FEWEST, JudgeChecks
from bot.judges.golden import GoldenAnswers
from bot.judges.pairwise import PairwiseJudging
from bot.models.catalogue import Catalogue
from bot.models.lost import LostModels
from bot.providers.chat import ChatMessage
from bot.spending.model_use import ModelSpending
from bot.store.comparisons import SqliteComparisonStore
from bot.store.conversations import SqliteConversationStore
from bot.store.database import Database
from bot.store.datasets import SqliteDatasetStore
from bot.store.evaluations import SqliteEvaluationStore
from bot.store.feedback import SqliteRatingStore
from bot.store.jobs import SqliteJobStore
from bot.worker_processes import WorkerPools

__all__ = [
    "authority",
    "budgets",
    "catalogue",
    "channel_models",
    "chat_models",
    "datasets",
    "dropped",
    "evaluation_store",
    "evaluations",
    "file_store",
    "lost_models",
    "planning",
    "pools",
    "processes",
    "spending",
    "tuned",
]
JUDGE = "gpt-4.1-mini"
OTHER = "qwen-judge"
NOBODY = Entry("test", 1.0, ANA.user, "test", "test")


@pytest.fixture
def store(evaluation_store: SqliteEvaluationStore) -> SqliteEvaluationStore:
    return evaluation_store


@pytest.fixture
def comparisons(database: Database) -> SqliteComparisonStore:
    return SqliteComparisonStore(database)


@pytest.fixture
def answers(
    store: SqliteEvaluationStore, catalogue: Catalogue, lost_models: LostModels, spending: ModelSpending
) -> ModelAnswers:
    return ModelAnswers(store, catalogue, lost_models, spending)


@pytest.fixture
def checks(
    database: Database,
    comparisons: SqliteComparisonStore,
    evaluations: Evaluations,
    store: SqliteEvaluationStore,
    answers: ModelAnswers,
    chat_models: ChatModels,
    catalogue: Catalogue,
    lost_models: LostModels,
    spending: ModelSpending,
    datasets: SqliteDatasetStore,
    file_store: FileStore,
    pools: WorkerPools,
    authority: Authority,
) -> JudgeChecks:
    asking = Asking(comparisons, catalogue, lost_models, spending)
    arenas = Arenas(comparisons, chat_models, asking, DatasetLookup(datasets, authority), file_store, pools, authority)
    golden = GoldenAnswers(SqliteRatingStore(database), SqliteConversationStore(database), arenas, authority)
    return JudgeChecks(golden, evaluations, store, answers, chat_models, pools, authority)


class Channel:
    """Where people rate answers and vote."""

    def __init__(self, database: Database) -> None:
        self.conversations, self.ratings = SqliteConversationStore(database), SqliteRatingStore(database)
        self.comparisons = SqliteComparisonStore(database)

    async def rated(
        self, number: int, answer: str, *thumbs: bool, channel: str = CHANNEL, private: bool = False
    ) -> None:
        """An answer in a conversation of its own, which so many people rated."""
        id, ts = f"cv-{channel}-{number}", f"{number}.0"
        talk = Conversation(id, "ft:voice", "T0ACME", channel, ts, ANA.user, 1.0, private)
        said = [Turn(ts, "user", f"Question {number}?", user=ANA.user), Turn(ts, "assistant", answer)]
        await self.conversations.open(talk, said)
        for who, good in enumerate(thumbs):
            press = Press(id, ts, f"U{who}", good, float(number), f"{id}/{who}")
            await self.ratings.press(press, Entry(press.key, 1.0, ANA.user, "rate answer", id))

    async def voted(self, pairs: list[tuple[str, str]], *, revealed: bool = True) -> None:
        """An arena on so many pairs (preferred, other), the preferred ones in the first place by turns."""
        at = 2.0 if revealed else None
        arena = Comparison("cmp-1", ("a", "b"), "T0ACME", CHANNEL, ANA.user, 1.0, arena=Arena(1, 1, 9e9, None, at))
        questions = [
            Question(str(number), (ChatMessage("user", f"Which {number}?"),), ("a", "b"), ANA.user, (("a", "b"),))
            for number in range(len(pairs))
        ]
        await self.comparisons.open(
            Comparison("cmp-1", ("a", "b"), "T0ACME", CHANNEL, ANA.user, 1.0, arena=Arena(1, 1, 9e9)), questions, NOBODY
        )
        for number, (preferred, other) in enumerate(pairs):
            first, second = (preferred, other) if number % 2 else (other, preferred)
            await self.comparisons.answered("cmp-1", str(number), "a", ModelAnswer(first))
            await self.comparisons.answered("cmp-1", str(number), "b", ModelAnswer(second))
            choice = Choice.FIRST if number % 2 else Choice.SECOND
            vote = Vote(str(number), 0, ANA.user, choice, 1.0)
            await self.comparisons.vote("cmp-1", vote, Entry(f"v/{number}", 1.0, ANA.user, "vote", "cmp-1"))
        if revealed:
            await self.comparisons.reveal(arena.id, 2.0, None)


@pytest.fixture
def channel(database: Database) -> Channel:
    return Channel(database)


@pytest.fixture(autouse=True)
def judging(stand_in: StandInProvider) -> None:
    """The judge likes what says "good", and of two answers the longer one."""
    stand_in.base_models += [JUDGE, OTHER]
    stand_in.usage = (20, 1)

    def answer(body: dict[str, Any]) -> str:
        asked = body["messages"][-1]["content"]
        if "<answer_1>" in asked:
            first = asked.split("<answer_1>\n")[1].split("\n</answer_1>")[0]
            second = asked.split("<answer_2>\n")[1].split("\n</answer_2>")[0]
            return json.dumps({"result": "1" if len(first) >= len(second) else "2"})
        if "unreadable" in asked:
            return "I would rather not say."
        return json.dumps({"result": 1 if "good" in asked.split("<answer>")[-1] else 0})

    stand_in.answer_to = answer


async def test_a_judge_is_held_to_the_thumbs_of_its_channel(
    checks: JudgeChecks, channel: Channel, stand_in: StandInProvider
) -> None:
    for number in range(8):
        await channel.rated(number, "good answer" if number % 2 else "poor answer", bool(number % 2))
    await channel.rated(8, "good, but people disliked it", False, False, True)
    await channel.rated(9, "unreadable", True)
    await channel.rated(10, "as many like it as not", True, False)
    await channel.rated(11, "good, said elsewhere", True, channel="C0OTHER")
    report = await checks.of_model(a_caller(), OTHER)
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
    checks: JudgeChecks, channel: Channel, stand_in: StandInProvider
) -> None:
    for number in range(4):
        await channel.rated(number, "good answer", True)
    first = await checks.of_model(a_caller(), OTHER)
    assert await checks.of_model(a_caller(), OTHER) == first
    assert len(stand_in.chats) == 4
    await checks.of_model(a_caller(), OTHER, "Is it polite?")
    assert len(stand_in.chats) == 8


async def test_a_person_who_withdraws_is_not_quoted_by_a_judge_either(
    checks: JudgeChecks, channel: Channel, stand_in: StandInProvider
) -> None:
    await channel.rated(1, "good answer", True, True)
    await checks.of_model(a_caller(), OTHER)
    await channel.ratings.forget("U1", NOBODY)
    await checks.of_model(a_caller(), OTHER)
    assert len(stand_in.chats) == 2


async def test_of_pairs_it_is_asked_in_both_orders_and_told_to_go_by_length(
    checks: JudgeChecks, channel: Channel, stand_in: StandInProvider
) -> None:
    longer, shorter = "a long and winding answer", "short"
    await channel.voted([(longer, shorter)] * 3 + [(shorter, longer)] * 3)
    report = await checks.of_model(a_caller(), OTHER)
    assert report.thumbs is None
    assert report.pairs is not None
    assert (report.pairs.n, report.pairs.same.value, report.pairs.flipped.value) == (6, 0.5, 0.0)
    assert (report.pairs.longer.value, report.pairs.people_longer.value) == (1.0, 0.5)


async def test_a_judge_that_goes_by_place_flips_and_calls_no_winner(
    checks: JudgeChecks, channel: Channel, stand_in: StandInProvider
) -> None:
    await channel.voted([("one", "two")] * 4)
    stand_in.answer_to = lambda _: '{"result": "1"}'
    report = await checks.of_model(a_caller(), OTHER)
    assert report.pairs is not None
    assert (report.pairs.flipped.value, report.pairs.ties, report.pairs.same.value) == (1.0, 4, None)


async def test_votes_count_only_once_names_are_revealed(checks: JudgeChecks, channel: Channel) -> None:
    await channel.voted([("one", "two")], revealed=False)
    with pytest.raises(Conflict, match="no_golden_set"):
        await checks.golden(a_caller())


async def test_what_a_private_channel_rated_is_for_its_members(checks: JudgeChecks, channel: Channel) -> None:
    await channel.rated(1, "good answer", True, channel="G0SECRET", private=True)
    with pytest.raises(Conflict, match="no_golden_set"):
        await checks.of_model(a_caller(Actor("U0BEN", "T0ACME")), OTHER)
    assert await checks.golden(a_caller(channel="G0SECRET")) == (1, 0)


async def test_scores_of_an_evaluation_are_corrected_by_what_people_said(
    checks: JudgeChecks,
    channel: Channel,
    evaluations: Evaluations,
    store: SqliteEvaluationStore,
    answers: ModelAnswers,
    spending: ModelSpending,
    jobs: SqliteJobStore,
    datasets: SqliteDatasetStore,
    file_store: FileStore,
    pools: WorkerPools,
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
    await EvaluationRuns(store, answers, spending, jobs, datasets, file_store, pools).work(started.id)
    assert await checks.judges_of(a_caller(), started.id) == (OTHER,)
    for number in range(FEWEST - 1):
        await channel.rated(number, "a good answer", number % 2 == 0)
    assert (await checks.of_evaluation(a_caller(), started.id)).scores == ()
    await channel.rated(FEWEST, "a good answer", False)
    (score,) = (await checks.of_evaluation(a_caller(), started.id)).scores
    # People find half of what the judge likes good; it liked all.
    assert (score.model, score.judged.value, score.corrected.value) == (MODEL, 1.0, pytest.approx(0.5))
    assert score.corrected.low is not None
    assert score.corrected.low < 0.5
    with pytest.raises(NotFound):
        await checks.of_evaluation(a_caller(), "eval-none")


@pytest.fixture
def pairwise(
    evaluations: Evaluations,
    store: SqliteEvaluationStore,
    answers: ModelAnswers,
    chat_models: ChatModels,
    datasets: SqliteDatasetStore,
    file_store: FileStore,
    pools: WorkerPools,
    authority: Authority,
) -> PairwiseJudging:
    return PairwiseJudging(evaluations, store, answers, chat_models, datasets, file_store, pools, authority)


async def test_a_judge_compares_what_models_answered_without_asking_them_again(
    pairwise: PairwiseJudging,
    evaluations: Evaluations,
    store: SqliteEvaluationStore,
    answers: ModelAnswers,
    spending: ModelSpending,
    jobs: SqliteJobStore,
    datasets: SqliteDatasetStore,
    file_store: FileStore,
    pools: WorkerPools,
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
        await pairwise.pairs(started)
    await EvaluationRuns(store, answers, spending, jobs, datasets, file_store, pools).work(started.id)
    asked = len(stand_in.chats)
    there = await pairwise.of_thread(a_caller(), "5.0")
    assert there is not None
    assert await pairwise.pairs(there) == 30
    report = await pairwise.compare(a_caller(), there.id, OTHER)
    (found,) = report.results
    assert (found.model, found.wins, found.losses, found.ties) == (TUNED, 30, 0, 0)
    assert found.compared.verdict is Verdict.BETTER
    assert (found.flipped.value, found.longer.value) == (0.0, 1.0)
    assert {chat["model"] for chat in stand_in.chats[asked:]} == {OTHER}
    assert len(stand_in.chats) == asked + 60
    assert await pairwise.compare(a_caller(), there.id, OTHER) == report
    assert len(stand_in.chats) == asked + 60
    stand_in.answer_to = lambda _: '{"result": "1"}'
    (found,) = (await pairwise.compare(a_caller(), there.id, OTHER, "Which is kinder?")).results
    assert (found.ties, found.flipped.value, found.compared.verdict) == (30, 1.0, Verdict.CANNOT_TELL)
    stand_in.answer_to = lambda _: "Both are fine."
    (found,) = (await pairwise.compare(a_caller(), there.id, OTHER, "Which is shorter?")).results
    assert (found.unreadable, found.compared.n) == (30, 0)


async def test_a_judge_sees_no_evaluation_of_a_private_channel_elsewhere(
    pairwise: PairwiseJudging, checks: JudgeChecks, evaluations: Evaluations, dropped: Any
) -> None:
    await dropped(*labelled(30), channel="G0SECRET", channel_private=True)
    request = EvaluationRequest((MODEL,), "ds-valid", control=False)
    origin = Origin("T0ACME", "G0SECRET", True, "5.0")
    started = await evaluations.start(a_caller(channel="G0SECRET", key="evaluate"), origin, request)
    assert await pairwise.of_thread(a_caller(), "5.0") is None
    for check in (pairwise.compare(a_caller(), started.id, OTHER), checks.of_evaluation(a_caller(), started.id)):
        with pytest.raises((NotFound, Denied)):
            await check


async def test_an_evaluation_without_a_judge_has_none_to_check(
    checks: JudgeChecks, evaluations: Evaluations, dropped: Any
) -> None:
    await dropped(*labelled(30))
    request = EvaluationRequest((MODEL,), "ds-valid", control=False)
    started = await evaluations.start(a_caller(key="evaluate"), Origin("T0ACME", CHANNEL, False), request)
    with pytest.raises(Conflict, match="no_judge"):
        await checks.judges_of(a_caller(), started.id)


async def test_a_judge_of_the_family_of_what_it_judges_is_named(checks: JudgeChecks, channel: Channel) -> None:
    await channel.rated(1, "good answer", True)
    assert (await checks.of_model(a_caller(), OTHER)).family == ()
    talk = Conversation("cv-gpt", f"ft:{MODEL}:acme:a:1", "T0ACME", CHANNEL, "7.0", ANA.user, 1.0)
    await channel.conversations.open(
        talk, [Turn("7.0", "user", "Why?", user=ANA.user), Turn("7.0", "assistant", "good")]
    )
    await channel.ratings.press(Press("cv-gpt", "7.0", "U1", True, 7.0, "p"), NOBODY)
    assert (await checks.of_model(a_caller(), JUDGE)).family == (f"ft:{MODEL}:acme:a:1",)
