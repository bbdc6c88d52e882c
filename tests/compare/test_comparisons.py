"""Opening a comparison, asking on in it, and who may."""

import pytest

from bot.access import Actor, Place
from bot.compare.comparison import Failure, ModelAnswer
from bot.compare.comparisons import Comparisons
from bot.errors import Denied, Invalid, NotFound
from bot.jobs.job import Origin
from bot.store.audit import SqlAuditLog
from bot.store.comparisons import SqlComparisonStore
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from tests.parts import CHANNEL, MODEL, a_job
from tests.slack_requests import a_caller
from tests.stand_in_provider import StandInProvider

TUNED = f"ft:{MODEL}:acme:house:abc11111"
HERE = Origin("T0ACME", CHANNEL, False)
BEN = Actor("U0BEN", "T0ACME")


@pytest.fixture(autouse=True)
def tuned(stand_in: StandInProvider) -> None:
    stand_in.tuned.append(TUNED)


async def test_a_request_that_comes_again_opens_nothing_new(
    comparisons: Comparisons, store: SqlComparisonStore, database: Database
) -> None:
    first = await comparisons.open(a_caller(), HERE, [TUNED, MODEL, TUNED], "Who?")
    assert await comparisons.open(a_caller(is_retry=True), HERE, [TUNED, MODEL], "Who?") == first
    assert first.models == (TUNED, MODEL)
    assert [question.text for question in await store.questions(first.id)] == ["Who?"]
    assert [entry.action for entry in await SqlAuditLog(database).about(first.id)] == ["compare"]
    assert await store.due(1.0) == [first.id]


async def test_what_cannot_be_compared(comparisons: Comparisons, store: SqlComparisonStore) -> None:
    for models in ([MODEL], [MODEL, MODEL], [MODEL, TUNED, "a", "b", "c"]):
        with pytest.raises(Invalid, match="how_many_models"):
            await comparisons.open(a_caller(), HERE, models, "Who?")
    with pytest.raises(NotFound, match="no_such_model"):
        await comparisons.open(a_caller(), HERE, [MODEL, "nobody"], "Who?")
    with pytest.raises(Invalid, match="nothing_to_compare_on"):
        await comparisons.open(a_caller(), HERE, [MODEL, TUNED], " ")
    assert await store.due(1.0) == []


async def test_a_model_of_a_private_channel_is_compared_there_only(comparisons: Comparisons, jobs: SqlJobStore) -> None:
    private = Origin("T0ACME", "C0SECRET", True)
    await jobs.insert(a_job(state="succeeded", fine_tuned_model=TUNED, origin=private))
    with pytest.raises(Denied, match="seen_by_too_many"):
        await comparisons.open(a_caller(), HERE, [TUNED, MODEL], "Who?")
    with pytest.raises(NotFound):
        await comparisons.open(a_caller(BEN), HERE, [TUNED, MODEL], "Who?")
    there = a_caller(BEN, "C0SECRET", answers_in=Place("C0SECRET"), posts_in=Place("C0SECRET"))
    opened = await comparisons.open(there, private, [TUNED, MODEL], "Who?")
    assert opened.private


async def test_questions_in_its_thread_are_kept_once(comparisons: Comparisons, store: SqlComparisonStore) -> None:
    opened = await comparisons.open(a_caller(), HERE, [TUNED, MODEL], "Who?")
    await store.posted(opened.id, "9.9")
    found = await comparisons.in_thread(CHANNEL, "9.9")
    assert found is not None
    assert await comparisons.in_thread(CHANNEL, None) is None
    for _ in range(2):
        await comparisons.ask(a_caller(BEN), found, "10.1", "And now?")
    assert [question.id for question in await store.questions(opened.id)] == ["1", "10.1"]
    with pytest.raises(Denied):
        await comparisons.ask(a_caller(Actor("U0GUEST", "T0ACME", guest=True)), found, "10.2", "Me too?")


async def test_only_what_failed_is_asked_again(comparisons: Comparisons, store: SqlComparisonStore) -> None:
    opened = await comparisons.open(a_caller(), HERE, [TUNED, MODEL], "Who?")
    await store.answered(opened.id, "1", TUNED, ModelAnswer("I."))
    await store.answered(opened.id, "1", MODEL, ModelAnswer(failure=Failure("model_said_nothing")))
    await comparisons.try_again(a_caller(BEN), opened.id, "1")
    assert set(await store.answers(opened.id)) == {("1", TUNED)}
    with pytest.raises(NotFound, match="comparison_gone"):
        await comparisons.try_again(a_caller(), "cmp-none", "1")
