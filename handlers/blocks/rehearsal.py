"""A rehearsal in Slack: its card with the table, and what is said in its thread."""

from collections.abc import Mapping, Sequence
from typing import Final

from slack_sdk.models.blocks import Block

from bot.evaluations.differences import ToldDifference
from bot.evaluations.statistics import Compared, Estimate, Verdict
from bot.jobs import states
from bot.jobs.notice import GroupApprovalAsked, GroupApproved, GroupBody, GroupEnded, GroupLinked, SuccessorOffered
from bot.rehearsals.data import needed_for
from bot.rehearsals.progress import Stage, Standing, Trained
from bot.rehearsals.rehearsal import CURVE as SHARES
from bot.rehearsals.rehearsal import Rehearsal
from bot.rehearsals.verdict import MoreData, more_data
from handlers.blocks import group_approval
from handlers.blocks.card import JOB_CHAT, outcome, symbol
from handlers.blocks.data_table import Cell, DataTable, Number
from handlers.blocks.figures import diagnosis
from handlers.blocks.file_buttons import CURVE, START
from handlers.blocks.line_chart import LineChart
from handlers.blocks.message import Message
from handlers.blocks.parts import actions, button, confirm, context, header, line, message, section
from handlers.blocks.runs import why_words
from handlers.blocks.text import bold, code, date, link, one_line, person, quoted
from handlers.blocks.verdict import SYMBOLS, interval
from texts import rehearsals as texts
from texts import sweeps as sweep_texts
from texts.evaluations import figures
from texts.formats import figure, labelled, number, percent, sentences, with_remark
from texts.jobs import chat_button
from texts.notices import its_own_thread

STOP: Final = "rehearsal_stop"
_WORDS: Final = 300
# As a share of where it was: what is called a change of the loss.
_CLEAR_CHANGE: Final = 0.05


def rehearsal_card(rehearsal: Rehearsal, standing: Standing, links: Mapping[str, str]) -> Message:
    """`links`: to the jobs' cards, by the job's id, as far as there are any."""
    name = _title(rehearsal)
    progress = sentences(_about(rehearsal), _progress(rehearsal, standing))
    jobs = [one.job for one in standing.trained]
    blocks: list[Block] = [header(f"{_symbol(standing)} {name}"), section(progress), _table(rehearsal, standing)]
    if rehearsal.is_curve and (chart := _chart(standing)) is not None:
        blocks.append(chart)
    if standing.stage is Stage.EVALUATED:
        blocks.append(section(_verdict(rehearsal, standing)))
    if there := [link(links[job.id], str(n)) for n, job in enumerate(jobs, start=1) if job.id in links]:
        blocks.append(section(sweep_texts.cards(" · ".join(there))))
    if any(job.state not in states.ENDED for job in jobs):
        question = confirm(*sweep_texts.stop_question())
        blocks.append(actions(button(sweep_texts.stop_button(), STOP, rehearsal.id, style="danger", confirm=question)))
    blocks.append(
        context(
            " · ".join(
                [
                    sweep_texts.started_by(person(rehearsal.requester)),
                    date(rehearsal.created_at),
                    texts.rehearsal_id(code(rehearsal.id)),
                ]
            )
        )
    )
    return message(labelled(code(name, 150), progress), blocks)


def started_words(rehearsal: Rehearsal) -> str:
    """For whoever started it."""
    file, model = code(rehearsal.file), code(rehearsal.base_model, 80)
    say = texts.curve_started if rehearsal.is_curve else texts.started
    return say(file, model)


def render(
    body: GroupBody, rehearsal: Rehearsal, standing: Standing, examples: Sequence[ToldDifference] = ()
) -> Message:
    """What is said in its thread, or of it elsewhere."""
    jobs = [one.job for one in standing.trained]
    match body:
        case GroupLinked():
            thread = link(body.card_permalink, its_own_thread())
            say = texts.curve_linked if rehearsal.is_curve else texts.linked
            return line(say(person(rehearsal.requester), code(rehearsal.base_model, 80), thread))
        case GroupApprovalAsked():
            return group_approval.asked(rehearsal, jobs, again=body.again)
        case GroupApproved():
            return group_approval.go_on(rehearsal, jobs)
        case GroupEnded():
            return _ended(rehearsal, standing, examples)
        case SuccessorOffered():
            raise TypeError(body)


def _title(rehearsal: Rehearsal) -> str:
    say = texts.curve_title if rehearsal.is_curve else texts.title
    return say(one_line(rehearsal.file))


def _about(rehearsal: Rehearsal) -> str:
    model = code(rehearsal.base_model, 80)
    return texts.about_curve(model) if rehearsal.is_curve else texts.about(model)


def _progress(rehearsal: Rehearsal, standing: Standing) -> str:
    match standing.stage:
        case Stage.TRAINING:
            ended = sum(one.job.state in states.ENDED for one in standing.trained)
            return texts.training(ended, len(standing.trained)) if rehearsal.is_curve else texts.training_one()
        case Stage.EVALUATING:
            return texts.evaluating(rehearsal.examples_held_out)
        case Stage.EVALUATED:
            return texts.measured_on(rehearsal.examples_held_out) if rehearsal.unseen else texts.all_seen()
        case Stage.NOT_EVALUATED:
            return _not_evaluated(standing)
        case Stage.NOT_TRAINED:
            return texts.no_model()


def _not_evaluated(standing: Standing) -> str:
    return texts.not_evaluated(why_words(standing.why)) if standing.why else texts.evaluation_cancelled()


def _symbol(standing: Standing) -> str:
    """The state of all at a glance: of those that go on the first, at the end that of all examples."""
    going = [one for one in standing.trained if one.job.state not in states.ENDED]
    one = next(iter(going), standing.whole)
    return symbol(one.job, one.assessment)


def _table(rehearsal: Rehearsal, standing: Standing) -> DataTable:
    columns = [
        texts.examples_column(),
        texts.share_column(),
        sweep_texts.state_column(),
        texts.training_loss_column(),
        texts.held_out_loss_column(),
        texts.score_column(),
        texts.interval_column(),
    ]
    rows: list[list[Cell]] = []
    if standing.base is not None:
        rows.append([Number(0, "0"), "–", texts.base_model(), "–", "–", *_score(standing.base)])
    for one in standing.trained:
        rows.append(
            [
                Number(one.point.examples, number(one.point.examples)),
                percent(one.point.share, 0),
                f"{symbol(one.job, one.assessment)} {outcome(one.job, one.assessment).replace('`', '')}",
                _fall(one.losses.training),
                _fall(one.losses.held_out),
                *_score(one.score),
            ]
        )
    return DataTable(texts.caption(), columns, rows)


def _score(estimate: Estimate | None) -> tuple[Cell, Cell]:
    if estimate is None or estimate.value is None:
        return "–", "–"
    return Number(100 * estimate.value, figures.score(estimate.value)), figures.span(estimate.low, estimate.high)


def _fall(loss: tuple[float, float] | None) -> str:
    return f"{figure(loss[0])} → {figure(loss[1])}" if loss else "–"


def _chart(standing: Standing) -> LineChart | None:
    """The scores over the number of examples, between the ends of their intervals."""
    known = [
        (one.point.examples, one.score.value, one.score.low, one.score.high) for one in standing.trained if one.score
    ]
    if standing.base is not None:
        known.insert(0, (0, standing.base.value, standing.base.low, standing.base.high))
    shown = [
        (n, 100 * value, 100 * low, 100 * high)
        for n, value, low, high in known
        if value is not None and low is not None and high is not None
    ]
    if len(shown) < 2 or len({n for n, *_ in shown}) < len(shown):
        return None
    return LineChart(
        texts.chart_title(),
        [number(n) for n, *_ in shown],
        {
            texts.score_column(): [round(value, 1) for _, value, _, _ in shown],
            texts.low_series(): [round(low, 1) for _, _, low, _ in shown],
            texts.high_series(): [round(high, 1) for _, _, _, high in shown],
        },
        x_label=texts.examples_column(),
        y_label=texts.score_axis(),
        in_words=" · ".join(
            labelled(number(n), with_remark(f"{value:.1f}", f"{low:.1f}–{high:.1f}")) for n, value, low, high in shown
        ),
    )


def _verdict(rehearsal: Rehearsal, standing: Standing) -> str:
    return _of_more(rehearsal, standing) if rehearsal.is_curve else _of_learning(rehearsal, standing.learned)


def _of_learning(rehearsal: Rehearsal, compared: Compared | None) -> str:
    if compared is None or compared.gain is None:
        return texts.nothing_graded()
    before, after = bold(figures.score(compared.before)), bold(figures.score(compared.after))
    say = {
        Verdict.BETTER: texts.learns,
        Verdict.WORSE: texts.unlearns,
        Verdict.CANNOT_TELL: texts.cannot_tell_learning,
    }[compared.verdict]
    told = say(before, after, figures.points(compared.gain), interval(compared), compared.n)
    seen = "" if rehearsal.unseen else texts.all_seen()
    return f"{SYMBOLS[compared.verdict]} {sentences(told, seen)}"


def _of_more(rehearsal: Rehearsal, standing: Standing) -> str:
    last = standing.last_doubling
    said = more_data(standing, rehearsal.examples_held_out)
    gain = figures.points(last.gain) if last and last.gain is not None else "–"
    between = interval(last) if last else figures.no_interval()
    match said:
        case MoreData.HELPS:
            return f"🟢 {texts.more_helps(gain, between)}"
        case MoreData.PROBABLY_NOT:
            return f"⚪ {texts.more_would_not(gain, between)}"
        case MoreData.NOT_LEARNED:
            return f"⚪ {texts.curve_not_learned()}"
        case MoreData.CANNOT_TELL:
            needed = texts.would_be_needed(last.needed) if last and last.needed else ""
            told = texts.more_cannot_tell(gain, between, rehearsal.examples_held_out)
            return f"⚪ {sentences(told, needed, _last_losses(standing))}"


def _last_losses(standing: Standing) -> str:
    """Of the held-out examples at the end, which tell more of few than their score does; "" where one is missing."""
    losses = [one.losses.held_out for one in standing.trained[-2:]]
    ends = [loss[1] for loss in losses if loss is not None]
    return texts.last_losses(*map(figure, ends)) if len(ends) == 2 else ""


def _ended(rehearsal: Rehearsal, standing: Standing, examples: Sequence[ToldDifference]) -> Message:
    who = person(rehearsal.requester)
    if standing.stage is Stage.NOT_TRAINED:
        return line(texts.ended_without(who, code(rehearsal.file)))
    say = texts.curve_ended if rehearsal.is_curve else texts.ended
    heading = say(who, code(rehearsal.file))
    measured = standing.stage is Stage.EVALUATED
    verdict = _verdict(rehearsal, standing) if measured else _not_evaluated(standing)
    blocks: list[Block] = [section(f"{heading}\n{verdict}")]
    if not rehearsal.is_curve:
        blocks += _of_training(standing.whole)
        blocks += _examples(examples)
    offered = [button(texts.for_real_button(), START, rehearsal.dataset_id, style="primary")]
    if not rehearsal.is_curve and _is_enough(rehearsal):
        offered.append(button(texts.curve_button(), CURVE, rehearsal.dataset_id))
    offered.append(button(chat_button(), JOB_CHAT, standing.whole.job.id))
    blocks += [actions(*offered), context(texts.small_model())]
    return message(sentences(heading, verdict), blocks)


def _is_enough(rehearsal: Rehearsal) -> bool:
    """For a learning curve."""
    return rehearsal.points[0].examples >= needed_for(SHARES)


def _of_training(trained: Trained) -> list[Block]:
    losses = trained.losses
    told = [
        texts.training_loss(*map(figure, losses.training)) if losses.training else "",
        _held_out_loss(*losses.held_out) if losses.held_out else "",
        diagnosis(trained.job, trained.assessment),
    ]
    return [section("\n".join(filter(None, told)))] if any(told) else []


def _held_out_loss(before: float, after: float) -> str:
    change = (after - before) / before if before > 0 else 0.0
    if abs(change) < _CLEAR_CHANGE:
        return texts.held_out_loss_stayed(figure(before), figure(after))
    say = texts.held_out_loss_fell if change < 0 else texts.held_out_loss_rose
    return say(figure(before), figure(after), percent(abs(change), 0))


def _examples(examples: Sequence[ToldDifference]) -> list[Block]:
    """What the model answers before and after."""
    return [
        section(
            "\n".join(
                [
                    bold(quoted(one.question, _WORDS)),
                    labelled(texts.expected(), quoted(one.reference, _WORDS)),
                    labelled(texts.before(), quoted(one.base, _WORDS)),
                    labelled(texts.after(), quoted(one.answer, _WORDS)),
                ]
            )
        )
        for one in examples
    ]
