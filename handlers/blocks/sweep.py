"""A sweep in Slack: its card with the table, what is said in its thread, and what is asked of approvers."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from slack_sdk.models.blocks import Block

from bot.jobs import states
from bot.jobs.estimate import cost_so_far, real_cost
from bot.jobs.figures import Figure, Quantity
from bot.jobs.job import Job
from bot.jobs.notice import GroupApprovalAsked, GroupApproved, GroupBody, GroupEnded, GroupLinked, SuccessorOffered
from bot.sweeps.ranking import Outcome, Ranking, Run, best_first, rank
from bot.sweeps.sweep import Sweep
from handlers.blocks import group_approval
from handlers.blocks.approval_text import decision
from handlers.blocks.card import JOB_CHAT, JOB_EVALUATE, outcome, symbol
from handlers.blocks.data_table import Cell, DataTable, Number
from handlers.blocks.message import Message
from handlers.blocks.model_name import named
from handlers.blocks.parts import actions, button, confirm, context, header, line, message, section
from handlers.blocks.text import bold, code, date, link, one_line, person
from texts import sweeps as texts
from texts.evaluations.question import evaluate_button
from texts.figures import name as figure_name
from texts.formats import figure, labelled, money, percent, sentences
from texts.jobs import chat_button
from texts.notices import its_own_thread

STOP: Final = "sweep_stop"
_MOST_CHATS: Final = 3


def sweep_card(sweep: Sweep, runs: Sequence[Run], links: Mapping[str, str]) -> Message:
    """`links`: of the jobs' cards, by the job's id, as far as there are any."""
    ended = [run for run in runs if run.job.state in states.ENDED]
    ranking = rank(runs) if len(ended) == len(runs) else None
    best = ranking.best[0] if ranking and ranking.outcome is Outcome.BEST else None
    name = texts.title(one_line(sweep.file), len(runs))
    progress = texts.progress(len(ended), len(runs), [code(setting) for setting in sweep.varied])
    table = _table(sweep, best_first(runs) if ranking else runs, best)
    blocks: list[Block] = [header(f"{_symbol(runs)} {name}"), section(progress), table]
    if there := [link(links[run.job.id], str(run.number)) for run in runs if run.job.id in links]:
        blocks.append(section(texts.cards(" · ".join(there))))
    if len(ended) < len(runs):
        heading, consequence, yes, no = texts.stop_question()
        question = confirm(heading, consequence, yes, no)
        blocks.append(actions(button(texts.stop_button(), STOP, sweep.id, style="danger", confirm=question)))
    elif ranking is not None:
        blocks += _offers(ranking)
    parts = [texts.started_by(person(sweep.requester)), date(sweep.created_at), texts.sweep_id(code(sweep.id))]
    if runs and (decided := decision(runs[0].job)):
        parts.append(decided)
    blocks.append(context(" · ".join(parts)))
    return message(labelled(code(name, 150), progress), blocks)


def configuration(run: Run) -> str:
    """ "epochs=3, lr=0.5", as mrkdwn."""
    return code(", ".join(f"{name}={value}" for name, value in run.member.words.items()), 150)


def render(body: GroupBody, sweep: Sweep, runs: Sequence[Run]) -> Message:
    """What is said in the sweep's thread, or of it elsewhere."""
    jobs = [run.job for run in runs]
    match body:
        case GroupLinked():
            thread = link(body.card_permalink, its_own_thread(len(jobs)))
            return line(texts.linked(person(sweep.requester), len(jobs), thread))
        case GroupApprovalAsked():
            return group_approval.asked(sweep, jobs, again=body.again)
        case GroupApproved():
            return group_approval.go_on(sweep, jobs)
        case GroupEnded():
            return _ended(sweep, runs)
        case SuccessorOffered():
            raise TypeError(body)


def _symbol(runs: Sequence[Run]) -> str:
    """The state of all at a glance: of those that go on the first, at the end a finished one."""
    going = [run for run in runs if run.job.state not in states.ENDED]
    training = [run for run in going if run.job.state == states.RUNNING]
    made = [run for run in runs if run.job.state == states.SUCCEEDED]
    run = next(iter([*training, *going, *made, *runs]), None)
    return symbol(run.job) if run else ""


def _table(sweep: Sweep, runs: Sequence[Run], best: Run | None) -> DataTable:
    by: Quantity = runs[0].by if runs else "loss"
    columns = ["#", *sweep.varied, texts.state_column(), _heading(by, "training"), _heading(by, "validation")]
    accuracy = by == "loss" and any(run.figure("mean_token_accuracy", "validation") for run in runs)
    if accuracy:
        columns.append(_heading("mean_token_accuracy", "validation"))
    rows = []
    for run in runs:
        number = f"{run.number} ★ {texts.best_mark()}" if best is run else str(run.number)
        cells: list[Cell] = [Number(run.number, number), *(run.member.words[name] for name in sweep.varied)]
        cells.append(f"{symbol(run.job, run.assessment)} {_plain(outcome(run.job, run.assessment))}")
        cells += [_measured(run.figure(by, "training")), _measured(run.figure(by, "validation"))]
        if accuracy:
            cells.append(_measured(run.figure("mean_token_accuracy", "validation")))
        rows.append([*cells, _cost(run.job)])
    return DataTable(texts.caption(), [*columns, texts.cost_column()], rows)


def _plain(mrkdwn: str) -> str:
    return mrkdwn.replace("`", "").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _heading(quantity: Quantity, part: str) -> str:
    return figure_name(quantity, validates=part == "validation")


def _measured(found: Figure | None) -> Cell:
    if found is None:
        return "–"
    return Number(found.value, percent(found.value) if "accuracy" in found.quantity else figure(found.value))


def _cost(job: Job) -> Cell:
    ended = job.state in states.ENDED
    cost = real_cost(job) if ended else cost_so_far(job)
    if cost is None:
        cost = job.estimated_cost if job.state not in (states.FAILED, states.CANCELLED) else None
    if job.estimated_cost == 0:
        cost = 0
    return "–" if cost is None else Number(cost, money(cost))


def _ended(sweep: Sweep, runs: Sequence[Run]) -> Message:
    who, jobs = person(sweep.requester), [run.job for run in runs]
    declined = next((job for job in jobs if job.approval is not None and job.approval.approved is False), None)
    if declined is not None:
        return line(texts.not_approved(who, decision(declined)))
    ranking = rank(runs)
    failed = sum(job.state == states.FAILED for job in jobs)
    cancelled = sum(job.state == states.CANCELLED for job in jobs)
    text = sentences(
        _verdict(who, ranking),
        texts.failed(failed) if failed else "",
        texts.cancelled(cancelled) if cancelled else "",
    )
    return message(text, [section(text), *_offers(ranking)])


def _verdict(who: str, ranking: Ranking) -> str:
    settings = [configuration(run) for run in ranking.best]
    match ranking.outcome:
        case Outcome.NO_MODEL:
            return texts.no_model(who)
        case Outcome.NOT_MEASURED:
            return texts.not_measured(who, len(ranking.best))
        case Outcome.NOT_COMPARABLE:
            return texts.not_comparable(who, settings)
    best = ranking.best[0]
    heading, value = _heading(best.by, "validation").lower(), figure(best.measured)
    if ranking.outcome is Outcome.TOO_NEAR:
        return texts.too_near(who, settings, heading, value)
    return texts.best(who, settings[0], named(best.job.fine_tuned_model or ""), heading, value)


def _offers(ranking: Ranking) -> list[Block]:
    """A button for each model that is among the best."""
    shown = ranking.best[:_MOST_CHATS]
    if len(shown) == 1:
        style: Literal["primary"] | None = "primary" if ranking.outcome is Outcome.BEST else None
        job_id = shown[0].job.id
        chat = button(chat_button(), JOB_CHAT, job_id, style=style)
        return [actions(chat, button(evaluate_button(), JOB_EVALUATE, job_id))]
    return [
        section(
            f"{bold(str(run.number))} · {configuration(run)}\n{named(run.job.fine_tuned_model or '')}",
            button=button(chat_button(), JOB_CHAT, run.job.id),
        )
        for run in shown
    ]
