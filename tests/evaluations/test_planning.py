"""Planning an evaluation: what it would ask and what it will take is said before money is spent."""

from collections.abc import Awaitable, Callable

import msgspec
import pytest

from bot.datasets.dataset import Dataset
from bot.errors import Invalid
from bot.evaluations.evaluation import EvaluationRequest, Task
from bot.evaluations.evaluations import Evaluations
from bot.evaluations.planning import EvaluationPlanning
from bot.jobs.job import Origin
from bot.store.jobs import SqlJobStore
from tests.evaluating import a_chat, labelled
from tests.parts import CHANNEL, MODEL, a_job, a_report
from tests.slack_requests import a_caller

TUNED = f"ft:{MODEL}:acme:house:abc11111"
HERE = Origin("T0ACME", CHANNEL, False)
BOTH = EvaluationRequest((MODEL, TUNED), "ds-valid")

Drop = Callable[..., Awaitable[Dataset]]


@pytest.fixture(autouse=True)
async def validation(dropped: Drop) -> Dataset:
    return await dropped(*labelled(30))


async def test_what_it_will_take_is_said_before_money_is_spent(
    planning: EvaluationPlanning, evaluations: Evaluations
) -> None:
    plan = await planning.plan(a_caller(), HERE, BOTH)
    assert (plan.models, plan.n, plan.n_in_file, plan.answers, plan.cached) == ((MODEL, TUNED), 30, 30, 60, 0)
    assert (plan.task, set(plan.labels), plan.grader_name) == (Task.CLASSIFICATION, {"good", "bad"}, "match")
    assert plan.usd is not None
    assert 0 < plan.usd < 0.01
    assert not plan.free
    assert plan.detectable is None or plan.detectable[0] > 10
    assert [caveat.kind for caveat in plan.caveats] == ["few"]
    assert await evaluations.latest(a_caller()) == []


async def test_the_file_and_the_models_of_a_job(planning: EvaluationPlanning, jobs: SqlJobStore, dropped: Drop) -> None:
    await dropped(*labelled(20), id="ds-1", validation="ds-split")
    await dropped(*[a_chat(f"{n}?", f"City {n}") for n in range(20)], id="ds-split")
    job = a_job(state="succeeded", fine_tuned_model=TUNED, validation_dataset_id=None)
    await jobs.insert(job)
    request = await planning.of_job(a_caller(), job.id)
    assert request.models == (MODEL, TUNED)
    plan = await planning.plan(a_caller(), HERE, request)
    assert (plan.dataset_id, plan.job_id) == ("ds-split", job.id)
    assert (await planning.plan(a_caller(), HERE, EvaluationRequest((TUNED,)))).dataset_id == "ds-split"
    with pytest.raises(Invalid, match="which_file_to_evaluate"):
        await planning.plan(a_caller(), HERE, EvaluationRequest((MODEL,)))


async def test_a_file_without_answers_takes_the_grader_of_its_job(
    planning: EvaluationPlanning, jobs: SqlJobStore, dropped: Drop
) -> None:
    questions = [{"messages": [{"role": "user", "content": f"{n}?"}], "level": n} for n in range(9)]
    await dropped(*questions, id="ds-rl")
    request = EvaluationRequest((MODEL, TUNED), "ds-rl")
    with pytest.raises(Invalid, match="no_references"):
        await planning.plan(a_caller(), HERE, request)
    grader = {"type": "string_check", "name": "level", "operation": "eq", "input": "a", "reference": "{{item.level}}"}
    await jobs.insert(a_job(state="succeeded", fine_tuned_model=TUNED, grader=grader, method="reinforcement"))
    plan = await planning.plan(a_caller(), HERE, request)
    assert (plan.grader, plan.grader_name) == (grader, "level")
    answered = [{**one, "answer": f"{n}"} for n, one in enumerate(questions)]
    await dropped(*answered, id="ds-rl2", report=a_report(format="reinforcement"))
    with_answers = await planning.plan(a_caller(), HERE, EvaluationRequest((MODEL, TUNED), "ds-rl2"))
    assert with_answers.grader_name == "level", "also where the file has answers"


async def test_people_are_told_what_makes_figures_doubtful(
    planning: EvaluationPlanning, jobs: SqlJobStore, dropped: Drop
) -> None:
    await dropped(*labelled(30)[:4], a_chat("New?", "good"), id="ds-1")
    await jobs.insert(a_job(state="succeeded", fine_tuned_model=TUNED, validation_dataset_id="ds-valid"))
    judge = {
        "type": "score_model",
        "name": "kind",
        "model": MODEL,
        "input": [{"role": "user", "content": "How kind is {{sample.output_text}}?"}],
    }
    plan = await planning.plan(a_caller(), HERE, msgspec.structs.replace(BOTH, grader=judge))
    without = await planning.plan(a_caller(), HERE, BOTH)
    assert plan.usd is not None
    assert without.usd is not None
    assert plan.usd > 2 * without.usd, "a judge costs, too"
    told = [(caveat.kind, caveat.values) for caveat in plan.caveats]
    assert ("overlap", {"count": 4}) in told
    assert ("judge_of_family", {"judge": MODEL, "model": TUNED}) in told
    assert ("chose_checkpoints", {}) in told
