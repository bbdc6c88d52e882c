"""What is running, what needs the person, what they can do; and their settings."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final, TypeVar

from slack_sdk.models.blocks import Block

from bot.dashboard import Dashboard, GroupApproval, Review
from bot.datasets.dataset import Dataset
from bot.evaluations.run import Run
from bot.generation.generation import Generation
from bot.jobs import states
from bot.jobs.assessment import UNASSESSED, Assessment
from bot.jobs.job import Job
from bot.judges.check import JudgeCheck
from bot.personal_settings import PersonalSettings
from handlers.blocks import approval, group_approval
from handlers.blocks.approval_text import necessity
from handlers.blocks.card import again_button, linked_title, outcome, symbol, uncertain_buttons
from handlers.blocks.help import CHAT, COMPARE, DATASETS, EVALUATE, HELP, JOBS, MODELS, SETTINGS, START
from handlers.blocks.message import Message
from handlers.blocks.parts import actions, button, context, divider, message, section
from handlers.blocks.text import bold, channel, code, date, person, progress_bar, quoted
from handlers.collections.blocks import QUEUE, Spot
from handlers.datasets.blocks import report
from texts import launcher as texts
from texts import personal_settings
from texts.compare import compare_button
from texts.evaluations.question import evaluate_button
from texts.formats import listed, sentences
from texts.jobs import start_button

DIRECTLY: Final = "approvals_directly"
MOST: Final = 5
_MOST_OF_A_KIND: Final = 3

T = TypeVar("T")


def launcher(seen: Dashboard, links: Mapping[str, str]) -> Message:
    """`links`: to the cards of jobs, by job id."""
    needed = needing(seen, links)
    blocks: list[Block] = [section(bold(texts.running_heading())), *_running(seen, links)]
    blocks += [section(bold(texts.needs_you_heading())), *(needed or [section(texts.nothing_needs_you())])]
    blocks += [divider(), section(bold(texts.can_do_heading())), *_ways_on()]
    return message(texts.in_notifications(len(seen.running) + len(seen.runs), _count(seen)), blocks)


def settings(of: PersonalSettings) -> Message:
    on = of.approvals_directly
    switch = personal_settings.switch_off_button() if on else personal_settings.switch_on_button()
    state = personal_settings.approvals_on() if on else personal_settings.approvals_off()
    approvals = section(
        f"{bold(personal_settings.approvals())}\n{state}", button=button(switch, DIRECTLY, "off" if on else "on")
    )
    heading = personal_settings.heading()
    return message(f"{heading}\n{state}", [section(bold(heading)), approvals, context(personal_settings.language())])


def _running(seen: Dashboard, links: Mapping[str, str]) -> Iterator[Block]:
    if seen.nothing_yet and not seen.ready:
        yield section(texts.first_job(bold(start_button())))
        return
    lines = [job_line(job, links.get(job.id)) for job in seen.running] + [_run(run) for run in seen.runs]
    yield section("\n".join(lines[:MOST]) or texts.nothing_runs())
    yield from _more(len(lines) - MOST)


def running_runs(runs: Sequence[Run]) -> Iterator[Block]:
    """Evaluations and checks of judges; nothing where there are none."""
    if runs:
        yield section("\n".join(map(_run, runs[:MOST])))
        yield from _more(len(runs) - MOST)


def job_line(job: Job, permalink: str | None, assessment: Assessment = UNASSESSED) -> str:
    """Its state, how far it is, what it is and whose. `permalink`: of its card."""
    name = linked_title(job, permalink, 100)
    latest = job.latest if job.state == states.RUNNING else None
    progress = f" {progress_bar(latest.step, latest.total_steps, width=10)}" if latest and latest.total_steps else ""
    state = bold(outcome(job, assessment))
    return f"{symbol(job, assessment)} {state}{progress} {name}\n{_by(job.requester, job.origin.channel)}"


def _run(run: Run) -> str:
    models = listed([code(model, 60) for model in run.models])
    match run:
        case JudgeCheck():
            what = texts.judge_check(models)
        case Generation():
            what = texts.generation(models)
        case _:
            what = texts.evaluation(models)
    return f"🔵 {what}\n{_by(run.owner, run.channel)}"


def _by(user: str, where: str) -> str:
    return texts.by(person(user), channel(where))


def needed_jobs(seen: Dashboard) -> list[Job]:
    """Those that `needing` shows."""
    kinds = (seen.approvals, seen.uncertain, seen.failed)
    return [job for jobs in kinds for job in jobs[:_MOST_OF_A_KIND]]


def needing(seen: Dashboard, links: Mapping[str, str]) -> list[Block]:
    """What needs the person, each thing with its buttons. `links`: to the cards of jobs, by job id."""
    return [
        *_some(seen.approvals, partial(_approval, links=links)),
        *_some(seen.group_approvals, _group_approval),
        *_some(seen.uncertain, partial(_uncertain, links=links)),
        *_some(seen.failed, partial(_failed, links=links)),
        *_some(seen.reviews, _review),
        *_some(seen.ready, _ready),
    ]


def _count(seen: Dashboard) -> int:
    kinds: Sequence[Sequence[object]] = (
        seen.approvals,
        seen.group_approvals,
        seen.uncertain,
        seen.failed,
        seen.reviews,
        seen.ready,
    )
    return sum(map(len, kinds))


def _some(things: Sequence[T], shown: Callable[[T], Sequence[Block]]) -> Iterator[Block]:
    """The latest few."""
    for thing in things[:_MOST_OF_A_KIND]:
        yield from shown(thing)
    yield from _more(len(things) - _MOST_OF_A_KIND)


def _more(count: int) -> Iterator[Block]:
    if count > 0:
        yield context(texts.more(count))


def _approval(job: Job, links: Mapping[str, str]) -> Sequence[Block]:
    return [
        section(f"✋ {sentences(approval.wish(job, links.get(job.id)), necessity(job))}"),
        actions(*approval.buttons(job)),
    ]


def _group_approval(waiting: GroupApproval) -> Sequence[Block]:
    text = sentences(group_approval.wish(waiting.group), group_approval.necessity(waiting.jobs))
    return [section(f"✋ {text}"), actions(*group_approval.buttons(waiting.group))]


def _uncertain(job: Job, links: Mapping[str, str]) -> Sequence[Block]:
    return [
        section(f"❓ {texts.uncertain(linked_title(job, links.get(job.id), 100))}"),
        actions(*uncertain_buttons(job)),
    ]


def _failed(job: Job, links: Mapping[str, str]) -> Sequence[Block]:
    text = texts.failed(linked_title(job, links.get(job.id), 100), date(job.finished_at or job.created_at))
    return [section(f"❌ {text}", button=again_button(job))]


def _review(review: Review) -> Sequence[Block]:
    text = texts.reviews(review.count, bold(quoted(review.collection.name, 100)))
    queue = Spot(review.collection.id, unreviewed=True).value
    return [section(f"📝 {text}", button=button(texts.review_button(), QUEUE, queue))]


def _ready(dataset: Dataset) -> Sequence[Block]:
    return [
        section(f"📄 {texts.ready(code(dataset.name, 100))}", button=button(start_button(), report.START, dataset.id))
    ]


def _ways_on() -> Sequence[Block]:
    return [
        actions(
            button(texts.start_button(), START, "start"),
            button(texts.chat_button(), CHAT, "chat"),
            button(compare_button(), COMPARE, "compare"),
            button(evaluate_button(), EVALUATE, "evaluate"),
        ),
        actions(
            button(texts.jobs_button(), JOBS, "jobs"),
            button(texts.models_button(), MODELS, "models"),
            button(texts.datasets_button(), DATASETS, "datasets"),
            button(texts.settings_button(), SETTINGS, "settings"),
            button(texts.help_button(), HELP, "help"),
        ),
    ]
