"""Whatever is shown stays within Slack's limits, pings nobody and gives no secret away, whatever went into it.

Limits from the Block Kit reference, docs.slack.dev, read 2026-11-21, written down here once more on purpose.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import msgspec
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.access import Actor, Caller, Place
from bot.audit import Entry, Outcome
from bot.collections.collection import Collection, Example
from bot.collections.gist import Gist
from bot.collections.learned import Learned
from bot.collections.selection import Filter, Selection
from bot.collections.views import (
    BY_PAGE,
    EXAMPLES_BY_PAGE,
    CollectionPage,
    CollectionSummary,
    CollectionView,
    Done,
    ExamplePage,
    ExampleView,
)
from bot.conversations.conversation import Conversation
from bot.dashboard import Dashboard
from bot.datasets.columns import LAYOUTS, proposed_columns
from bot.datasets.dataset import Dataset
from bot.datasets.provider_files import ProviderFile
from bot.datasets.repairing import ProposedRepairs
from bot.datasets.report import Offer
from bot.digest.digest import Digest, RetiresSoon
from bot.evaluations.differences import ToldDifference
from bot.evaluations.result import ModelGain
from bot.evaluations.run import Reason
from bot.evaluations.statistics import Estimate, compare
from bot.evaluations.statistics.intervals import Method
from bot.experiments.filters import Filters
from bot.experiments.search import JobPage
from bot.home import PAGE, Home, Scored, Spot, Tab, TeamModel
from bot.jobs import notice, states
from bot.jobs.assessment import assess, rank
from bot.jobs.estimate import TrainingTime
from bot.jobs.job import Job, Origin
from bot.jobs.overview import AssessedJob
from bot.jobs.settings import SETTINGS, JobSettings
from bot.jobs.timeline import Delivered, LastNews, Measured, Moment, Received, Sent, Stored
from bot.jobs.timeline import Ended as JobEnded
from bot.models.model import FineTunedModel
from bot.models.retirement_calendar import CalendarEntry
from bot.models.trainable import TrainableModel
from bot.moves.examples import Examples, From
from bot.moves.move import MOST as MOST_MOVED
from bot.moves.move import Move, MovedModel
from bot.moves.planning import MovePlan, MoveRequest, NotMoved
from bot.moves.progress import Moving, Stage
from bot.providers.chat import Parameters
from bot.providers.config import NAME
from bot.providers.interface import RemoteEvent, RemoteFile
from bot.providers.protocol import Checkpoint, Hyperparameters, JobError, Metrics
from bot.rehearsals.progress import Losses, Standing, Trained
from bot.rehearsals.progress import Stage as RehearsalStage
from bot.rehearsals.rehearsal import CURVE, WHOLE, Point, Rehearsal
from handlers.blocks import card, errors, job_controls, modals, text
from handlers.blocks import help as help_blocks
from handlers.blocks.message import Message
from handlers.blocks.move import move_card, other_offers
from handlers.blocks.move import render as render_move
from handlers.blocks.rehearsal import rehearsal_card
from handlers.blocks.rehearsal import render as render_rehearsal
from handlers.chat import blocks as chat
from handlers.collections import blocks as sets
from handlers.collections import forms
from handlers.datasets.blocks import report, split_modal
from handlers.datasets.blocks.sample import sample_modal
from handlers.experiments.blocks import job_page
from handlers.home.blocks import home_view
from handlers.jobs.blocks import checkpoints, history, jobs
from handlers.models import blocks as models
from handlers.moves.modal import Target, move_modal
from handlers.moves.plan import plan_message
from handlers.outgoing import notice_blocks as notices
from handlers.outgoing.digest_blocks import digest
from handlers.provider_files import blocks as files
from handlers.repair import blocks as repair_modal
from handlers.start.blocks import modal as start_modal
from handlers.start.blocks import question as start_question
from handlers.start.form import read_form
from tests.parts import a_dataset, a_job
from texts.commands import Description
from training_files.repair import LostLine, ProposedRepair, Remark, RepairPlan, RepairResult
from training_files.repair.repairs import BY_ID
from training_files.report import Column, ColumnMapping, Finding, Report, Table, Tokens
from training_files.sample import Sampled

KEY = "sk-proj-abcdefghijklmnop1234"
PERMALINK = "https://team.slack.com/archives/C1/p1795000000000100?thread_ts=1.2&cid=C1"
NASTY = [
    "",
    " ",
    "\n\n\n",
    "<!channel> <!here> <!everyone> <!subteam^S1> <@U999> <#C999> <https://evil.test|click>",
    "&amp;&lt;&" * 700,
    "```` ``` `code` *bold* _it_ ~no~",
    "#general http://evil.test @here",
    "🦙" * 3000,
    "a" * 20_000,
    "\x00\x1b[31m\ud800\u202egnp.exe",
    "训练数据" * 500,
    f"Incorrect API key provided: {KEY}.",
    "word " * 4000,
    "{}\\\"'|^",
    "line\n" * 5000,
]


@st.composite
def nasty(draw: st.DrawFn) -> str:
    """Named, or Hypothesis would write out all of it wherever it shows a strategy."""
    return draw(st.sampled_from(NASTY))


texts = nasty() | st.text(max_size=40)
ids = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
long_ids = ids | st.sampled_from(["ft:" + "m" * 149, "m" * 1999, "m" * 2500, "🦙" * 76, "<!channel>"])
times = st.none() | st.floats(0, 4e9) | st.just(1e300)
moments = st.floats(0, 4e9)
numbers = st.none() | st.floats() | st.just(0.0)
training_times = st.none() | st.builds(TrainingTime, st.floats(0, 1e9), st.none() | st.integers(0, 10))
counts = st.integers(-5, 10**12)
metrics = st.builds(Metrics, counts, st.none() | counts, numbers, numbers, numbers, numbers, numbers, numbers)
findings = st.builds(
    Finding,
    texts,
    st.none() | counts,
    st.sampled_from(["error", "warning"]),
    st.none() | texts,
    texts,
    message=texts,
)
tables = st.builds(
    Table,
    st.sampled_from(["csv", "xlsx", "odd"]),
    st.integers(0, 10**9),
    st.lists(st.builds(Column, texts, st.lists(texts, max_size=3).map(tuple)), max_size=5).map(tuple),
    st.none()
    | st.builds(ColumnMapping, st.just("chat"), st.dictionaries(st.sampled_from(["user", "assistant"]), texts)),
    texts,
)
reports = st.builds(
    Report,
    ok=st.booleans(),
    format=texts,
    examples=st.integers(0, 10**9),
    errors=st.lists(findings, max_size=12) | st.builds(lambda f: [f] * 1000, findings),
    warnings=st.lists(findings, max_size=12),
    counts=st.dictionaries(texts, st.integers(0, 10**9), max_size=5),
    tokens=st.builds(
        Tokens,
        total=st.integers(0, 10**12),
        max=st.integers(0, 10**9),
        median=st.integers(0, 10**9),
        p95=st.integers(0, 10**9),
        billed=st.integers(0, 10**12),
        exact=st.booleans(),
        tokenizer=texts,
        why=texts,
    ),
    epochs=st.integers(1, 50),
    cost=st.dictionaries(long_ids, numbers, max_size=3),
    model=long_ids,
    bytes=st.integers(0, 10**12),
    sha256=ids,
    epochs_reason=texts,
    method=st.none() | st.sampled_from(["supervised", "dpo", "reinforcement"]),
    table=st.none() | tables,
    complete=st.booleans(),
)
others = texts.filter(lambda kind: kind != "same_as_line")  # Hypothesis draws words of the code, too
remarks = st.builds(Remark, others) | st.builds(lambda line: Remark("same_as_line", {"line": line}), counts)
proposals = st.builds(
    ProposedRepair,
    st.sampled_from(sorted(BY_ID)),
    counts,
    st.none() | counts,
    texts | remarks,
    texts | remarks,
    st.booleans(),
    st.booleans(),
    always=st.booleans(),
    mark=texts,
)
lost = st.lists(st.builds(LostLine, counts, remarks), max_size=8).map(tuple)
repairs = st.lists(proposals, max_size=20, unique_by=lambda one: one.id).map(tuple)
plans = st.builds(RepairPlan, repairs, st.none(), counts, texts, lost, counts)
collected = st.builds(
    Collection,
    ids,
    texts.filter(str.strip),
    st.just("U0ADA"),
    ids,
    ids,
    st.booleans(),
    moments,
    licence=texts,
    review=st.booleans(),
)
learned = st.builds(Learned, st.just(()), st.lists(long_ids, max_size=8).map(tuple), st.just(0), st.integers(0, 99))
in_sets = st.builds(
    Example,
    ids,
    ids,
    st.just("{}"),
    st.sampled_from(["thread", "preference", "<!channel>"]),
    ids,
    ids,
    st.booleans(),
    st.lists(st.just("U0BEN"), max_size=30).map(tuple),
    st.just("U0ADA"),
    moments,
    model=st.none() | long_ids,
    unreviewed=st.booleans(),
    reviewer=st.none() | st.just("U0CAI"),
)
sampled = st.builds(Sampled, counts, texts, st.lists(st.tuples(texts, texts), max_size=30).map(tuple), left_out=counts)
datasets = st.builds(
    Dataset,
    id=ids,
    sha256=ids,
    name=texts,
    bytes=counts,
    owner=ids,
    team=ids,
    channel=ids,
    channel_private=st.booleans(),
    thread_ts=ids,
    created_at=moments,
    report=st.none() | reports,
    lengths_file=st.none() | st.just("F1"),
)
job_values = st.builds(
    Job,
    id=ids,
    state=st.sampled_from(sorted(states.STATES)) | texts,
    provider=texts,
    base_model=texts | long_ids,
    requester=st.sampled_from(["U0ADA", "W1", "<!channel>", ""]),
    origin=st.just(Origin("T1", "C1", private=False)),
    created_at=moments,
    hyperparameters=st.builds(Hyperparameters, n_epochs=st.integers(-1, 50) | st.just("auto")),
    suffix=st.none() | texts,
    file_name=st.none() | texts,
    training_file=st.none() | ids,
    provider_job_id=st.none() | texts,
    started_at=times,
    finished_at=times,
    estimated_finish=times,
    estimated_cost=numbers,
    trained_tokens=st.none() | counts,
    fine_tuned_model=st.none() | texts | long_ids,
    error=st.none() | st.builds(JobError, st.none() | texts, texts),
    latest=st.none() | metrics,
)
measurements = st.lists(metrics, max_size=30)
bodies = st.one_of(
    st.builds(notice.Accepted),
    st.builds(notice.Started),
    st.builds(notice.CheckpointMade, st.builds(Checkpoint, ids, texts | long_ids, counts, st.none() | metrics)),
    st.builds(notice.ProviderSaid, texts, texts),
    st.builds(notice.Ended),
    st.builds(notice.EndedElsewhere),
    st.builds(notice.Uncertain),
    st.builds(notice.Linked, st.sampled_from([PERMALINK, "javascript:alert(1)", "", "<!channel>"])),
)
options = st.builds(TrainableModel, long_ids, texts, texts, numbers)
tuned = st.builds(FineTunedModel, long_ids, texts, st.none() | ids, times, st.none() | texts, st.none() | st.dates())
quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@quick
@given(datasets, st.lists(st.builds(Offer, long_ids, numbers, training_times), max_size=9), texts)
def test_reports_of_any_file_fit(dataset: Dataset, offers: list[Offer], alt: str) -> None:
    assert_fits(report.report(dataset, offers=offers, picture_alt=alt))
    assert_harmless(report.findings_attached(dataset, 7))


@settings(quick, max_examples=12)
@given(datasets, tables, plans, ids)
def test_the_modals_of_repair_fit(dataset: Dataset, table: Table, plan: RepairPlan, validation: str) -> None:
    selection = repair_modal.Selection("C1", dataset.id[:40], validation=validation[:40])
    wide = msgspec.structs.replace(table, columns=table.columns * 40)
    assert_view_fits(repair_modal.columns_modal(dataset, wide, selection, proposed_columns(wide)).to_dict())
    for layout in LAYOUTS:
        chosen = proposed_columns(table, layout)
        assert_view_fits(repair_modal.columns_modal(dataset, table, selection, chosen).to_dict())
    assert_view_fits(repair_modal.repairs_modal(dataset, ProposedRepairs(plan, None, (), None), selection).to_dict())
    others = tuple(msgspec.structs.replace(dataset, id=f"ds-{number}") for number in range(120))
    proposed = ProposedRepairs(plan, table.mapping, others, "ds-7")
    assert_view_fits(repair_modal.repairs_modal(dataset, proposed, selection).to_dict())


@quick
@given(datasets, lost, st.dictionaries(st.sampled_from(sorted(BY_ID)), counts, max_size=8), texts)
def test_what_repairing_did_fits(
    dataset: Dataset, left: tuple[LostLine, ...], changed: dict[str, int], mark: str
) -> None:
    done = RepairResult(5, 2, changed, left, len(left) + 3, "aa", 10, marks={"separator": mark})
    said = repair_modal.repaired("U0ADA", dataset, done)
    assert 1 <= length(said) <= 3000
    assert_harmless(said)


@quick
@given(datasets, st.lists(sampled, max_size=3), texts)
def test_other_windows_fit(dataset: Dataset, examples: list[Sampled], sentence: str) -> None:
    assert_view_fits(sample_modal(dataset, examples, "{}").to_dict())
    assert_view_fits(split_modal.split_modal(dataset, "{}").to_dict())
    assert_view_fits(modals.looking("Repair", dataset.name).to_dict())
    assert_view_fits(modals.sorry("Repair", sentence).to_dict())


@settings(quick, max_examples=20)
@given(texts, texts)
@example("", f"Incorrect API key provided: {KEY}.")
def test_short_messages_fit(one: str, other: str) -> None:
    described = Description(one, other, "x", (one,))
    parameters = Parameters(0.25, 0.5, 100, (one, other), 7)
    tools = tuple({"type": "function", "function": {"name": one}} for _ in range(128))
    talk = Conversation(
        "cv-1", one, "T0ACME", "C0A", "1.0", other, 1.0, system=other, parameters=parameters, tools=tools, question=one
    )
    for message in (
        report.reading(one),
        report.unreadable(one, other),
        errors.refusal(one),
        errors.failure(one, other),
        help_blocks.help_message([(one, [described] * 60), *[(one, [described])] * 59]),
        help_blocks.near_miss(one, other, slash=True),
        help_blocks.what_there_is(one),
        help_blocks.command_help("status", described),
        chat.conversation_shown(talk),
        chat.model_warming(one),
        chat.message_too_long(one),
        chat.model_gone(talk),
        chat.ask_in_thread(one, other),
        chat.files_left_out([(one, other)] * 30),
    ):
        assert_fits(message)


@quick
@given(job_values, measurements, st.floats(0, 4e9), st.none() | st.just("F1"), texts)
def test_cards_of_any_job_fit(job: Job, told: list[Metrics], now: float, chart: str | None, alt_text: str) -> None:
    found = assess(job, told)
    assert_fits(card.card(job, found, now=now, chart_file_id=chart, chart_alt_text=alt_text))
    assert_fits(jobs.job_status(job, PERMALINK, found))


@quick
@given(bodies, job_values, measurements, st.none() | st.just("F1"))
def test_notices_of_every_kind_fit(body: notice.JobBody, job: Job, told: list[Metrics], chart: str | None) -> None:
    assert_fits(notices.render(body, job, assess(job, told), chart_file_id=chart))


@settings(quick, max_examples=20)
@given(job_values, long_ids)
def test_digests_fit(job: Job, model: str) -> None:
    jobs, soon = [job] * 30, [RetiresSoon(model, date(2027, 1, 14), 20)] * 30
    assert_fits(digest(Digest(0.0, 1.0, ended=jobs, running=jobs, waiting=jobs, retiring=soon, budget=1e9)))


@settings(quick, max_examples=20)
@given(job_values, st.lists(options, max_size=4), st.lists(tuned, max_size=4))
def test_long_lists_fit(job: Job, base: list[TrainableModel], made: list[FineTunedModel]) -> None:
    page = JobPage(Filters(model="m" * 300, sort="cost"), [AssessedJob(job)] * 10, {}, 2, 20, 200)
    assert_fits(job_page(page, {job.id: PERMALINK}))
    assert_fits(models.model_list(base * 40, made * 40))
    shown = [AssessedJob(job)] * PAGE
    needs = Dashboard(running=[job] * 9, approvals=[job] * 9, uncertain=[job] * 9, failed=[job] * 9)
    assert_view_fits(home_view(Home(Spot(), pages=3, needs=needs, jobs=shown), "D1", {job.id: PERMALINK}), "home")
    tuned = [TeamModel(model, 1.0, Scored(model.id, 0.5, 3, job.resource)) for model in (made * PAGE)[:PAGE]]
    ending = [
        CalendarEntry(
            model.id, model.name, model.base_model, date(2027, 1, 1 + at), 1 + at, owner="U1", last_used_at=1.0
        )
        for at, model in enumerate(made[:5])
    ]
    at_models = Home(Spot(Tab.MODELS), pages=3, needs=needs, may_submit=True, models=tuned, retiring=ending)
    assert_view_fits(home_view(at_models, "D1", {}), "home")


@settings(quick, max_examples=15)
@given(
    st.none() | datasets,
    st.lists(options, max_size=6),
    st.none() | texts,
    st.lists(datasets, max_size=3),
    st.none() | st.dictionaries(st.sampled_from(SETTINGS), texts),
    st.sampled_from(["", "{}", "x" * 3000]),
)
def test_the_modal_fits_and_can_be_sent_as_it_opens(
    dataset: Dataset | None,
    offered: list[TrainableModel],
    file_id: str | None,
    others: list[Dataset],
    words: dict[str, str] | None,
    private_metadata: str,
) -> None:
    offered += [numbered(option, number) for option in offered[:1] for number in range(120)]
    view = start_modal.start_modal(
        dataset=dataset,
        file_id=file_id,
        models=offered,
        words=words,
        datasets_for_validation=others * 60,
        files=others * 60,
        private_metadata=private_metadata,
    ).to_dict()
    assert_view_fits(view)
    if not offered:
        assert "submit" not in view
        return
    form = read_form(untouched(view), offered)
    if not words and isinstance(form, dict):
        # Only a model whose very name is none may be refused then, and what reinforcement asks of a person.
        assert set(form) <= {"model", "grader", "validation"}


def numbered(option: TrainableModel, number: int) -> TrainableModel:
    return TrainableModel(f"{option.id}-{number}", f"provider {number % 3}", option.label, None)


def untouched(view: dict[str, Any]) -> dict[str, dict[str, dict[str, object]]]:
    """The values that Slack sends when a person just presses the button."""
    values: dict[str, dict[str, dict[str, object]]] = {}
    for block in view["blocks"]:
        if block["type"] == "input":
            element = block["element"]
            values[block["block_id"]] = {
                element["action_id"]: {
                    "type": element["type"],
                    "value": element.get("initial_value"),
                    "selected_option": element.get("initial_option"),
                }
            }
    return values


@settings(quick, max_examples=10)
@given(long_ids, texts, st.floats(0, 1), st.booleans())
def test_rehearsals_fit(model: str, said: str, score: float, curve: bool) -> None:
    shares = CURVE if curve else WHOLE
    place, compared = Place("C1"), compare([0.0] * 20, [1.0] * 20, [""] * 20, seed=0)
    trained = []
    for share in shares:
        job = a_job(id=f"job-{share}", state="succeeded", fine_tuned_model=model, file_name=said or None)
        estimate = Estimate(score, score, score, 20, 20, Method.WILSON)
        trained.append(
            Trained(Point(job.id, share, int(1000 * share)), job, losses=Losses((3, 1), (3, 1)), score=estimate)
        )
    rehearsal = Rehearsal(
        id="rehearsal-1",
        requester="U0ADA",
        origin=Origin("T1", "C1", False),
        created_at=0.0,
        asker=Caller(Actor("U0ADA", "T1"), "T1", "C1", place, place, "k", 0.0),
        provider=said,
        base_model=model,
        dataset_id="ds",
        file=said,
        points=tuple(one.point for one in trained),
        held_out="ds-2",
        examples_held_out=20,
    )
    shown = RehearsalStage.EVALUATED
    standing = Standing(shown, tuple(trained), trained[0].score, None if curve else compared, compared, compared)
    told = [ToldDifference(1, said, said, model, said, model, said, 0.0, 1.0)] * 3
    assert_fits(rehearsal_card(rehearsal, standing, {one.job.id: PERMALINK for one in trained}))
    assert_fits(render_rehearsal(notice.GroupEnded(), rehearsal, standing, told))
    assert_fits(render_rehearsal(notice.GroupLinked(PERMALINK), rehearsal, standing))


@settings(quick, max_examples=10)  # each has fifty models
@given(long_ids, texts, st.none() | texts)
def test_moves_of_many_models_fit(model: str, said: str, why: str | None) -> None:
    gain = ModelGain("new", model, compare([0.0] * 20, [1.0] * 20, [""] * 20, seed=0))
    moving = []
    for number in range(MOST_MOVED):
        settings = JobSettings("home", "base")
        moved = MovedModel(
            f"{model}{number}", f"job-{number}", settings, "ds", ("lr", "batch"), retires="2027-01-14", held_out=6
        )
        if why is not None:
            moved = msgspec.structs.replace(moved, not_evaluated=Reason(why, by_provider=True))
        job = a_job(id=f"job-{number}", state="succeeded", fine_tuned_model=f"new-{number}", file_name=said or None)
        evaluated = why is None
        stage = Stage.EVALUATED if evaluated else Stage.NOT_EVALUATED
        moving.append(Moving(moved, job, stage, gain=gain if evaluated else None))
    origin, place = Origin("T1", "C1", False), Place("C1")
    move = Move(
        id="move-1",
        requester="U0ADA",
        origin=origin,
        created_at=0.0,
        provider=said,
        asker=Caller(Actor("U0ADA", "T1"), "T1", "C1", place, place, "k", 0.0),
        models=tuple(one.moved for one in moving),
    )
    assert_fits(move_card(move, moving, {one.job.id: PERMALINK for one in moving}))
    assert_fits(other_offers(move, moving))
    assert_fits(render_move(notice.GroupEnded(), move, moving))
    not_moved = [NotMoved(model, Reason(said, by_provider=True))] * 30
    examples = [Examples(source, a_dataset(), 200) for source in (*From, *[From.HELD_OUT] * MOST_MOVED)][: len(moving)]
    plan = MovePlan(move.models, [one.job for one in moving], not_moved, examples, later=3)
    assert_fits(plan_message(MoveRequest(said, "base", (model,)), plan, "v" * 2000))
    assert_fits(plan_message(MoveRequest(said, "base"), MovePlan((), (), not_moved), "v"))


@quick
@given(st.lists(long_ids, unique=True, min_size=1, max_size=120), st.from_regex(NAME, fullmatch=True))
def test_the_window_for_a_move_fits(models: list[str], provider: str) -> None:
    offered = [TrainableModel(model, provider, model) for model in dict.fromkeys([*models, "base"])]
    shown = move_modal(dict.fromkeys([*models, "ft:ours"], date(2027, 1, 14)), models, offered, Target("C1"))
    assert_view_fits(shown.to_dict())


# ---- the checker: Slack's limits and our own promises -----------------------------------------------------------

ALLOWED_TAGS = re.compile(
    r"<@[UW][A-Za-z0-9]+>"
    r"|<#C1>"
    r"|<!subteam\^S[A-Za-z0-9]+>"
    r"|<!date\^\d+\^\{date_short_pretty\} \{time(_secs)?\}\|[0-9: UTC-]+>"
    r"|<" + re.escape(PERMALINK.replace("&", "&amp;")) + r"\|[^<>]+>"
)


def assert_fits(message: Message, redacted: str = "") -> None:
    arguments = message.as_arguments()
    text, blocks = arguments["text"], arguments["blocks"]
    assert isinstance(text, str)
    assert isinstance(blocks, list)
    assert 1 <= length(text) <= 4000
    assert 1 <= len(blocks) <= 50
    assert sum(length(leaf) for leaf in strings(blocks)) <= 10_000
    assert_harmless(text)
    for block in blocks:
        assert_block_fits(block)
    msgspec.json.encode(arguments)


def assert_view_fits(view: dict[str, Any], kind: str = "modal") -> None:
    assert view["type"] == kind
    for name in ("title", "submit", "close"):
        assert name not in view or 1 <= length(view[name]["text"]) <= 24
    assert length(view.get("private_metadata", "")) <= 3000
    assert 1 <= len(view["blocks"]) <= 100
    has_inputs = any(block["type"] == "input" for block in view["blocks"])
    assert "submit" in view or not has_inputs or kind == "home"
    block_ids = [block["block_id"] for block in view["blocks"] if "block_id" in block]
    assert len(block_ids) == len(set(block_ids))
    for block in view["blocks"]:
        assert_block_fits(block)
    assert len(msgspec.json.encode(view)) <= 250_000


def assert_block_fits(block: dict[str, Any]) -> None:
    match block["type"]:
        case "section":
            assert "text" in block or block["fields"]
            if "text" in block:
                assert_text(block["text"], 3000)
            assert len(block.get("fields", [])) <= 10
            for field in block.get("fields", []):
                assert_text(field, 2000)
            if "accessory" in block:
                assert_element(block["accessory"])
        case "header":
            assert block["text"]["type"] == "plain_text"
            assert_text(block["text"], 150)
        case "context":
            assert 1 <= len(block["elements"]) <= 10
            for element in block["elements"]:
                assert_text(element, 2000)
        case "actions":
            assert 1 <= len(block["elements"]) <= 25
            action_ids = [element["action_id"] for element in block["elements"]]
            assert len(action_ids) == len(set(action_ids))
            for element in block["elements"]:
                assert_element(element)
        case "image":
            assert 1 <= length(block["alt_text"]) <= 2000
            assert block["slack_file"] == {"id": "F1"}
            assert "image_url" not in block
        case "input":
            for name in ("label", "hint"):
                if name in block:
                    assert block[name]["type"] == "plain_text"
                    assert_text(block[name], 2000)
            assert_element(block["element"])
        case "data_table":
            assert 1 <= len(block["rows"]) <= 101
            assert all(len(row) <= 20 for row in block["rows"])
        case "data_visualization":
            assert length(block["title"]) <= 50
            series, axes = block["chart"]["series"], block["chart"]["axis_config"]
            assert 1 <= len(series) <= 6
            assert len({one["name"] for one in series}) == len(series)
            assert all(1 <= length(name) <= 20 for name in [*axes["categories"], *(one["name"] for one in series)])
            assert all([at["label"] for at in one["data"]] == axes["categories"] for one in series)
            assert max(length(axes["x_label"]), length(axes["y_label"])) <= 50
        case "divider":
            pass
        case other:
            raise AssertionError(f"no rule for {other}")


def assert_element(element: dict[str, Any]) -> None:
    assert 1 <= length(element["action_id"]) <= 255
    match element["type"]:
        case "button":
            assert_text(element["text"], 75)
            assert 1 <= length(element["value"]) <= 2000
            if "confirm" in element:
                for name, limit in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
                    assert_text(element["confirm"][name], limit)
        case "static_select":
            groups = element.get("option_groups")
            assert (groups is None) != ("options" not in element)
            assert groups is None or 1 <= len(groups) <= 100
            for group in groups or []:
                assert_text(group["label"], 75)
                assert 1 <= len(group["options"]) <= 100
            every = [o for group in groups for o in group["options"]] if groups else element["options"]
            assert 1 <= len(every) <= 100
            values = [option["value"] for option in every]
            assert len(values) == len(set(values))
            assert element.get("initial_option") in [*every, None]
            for option in every:
                assert_text(option["text"], 75)
                assert 1 <= length(option["value"]) <= 150
                if "description" in option:
                    assert_text(option["description"], 75)
        case "multi_static_select":
            assert 1 <= len(element["options"]) <= 100
            for option in element["options"]:
                assert_text(option["text"], 75)
                assert 1 <= length(option["value"]) <= 150
            assert all(option in element["options"] for option in element.get("initial_options", []))
        case "overflow" | "checkboxes":
            assert 1 <= len(element["options"]) <= (5 if element["type"] == "overflow" else 10)
            for option in element["options"]:
                assert_text(option["text"], 75)
                assert 1 <= length(option["value"]) <= 150
                if "description" in option:
                    assert_text(option["description"], 75)
        case "number_input":
            assert element["min_value"].isdecimal()
            assert "is_decimal_allowed" in element
        case "plain_text_input":
            if "placeholder" in element:
                assert_text(element["placeholder"], 150)
            assert length(element.get("initial_value", "")) <= element["max_length"] <= 3000
        case "users_select" | "datepicker":
            pass
        case other:
            raise AssertionError(f"no rule for {other}")


def assert_text(text: dict[str, Any], limit: int) -> None:
    assert 1 <= length(text["text"]) <= limit
    if text["type"] == "mrkdwn":
        assert text["verbatim"] is True
        assert_harmless(text["text"])
    else:
        assert "\n" not in text["text"]
        assert KEY not in text["text"]


def assert_harmless(text: str) -> None:
    """No mention, link or secret beyond those that are ours."""
    assert KEY not in text
    rest = re.sub("^> ", "", ALLOWED_TAGS.sub("", text), flags=re.MULTILINE)  # a line that is quoted
    assert "<" not in rest
    assert ">" not in rest
    assert not re.search(r"&(?!amp;|lt;|gt;)", rest)
    assert not re.search("[\x00-\x08\x0e-\x1f\ud800-\udfff\u202e]", text)


def length(text: str) -> int:
    """As UTF-16 counts, the larger of the usual ways."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def test_the_checker_itself_sees_what_is_wrong() -> None:
    bad: list[Callable[[], None]] = [
        lambda: assert_harmless("hello <!channel>"),
        lambda: assert_harmless("<https://evil.test|click>"),
        lambda: assert_harmless("cut in the middle of &am"),
        lambda: assert_text({"type": "mrkdwn", "text": "x" * 3001, "verbatim": True}, 3000),
        lambda: assert_block_fits({"type": "header", "text": {"type": "plain_text", "text": "🦙" * 76}}),
    ]
    for check in bad:
        try:
            check()
        except AssertionError:
            continue
        raise AssertionError("the checker let it pass")


remote_events = st.builds(RemoteEvent, ids, moments, st.sampled_from(["info", "warn", "odd"]), texts, texts)
happened = st.one_of(
    st.builds(Received, ids, moments, counts, st.sampled_from(["done", "pending", "failed"])),
    st.builds(Stored, ids, ids),
    st.builds(Sent, texts),
    st.just(LastNews()),
    st.builds(Measured, counts, texts),
    st.builds(JobEnded, texts, st.none() | st.builds(JobError, st.none() | ids, texts)),
    st.builds(Entry, ids, moments, ids, texts, ids, outcome=st.sampled_from(Outcome), details=texts),
    st.builds(Delivered, texts, st.sampled_from(["posted", "given_up"]), counts, moments, st.none() | moments, texts),
    remote_events,
)
occasions = st.builds(Moment, moments, happened, st.none() | ids)
listed_checkpoints = st.lists(st.builds(Checkpoint, ids, long_ids, counts, st.none() | metrics), max_size=14)
remote_files = st.builds(RemoteFile, ids, texts, counts, moments)
provider_files = st.lists(
    st.builds(ProviderFile, remote_files, texts, ids, st.lists(ids, max_size=4).map(tuple), st.booleans()), max_size=3
)


@quick
@given(job_values, st.lists(remote_events, max_size=4), st.lists(occasions, max_size=4), st.integers(1, 3))
def test_histories_fit(job: Job, told: list[RemoteEvent], what: list[Moment], page: int) -> None:
    assert_fits(history.event_page(job, (told * 20)[: history.PAGE], page, 900))
    assert_fits(history.timeline_page(job, what * 20, page))


@settings(quick, max_examples=10)
@given(
    collected,
    st.lists(in_sets, min_size=EXAMPLES_BY_PAGE, max_size=EXAMPLES_BY_PAGE, unique_by=lambda one: one.id),
    learned,
    st.builds(Gist, texts, texts, st.none() | texts),
    st.lists(st.builds(Done, st.just("U0ADA"), texts, moments, st.integers(1, 99)), max_size=5).map(tuple),
    st.booleans(),
)
def test_training_sets_and_their_examples_fit(
    collection: Collection, held: list[Example], models: Learned, gist: Gist, done: tuple[Done, ...], may: bool
) -> None:
    summary = CollectionSummary(collection, 3, 2, models, 1)
    page = [ExampleView(one, gist, models, one.contributors, may, may) for one in held]
    where = forms.About("C1", collection.id, "1.0")
    selection = Selection(collection, tuple(held), 9)
    for message in (
        sets.overview(CollectionPage((summary,) * BY_PAGE, 2, 3)),
        sets.one(CollectionView(summary, {one.origin: 2 for one in held}, done, may)),
        sets.examples(ExamplePage(collection, tuple(page), 99, 2, 9, may), {held[0].id: PERMALINK}),
        sets.selection(selection, Filter(text=text.clean(gist.question)[:100]), text.clean(collection.name)[:100]),
    ):
        assert_fits(message)
    assert_view_fits(forms.describe_modal(collection, where).to_dict())
    assert_view_fits(forms.merge_modal(collection, [collection], where).to_dict())
    assert_view_fits(forms.filter_modal(collection, held, where).to_dict())


@quick
@given(job_values, listed_checkpoints, provider_files, texts, st.booleans())
def test_lists_of_checkpoints_and_files_fit(
    job: Job, made: list[Checkpoint], rows: list[ProviderFile], provider: str, admin: bool
) -> None:
    assert_fits(checkpoints.checkpoint_list(job, rank(job, [], made)))
    assert_fits(files.file_list(provider, rows * 8, 2, admin=admin))


@quick
@given(job_values, texts, texts, st.dictionaries(st.sampled_from(SETTINGS), texts), long_ids)
def test_questions_before_something_is_done_fit(
    job: Job, name: str, estimate: str, words: dict[str, str], value: str
) -> None:
    for act in ("cancel", "pause", "resume"):
        assert_fits(job_controls.question(act, job, name))
    assert_fits(start_question.start_question(name, words, text.quoted(estimate), value, preview=text.quoted(estimate)))
