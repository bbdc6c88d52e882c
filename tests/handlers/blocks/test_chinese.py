"""Messages of jobs and training files in Chinese: nothing is left in English, and marks stand where Slack sees them."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from bot.datasets.dataset import Dataset
from bot.datasets.report import Offer
from bot.experiments.filters import Filters
from bot.experiments.interfaces import JobOutcome
from bot.experiments.search import JobPage
from bot.jobs import notice, states
from bot.jobs.assessment import UNASSESSED, Assessment, assess, rank
from bot.jobs.diagnosis import Diagnosis, Problem
from bot.jobs.estimate import TrainingTime
from bot.jobs.job import Approval, Job, Loss, QueuePlace
from bot.jobs.overview import AssessedJob
from bot.models.trainable import TrainableModel
from bot.providers.protocol import Checkpoint, JobError, Metrics
from bot.spending.budget import NotAdmitted
from handlers.blocks.card import card
from handlers.blocks.job_controls import question
from handlers.blocks.message import Message
from handlers.datasets.blocks import derived, report, split_modal
from handlers.datasets.blocks.sample import sample_modal
from handlers.experiments.blocks import job_page
from handlers.jobs.blocks.checkpoints import checkpoint_list
from handlers.jobs.blocks.jobs import job_status
from handlers.outgoing.notice_blocks import render
from handlers.start.blocks import modal as start_modal
from handlers.start.blocks.admission_preview import admission_preview, refusal_preview
from handlers.start.blocks.question import Pairing, start_question, still_reading
from handlers.start.blocks.submitted import submitted
from texts import estimates
from texts.datasets import report as texts
from texts.language import Language, speaking
from training_files.report import Column, ColumnMapping, Finding, Report, Table, Tokens
from training_files.sample import Sampled
from training_files.split import Split

See = Callable[[Message], str]
MakeJob = Callable[..., Job]
MakeDataset = Callable[..., Dataset]
MakeReport = Callable[..., Report]

# What is no sentence of ours: code, mentions, links, date tokens, names, and terms that stay English.
_NOT_OURS = re.compile(
    r"```.*?```|`[^`]*`|<[^>]*>|\S+\.jsonl → \S+|openai|acme|token|US\$|UTC|\bMB\b|CSV|TSV|JSONL?|Parquet|DPO|"
    r"Finetune Bot|Weights & Biases|OpenAI|Nebius|\{.*\}|\w+=\w+|\b(auto|Beta|low|medium|high|support|chat)\b",
    re.DOTALL,
)
_ENGLISH = re.compile(r"[A-Za-z]{2,}")
# A mark of bold beside a Chinese character is shown as it is.
_BOLD = re.compile(r"(.?)\*[^*\n]+\*(.?)")
_HAN = re.compile(r"[\u3400-\u9fff]")
_ENGLISH_MARKS = re.compile(r"[\u3400-\u9fff*`]: |[）\d], [\u3400-\u9fff]| \(")
_TIMES = [None, *(TrainingTime(seconds, trainings) for seconds, trainings in ((5.0, None), (40.0, 0), (700.0, 3)))]
_OFFERS = [Offer("`m`", usd, time, "acme") for usd in (None, 0.0, 0.001, 5.0) for time in _TIMES]
_MAPPINGS = (
    None,
    ColumnMapping("chat", {"user": "`c1`", "assistant": "`c2`"}),
    ColumnMapping("chat", {"conversation": "`c1`"}),
    ColumnMapping("preference", {"user": "`c1`", "preferred": "`c2`", "non_preferred": "`c3`"}),
)


def states_of_a_job(make_job: MakeJob) -> Iterator[Job]:
    for state in (*states.OURS, *states.ENDED, "validating_files", "queued", "running", "pausing", "paused"):
        yield make_job(state=state, queued_at=1_795_000_000.0, queue_position=3, queue_place=QueuePlace(1, 1, 2, 5))
    yield make_job(state="failed", error=JobError("invalid_file", "第 3 行"), suffix="helpdesk")
    yield make_job(state="awaiting_approval", approval=Approval(0, 5.0, tuple(f"U0{n}" for n in range(12))))
    yield make_job(
        state="cancelled", approval=Approval(0, 5.0, ("U0A",), approved=False, decided_by="U0A", reason="太贵")
    )
    for loss in Loss:
        yield make_job(
            state="succeeded", fine_tuned_model="ft:x", lost_models={"ft:x": loss}, finished_at=1_795_000_400.0
        )


def everything(make_job: MakeJob, measured: Assessment) -> Iterator[Message]:
    found = [Diagnosis(problem, False, 3.0, 9.0, best_step=20, best=1.0) for problem in Problem]
    assessments = [UNASSESSED, measured, *(msgspec.structs.replace(measured, diagnosis=one) for one in found)]
    for job in states_of_a_job(make_job):
        for assessment in assessments:
            yield card(job, assessment, now=1_795_000_200.0)
            yield job_status(job, None, assessment)
        bodies: list[Any] = [notice.Accepted(), notice.Started(), notice.Uncertain(), notice.Approved()]
        bodies += [notice.Linked("https://a.b/c"), notice.ApprovalAsked(again=True)]
        bodies += [notice.ProviderSaid(level, "") for level in ("warn", "error")]
        bodies += [notice.WaitsInLine(), notice.ProviderBusy(), notice.ProviderBack(), notice.Stuck(job.state, 2)]
        bodies += [notice.ProviderSilent(refusal) for refusal in (None, JobError("rate_limit_exceeded", ""))]
        bodies += [notice.Paused("U0A"), notice.Resumed("U0A")]
        bodies += [notice.CheckpointMade(Checkpoint("c", "ft:x", 30, Metrics(30)))]
        if job.state in states.ENDED:
            bodies += [notice.Ended(), notice.EndedElsewhere()]
        yield from (render(body, job, measured) for body in bodies)
        yield checkpoint_list(job, rank(job, [], [Checkpoint(f"c{step}", f"ft:{step}", step) for step in range(12)]))
        yield from (question(act, job, "a.jsonl → b") for act in ("cancel", "pause", "resume"))
        assessed = [AssessedJob(job, assess(job, []))] * 2
        yield job_page(JobPage(Filters(sort="cost"), assessed, {job.id: JobOutcome(usd=1.5)}, 2, 3, 22), {})
    yield job_page(JobPage(Filters(), [], {}, 1, 1, 0), {})
    yield job_page(JobPage(Filters(model="x"), [], {}, 1, 1, 0), {})


def test_a_jobs_messages_are_all_chinese(make_job: MakeJob, measured: Assessment, seen: See) -> None:
    with speaking(Language.CHINESE):
        shown = {line for message in everything(make_job, measured) for line in seen(message).splitlines()}
        shown |= {message.text for message in everything(make_job, measured)}
    _all_chinese(shown)


def of_training_files(make_dataset: MakeDataset, make_report: MakeReport) -> Iterator[Message]:
    line, whole = Finding("x", 3, message="第三行不对。"), Finding("y", None, message="太少。")
    lines = [msgspec.structs.replace(line, line=number) for number in range(9)]
    hints = [msgspec.structs.replace(each, severity="warning") for each in (line, whole)]
    asked = {"epochs": 5}
    for found in (
        make_report(**asked),
        make_report(**asked, warnings=hints),
        make_report(**asked, ok=False, errors=[whole, *lines], counts={"x": 2_000}),
        make_report(**asked, ok=False, examples=0, errors=[whole]),
        make_report(**asked, ok=False, errors=[Finding("x", n, message=f"第 {n} 种。") for n in range(3)]),
        make_report(**asked, ok=False, errors=[Finding(f"x{n}", n, message="不对。") for n in range(9)]),
        make_report(**asked, method="reinforcement", tokens=Tokens(9, 9, 9, 9, 9, False, "o200k_base")),
        make_report(complete=False, errors=[whole]),
    ):
        for more in ({}, {"obstacle": "没有。"}, {"validation": make_dataset()}, {"validates": "a.jsonl"}):
            yield report.report(make_dataset(report=found), offers=_OFFERS, **more)
        yield report.report(make_dataset(report=found))
    for kind in ("csv", "tsv", "xlsx", "json", "jsonl", "parquet", "?"):
        for mapping in _MAPPINGS:
            columns = tuple(Column(f"`c{n}`", ("", "问")) for n in range(15))
            table = Table(kind, 3, columns, mapping, exact=kind != "csv")
            yield report.report(make_dataset(report=make_report(ok=False, examples=0, table=table)))
    dataset = make_dataset()
    yield from (report.reading("a"), report.deleted("a"), report.unreadable("a", texts.went_wrong()))
    yield from (report.findings_there("https://a.b/c"), derived.under_way("a"), derived.made_before(dataset, None))
    yield from (report.growing(make_dataset(bytes=size), make_report(bytes=10)) for size in (1, 9_000_000))
    for said in (
        report.findings_attached(dataset, 3),
        report.findings_attached(make_dataset(report=make_report(counts={"x": 9})), 3),
        derived.split("U0A", dataset, Split(8, 2, None)),
        derived.split("U0A", dataset, Split(8, 2, "类别")),
    ):
        yield Message(said)
    examples = [Sampled(3, "chat", tuple((who, "") for who in ("system", "user", "assistant", "tool", "preferred")))]
    for view in (
        split_modal.split_modal(dataset, "C1"),
        sample_modal(dataset, examples, "C1"),
        sample_modal(dataset, [], "C1"),
    ):
        yield Message(view.title.text, tuple(view.blocks))
        yield from (Message(each.text) for each in (view.submit,) if each is not None)
    wrong = split_modal.read_split({})
    assert isinstance(wrong, dict)
    yield from map(Message, wrong.values())


def test_a_training_files_messages_are_all_chinese(
    make_dataset: MakeDataset, make_report: MakeReport, seen: See
) -> None:
    with speaking(Language.CHINESE):
        messages = list(of_training_files(make_dataset, make_report))
        _all_chinese({line for message in messages for line in (*seen(message).splitlines(), message.text)})


def of_starting_a_job(make_job: MakeJob, make_dataset: MakeDataset, make_report: MakeReport) -> Iterator[Message]:
    models = [TrainableModel("m", "openai", "`m`", 5.0), TrainableModel("n", "openai", "`n`", certain=False)]
    tuned = TrainableModel("ft:m", "openai", "`ft`", 0.0, tuned=True)
    own = make_dataset(id="ds-2", name="`b.jsonl`")
    views = [
        start_modal.start_modal(dataset=None, models=[]),
        start_modal.start_modal(dataset=make_dataset(report=make_report(method="dpo")), models=[], provider="acme"),
        start_modal.start_modal(dataset=None, file_id="file-1", models=models),
    ]
    for method in (None, "supervised", "dpo", "reinforcement"):
        found = make_report(method=method, tokens=Tokens(9, 9, 9, 9, 9, method is None, "o200k_base"))
        dataset = make_dataset(name="数据.jsonl", report=found)
        for words in ({}, {"epochs": "3"}, {"epochs": "many"}, {"model": "ft:m", "validation": "ds-2"}):
            offered = [*models, tuned]
            others: dict[str, Any] = {"datasets_for_validation": [own], "files": [dataset, own], "overlap": 3}
            views.append(start_modal.start_modal(dataset=dataset, models=offered, words=words))
            views.append(start_modal.start_modal(dataset=dataset, models=offered, words=words, diverged="8", **others))
    for view in views:
        yield Message(view.title.text, tuple(view.blocks))
        yield from (Message(each.text) for each in (view.submit, view.close) if each is not None)
        yield from (Message(text) for block in view.blocks for text in _inputs(block.to_dict()))
    for job in states_of_a_job(make_job):
        preview = Message(admission_preview(job) or "无")
        yield from (preview, submitted(job))
    yield Message(refusal_preview(NotAdmitted("nobody_to_approve", above=1.0)))
    for pairing in (Pairing(), Pairing(validation="a"), Pairing(training="a")):
        yield start_question("a", {"model": "ft:m"}, estimates.not_known(), "value", pairing=pairing)
        yield start_question("a", {"model": "m"}, estimates.not_known(), "x" * 3_000, pairing=pairing)
    yield from (still_reading("a"), still_reading(None))


def _inputs(block: dict[str, Any]) -> Iterator[str]:
    """What stands on an input and in its menu."""
    if block["type"] != "input":
        return
    element = block["element"]
    entries = [*element.get("options", ()), *(o for g in element.get("option_groups", ()) for o in g["options"])]
    texts = [block["label"], block.get("hint"), element.get("placeholder")]
    texts += [entry.get("description") for entry in entries]
    texts += [entry["text"] for entry in entries if block["block_id"] == "method"]
    yield from (each["text"] for each in texts if each is not None)


def test_what_is_said_when_a_job_is_started_is_all_chinese(
    make_job: MakeJob, make_dataset: MakeDataset, make_report: MakeReport, seen: See
) -> None:
    with speaking(Language.CHINESE):
        messages = list(of_starting_a_job(make_job, make_dataset, make_report))
        _all_chinese({line for message in messages for line in (*seen(message).splitlines(), message.text)})


def _all_chinese(shown: set[str]) -> None:
    left = sorted(line for line in shown if _ENGLISH.search(_NOT_OURS.sub("", line)))
    assert left == []
    assert sorted(line for line in shown if _ENGLISH_MARKS.search(line)) == []
    beside = [(line, *mark.groups()) for line in shown for mark in _BOLD.finditer(line)]
    assert [line for line, before, after in beside if _HAN.search(before + after)] == []
    assert beside


@pytest.mark.parametrize("language", Language)
def test_a_card_says_where_a_job_stands(make_job: MakeJob, seen: See, t0: float, language: Language) -> None:
    with speaking(language):
        lines = seen(card(make_job(), now=t0 + 200)).splitlines()
    assert (
        lines[1:4]
        == {
            Language.ENGLISH: [
                "✓ Checked · ✓ Queued · ● *Training* · ○ Ready",
                "▰▰▰▰▰▰▱▱▱▱▱▱▱▱▱▱▱▱▱▱ 30% · step 30 of 100, epoch 2 of 4",
                "Training for 2 min, about 5 min left",
            ],
            Language.CHINESE: [
                "✓ 已检查 · ✓ 排队中 · ● *训练中* · ○ 已就绪",
                "▰▰▰▰▰▰▱▱▱▱▱▱▱▱▱▱▱▱▱▱ 30% · 第 30 步，共 100 步，第 2 轮，共 4 轮",
                "已训练 2 分钟，大约还需 5 分钟",
            ],
        }[language]
    )
