"""Planning a move and starting it: what is moved, what cannot be, and that each successor is made once."""

import msgspec
import orjson
import pytest

from bot.access import Actor, Place, Role
from bot.datasets.dataset import Dataset
from bot.errors import Conflict, NotFound
from bot.jobs import states
from bot.jobs.admission import Rules
from bot.jobs.job import Origin
from bot.moves.examples import From
from bot.moves.planning import MoveRequest
from tests.evaluating import a_chat
from tests.moves.conftest import HOME_MODEL, MakeWorkshop, Workshop
from tests.parts import MODEL, a_report
from tests.slack_requests import a_caller
from tests.stand_in_provider import StandInProvider

HERE = Origin("T0ACME", "C0TRAINING", False)
EVERYTHING = MoveRequest("home", HOME_MODEL)
BEN = Actor("U0BEN", "T0ACME", Role.APPROVER)


async def test_those_that_retire_first_are_moved_first_with_their_data_and_names(
    make_workshop: MakeWorkshop, stand_in: StandInProvider, home: StandInProvider
) -> None:
    workshop = make_workshop()
    late, soon = await workshop.made("late"), await workshop.made("soon")
    stand_in.base_models = []  # so that only what is listed of the fine-tuned ones tells their days
    stand_in.tuned = [str(late.fine_tuned_model), str(soon.fine_tuned_model)]
    stand_in.shutdown_dates = {str(soon.fine_tuned_model): "2026-12-01", str(late.fine_tuned_model): "2027-03-01"}
    await workshop.planning._catalogue.fine_tuned()
    plan = await workshop.planning.plan(a_caller(), EVERYTHING)
    assert [(one.model, one.retires) for one in plan.moved] == [
        (soon.fine_tuned_model, "2026-12-01"),
        (late.fine_tuned_model, "2027-03-01"),
    ]
    assert not home.jobs
    move = await workshop.moves.start(a_caller(), EVERYTHING, HERE, "command/1")
    await workshop.submitter.settled()
    made = list(home.jobs.values())
    assert [job["user_provided_suffix"] for job in made] == ["soon-home", "late-home"]
    assert [home.files[job["training_file"]][1] for job in made] == [b"soon", b"late"]
    assert {job["model"] for job in made} == {HOME_MODEL}
    assert [job.parent for job in await workshop.groups.jobs(move)] == [soon.fine_tuned_model, late.fine_tuned_model]


async def test_the_same_act_makes_one_move_and_what_is_on_its_way_is_not_moved_again(
    make_workshop: MakeWorkshop, home: StandInProvider
) -> None:
    workshop = make_workshop()
    await workshop.made("support")
    first = await workshop.moves.start(a_caller(), EVERYTHING, HERE, "command/1")
    assert await workshop.moves.start(a_caller(), EVERYTHING, HERE, "command/1") == first
    with pytest.raises(NotFound, match="nothing_to_move"):
        await workshop.moves.start(a_caller(), EVERYTHING, HERE, "command/2")
    await workshop.submitter.settled()
    assert len(home.jobs) == 1


async def test_what_cannot_be_moved_is_said_with_its_reason_and_holds_up_no_other(
    make_workshop: MakeWorkshop, home: StandInProvider
) -> None:
    home.methods = ["supervised"]
    workshop = make_workshop()
    await workshop.made("support")
    preferences = await workshop.made("preferences", method="dpo")
    dataset = await workshop.datasets.get("ds-preferences")
    assert dataset is not None
    report = a_report(format="preference", method="dpo", sha256=dataset.sha256)
    await workshop.datasets.update(dataset.id, lambda known: msgspec.structs.replace(known, report=report))
    gone = await workshop.made("gone", training_file="file-gone")
    workshop.file_store.path("shagone").unlink()
    await workshop.planning._catalogue.offered(["home"])
    plan = await workshop.planning.plan(a_caller(), EVERYTHING)
    assert [one.model for one in plan.moved] == [f"ft:{MODEL}:acme:support:abc"]
    assert {one.model: one.why.kind for one in plan.not_moved} == {
        preferences.fine_tuned_model: "model_lacks_method",
        gone.fine_tuned_model: "data_gone",
    }


async def test_where_our_copy_is_gone_the_file_is_fetched_from_the_provider_that_has_it(
    make_workshop: MakeWorkshop, stand_in: StandInProvider, home: StandInProvider
) -> None:
    workshop = make_workshop()
    await workshop.made("support", training_file="file-1", dataset_id=None)
    content = b"\n".join(orjson.dumps(a_chat(f"Question {n}?", "Certainly.")) for n in range(12))
    stand_in.files["file-1"] = ("support.jsonl", content)
    move = await workshop.moves.start(a_caller(), EVERYTHING, HERE, "command/1")
    await workshop.submitter.settled()
    (job,) = home.jobs.values()
    assert home.files[job["training_file"]][1] == content
    dataset = await workshop.datasets.get(move.models[0].dataset_id)
    assert dataset is not None
    assert (dataset.name, dataset.owner) == ("support.jsonl", "U0ANA")


async def test_a_model_of_a_private_channel_is_not_moved_from_elsewhere(
    make_workshop: MakeWorkshop, home: StandInProvider
) -> None:
    workshop = make_workshop()
    secret = await workshop.made("secret", origin=Origin("T0ACME", "C0LEADS", True))
    with pytest.raises(NotFound, match="nothing_to_move"):
        await workshop.planning.plan(a_caller(), EVERYTHING)
    named = MoveRequest("home", HOME_MODEL, (str(secret.fine_tuned_model),))
    plan = await workshop.planning.plan(a_caller(BEN), named)
    assert [one.why.kind for one in plan.not_moved] == ["no_such_model"]
    there = a_caller(channel="C0LEADS", answers_in=Place("C0LEADS", alone=True), posts_in=Place("C0LEADS"))
    assert await workshop.planning.movable(there, "home") == [secret.fine_tuned_model]


async def test_a_model_that_came_after_the_plan_was_shown_is_not_moved_unseen(
    make_workshop: MakeWorkshop, home: StandInProvider
) -> None:
    workshop = make_workshop()
    await workshop.made("support")
    plan = await workshop.planning.plan(a_caller(), EVERYTHING)
    agreed = msgspec.structs.replace(EVERYTHING, shown=plan.digest)
    await workshop.made("late")
    with pytest.raises(Conflict, match="other_models_to_move"):
        await workshop.moves.start(a_caller(), agreed, HERE, "command/1")
    shown = (await workshop.planning.plan(a_caller(), EVERYTHING)).digest
    agreed = msgspec.structs.replace(EVERYTHING, shown=shown)
    move = await workshop.moves.start(a_caller(), agreed, HERE, "command/2")
    assert await workshop.moves.start(a_caller(), agreed, HERE, "command/2") == move
    await workshop.submitter.settled()
    assert len(home.jobs) == 2


async def test_one_approval_holds_for_the_whole_plan(make_workshop: MakeWorkshop, home: StandInProvider) -> None:
    workshop = make_workshop(Rules(approval_above=-1, deciders=("U0BEN",)))  # these cost nothing
    for name in ("one", "two"):
        await workshop.made(name)
    move = await workshop.moves.start(a_caller(), EVERYTHING, HERE, "command/1")
    await workshop.submitter.settled()
    assert not home.jobs
    _, jobs = await workshop.approvals.approve(a_caller(BEN, key="press/1"), move.id)
    assert {job.state for job in jobs} == {states.IN_LINE}


async def test_where_nothing_validated_the_old_model_a_part_is_held_out_before_the_new_one_is_trained(
    make_workshop: MakeWorkshop, home: StandInProvider
) -> None:
    workshop = make_workshop()
    await workshop.made("support", examples=60)
    plan = await workshop.planning.plan(a_caller(), EVERYTHING)
    assert [(one.source, one.count) for one in plan.examples] == [(From.HELD_OUT, 6)]
    assert len(await workshop.datasets.latest(10)) == 1  # a plan makes nothing
    move = await workshop.moves.start(a_caller(), EVERYTHING, HERE, "command/1")
    await workshop.submitter.settled()
    (moved,), (job,) = move.models, await workshop.groups.jobs(move)
    (trained,) = home.jobs.values()
    rest = home.files[trained["training_file"]][1].splitlines()
    held_out = home.files[trained["validation_file"]][1].splitlines()
    whole = workshop.file_store.path((await a_source(workshop)).sha256).read_bytes().splitlines()
    assert (len(rest), len(held_out), moved.held_out) == (54, 6, 6)
    assert sorted(rest + held_out) == sorted(whole)
    assert job.dataset_id == moved.dataset_id != "ds-support"


async def test_the_price_counts_the_answers_of_both_models_and_none_of_one_that_answers_no_more(
    make_workshop: MakeWorkshop, stand_in: StandInProvider
) -> None:
    workshop = make_workshop()
    job = await workshop.made("support", examples=12)
    plan = await workshop.planning.plan(a_caller(), EVERYTHING)
    assert [(one.source, one.count) for one in plan.examples] == [(From.TRAINING, 12)]
    assert plan.asking is not None
    assert 0 < plan.asking < 0.001  # some forty tokens an example
    stand_in.base_models = []
    stand_in.tuned, stand_in.shutdown_dates = [str(job.fine_tuned_model)], {str(job.fine_tuned_model): "2026-01-01"}
    await workshop.planning._catalogue.fine_tuned()
    assert (await workshop.planning.plan(a_caller(), EVERYTHING)).asking == 0


async def test_what_is_too_many_for_one_move_is_counted_and_comes_with_the_next(
    make_workshop: MakeWorkshop, home: StandInProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.moves.planning.MOST", 2)
    workshop = make_workshop()
    for name in ("one", "two", "three"):
        await workshop.made(name)
    plan = await workshop.planning.plan(a_caller(), EVERYTHING)
    assert (len(plan.moved), plan.later) == (2, 1)
    await workshop.moves.start(a_caller(), EVERYTHING, HERE, "command/1")
    await workshop.moves.start(a_caller(), EVERYTHING, HERE, "command/2")
    await workshop.submitter.settled()
    assert len(home.jobs) == 3


async def a_source(workshop: Workshop) -> Dataset:
    source = await workshop.datasets.get("ds-support")
    assert source is not None
    return source
