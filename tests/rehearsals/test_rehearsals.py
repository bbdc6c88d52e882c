"""Starting a rehearsal: on which model, on which examples, and what it leaves behind."""

from typing import Any, cast
from unittest.mock import AsyncMock

import msgspec
import pytest

from bot.access import Caller, Policy
from bot.authority import Authority
from bot.datasets.deletion import DatasetDeletion
from bot.errors import Conflict, Invalid
from bot.jobs.interfaces import JobUpdate
from bot.rehearsals.data import held_out_of
from bot.store.audit import SqlAuditLog
from bot.store.database import Database
from handlers.rehearsals.listeners import RehearsalListeners
from handlers.request import Request
from tests.rehearsals.conftest import HERE, SMALL, Stage
from tests.slack_requests import ANA, Answers, a_caller, a_request
from tests.stand_in_provider import StandInProvider


async def test_the_smallest_model_that_costs_nothing_learns_the_file_without_what_is_held_out(stage: Stage) -> None:
    dataset = await stage.dropped(30)
    rehearsal, (job,) = await stage.begun()
    assert (job.provider, job.base_model, job.estimated_cost, job.seed) == ("trainer", SMALL, 0.0, 42)
    assert job.is_rehearsal
    assert rehearsal.origin.thread_ts == dataset.thread_ts
    trained, held_out = await stage.part(job.dataset_id), await stage.part(job.validation_dataset_id)
    assert (rehearsal.held_out, rehearsal.examples_held_out) == (held_out.id, 6)
    assert sorted(stage.words(trained) + stage.words(held_out)) == sorted(stage.words(dataset))
    assert [one.id for one in await stage.datasets.latest(9)] == [dataset.id], "parts are listed nowhere"


async def test_a_validation_file_is_held_out_already(stage: Stage) -> None:
    held_out = await stage.dropped(11, id="ds-held", name="held-out.jsonl")
    training = await stage.dropped(30, validation=held_out.id, created_at=2.0)
    rehearsal, (job,) = await stage.begun()
    assert (job.dataset_id, rehearsal.held_out) == (training.id, held_out.id)


async def test_of_a_large_validation_file_only_so_many_are_said_to_be_asked_as_are(stage: Stage) -> None:
    held_out = await stage.dropped(130, id="ds-held", name="held-out.jsonl")
    await stage.dropped(30, validation=held_out.id, created_at=2.0)
    rehearsal, _ = await stage.begun()
    assert (rehearsal.held_out, rehearsal.examples_held_out) == (held_out.id, 100)


async def test_of_a_file_that_is_too_small_nothing_is_held_out(stage: Stage) -> None:
    dataset = await stage.dropped(10)
    rehearsal, (job,) = await stage.begun()
    assert (job.dataset_id, job.validation_dataset_id, rehearsal.unseen) == (dataset.id, None, False)
    assert [held_out_of(count) for count in (10, 11, 12, 50, 1000)] == [0, 1, 2, 10, 100]


async def test_a_learning_curve_has_growing_parts_of_the_same_examples(stage: Stage) -> None:
    await stage.dropped(60)
    rehearsal, jobs = await stage.begun(curve=True)
    quarter, half, whole = [set(stage.words(await stage.part(job.dataset_id))) for job in jobs]
    assert (len(quarter), len(half), len(whole)) == (12, 24, 48)
    assert quarter < half < whole
    assert len({job.validation_dataset_id for job in jobs}) == 1
    assert [point.share for point in rehearsal.points] == [0.25, 0.5, 1.0]
    held_out = await stage.part(rehearsal.held_out)
    assert not whole & set(stage.words(held_out))


async def test_too_few_examples_make_no_curve(stage: Stage) -> None:
    await stage.dropped(40)
    with pytest.raises(Invalid) as refused:
        await stage.begun(curve=True)
    assert (refused.value.kind, refused.value.values) == ("too_few_for_curve", {"examples": 32, "needed": 40})


async def test_the_same_act_makes_one_rehearsal(stage: Stage) -> None:
    await stage.dropped(30)
    first, _ = await stage.begun()
    again, jobs = await stage.begun()
    assert (again.id, len(jobs)) == (first.id, 1)
    assert len(await stage.jobs.latest(9)) == 1


async def test_where_nothing_is_free_there_is_nothing_to_rehearse_with(stage: Stage, own: StandInProvider) -> None:
    own.base_models.clear()
    await stage.dropped(30)
    with pytest.raises(Conflict) as refused:
        await stage.rehearsals.start(a_caller(), None, HERE, "command/1")
    assert refused.value.kind == "nothing_to_rehearse_with"


async def test_its_model_is_offered_nowhere_but_found_by_its_name(stage: Stage, own: StandInProvider) -> None:
    await stage.dropped(30)
    _, (job,) = await stage.begun()
    model = f"ft:{SMALL}:acme:train-rehearsal:abc"
    own.tuned.append(model)
    await stage.jobs.update(job.id, lambda known: JobUpdate(msgspec.structs.replace(known, fine_tuned_model=model)))
    caller = a_caller()
    assert await stage.lookup.visible(caller, caller.posts_in) == []
    assert [one.id for one in await stage.lookup.visible(caller, caller.posts_in, rehearsed=True)] == [model]
    assert await stage.lookup.named(caller, "train-rehearsal") == model


async def test_with_the_file_go_the_parts_that_were_made_of_it(stage: Stage, database: Database) -> None:
    dataset = await stage.dropped(60)
    _, jobs = await stage.begun(curve=True)
    await stage.rehearsals.stop(a_caller(), str(jobs[0].group))
    audit, nobody = SqlAuditLog(database), cast(Any, ())
    authority = Authority(Policy(), audit)
    deletion = DatasetDeletion(stage.datasets, stage.file_store, stage.jobs, nobody, AsyncMock(), authority, audit)
    await deletion.delete(a_caller(), dataset.id)
    assert list(stage.file_store.path("x").parent.iterdir()) == []


async def test_the_button_stops_what_is_left_and_says_how_much_that_was(stage: Stage) -> None:
    class Callers:
        async def of(self, request: Request) -> Caller:
            return request.as_caller(ANA, "T0ACME")

    await stage.dropped(60)
    rehearsal, _ = await stage.begun(curve=True)
    nobody, answers = cast(Any, None), Answers()
    listeners = RehearsalListeners(cast(Any, Callers()), stage.rehearsals, nobody, nobody, nobody)
    await listeners.stop(a_request(rehearsal.id, answers))
    assert "3 jobs" in answers.text
