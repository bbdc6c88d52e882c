"""A move in Slack: its card with the table, and what is said in its thread."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Final

from slack_sdk.models.blocks import Block

from bot.evaluations.statistics import Verdict
from bot.jobs import states
from bot.jobs.notice import GroupApprovalAsked, GroupApproved, GroupBody, GroupEnded, GroupLinked, SuccessorOffered
from bot.models.names import short_name
from bot.moves.move import Move
from bot.moves.progress import Moving, Stage
from handlers.blocks import group_approval
from handlers.blocks.approval_text import decision
from handlers.blocks.card import outcome, symbol
from handlers.blocks.data_table import Cell, DataTable, Number
from handlers.blocks.message import Message
from handlers.blocks.model_name import named
from handlers.blocks.parts import actions, button, confirm, context, header, line, message, section
from handlers.blocks.runs import why_words
from handlers.blocks.text import bold, code, date, link, person, quoted
from handlers.blocks.verdict import interval, verdict_words
from texts import moves as texts
from texts import succession as succession_texts
from texts import sweeps as sweep_texts
from texts.evaluations import figures
from texts.formats import full_day, labelled, sentences, with_remark
from texts.notices import its_own_thread

STOP: Final = "move_stop"
ADOPT: Final = "move_adopt"
OPEN: Final = "move_open"
OFFERS: Final = "move_offers"
ALL: Final = "all"
_MOST_OFFERS: Final = 20
"""On the card; the others are shown to whoever asks for them."""


def move_card(move: Move, moving: Sequence[Moving], links: Mapping[str, str]) -> Message:
    """`links`: of the jobs' cards, by the job's id, as far as there are any."""
    trained = sum(one.job.state == states.SUCCEEDED for one in moving)
    evaluated = sum(one.stage is Stage.EVALUATED for one in moving)
    name = texts.title(len(moving), quoted(move.provider, 60))
    progress = texts.progress(trained, evaluated, len(moving))
    blocks: list[Block] = [header(f"{_symbol(moving)} {name}"), section(progress), _table(moving)]
    if there := [link(links[one.job.id], str(n)) for n, one in enumerate(moving, start=1) if one.job.id in links]:
        blocks.append(section(sweep_texts.cards(" · ".join(there))))
    offers = _offers(move, moving)
    blocks += offers[:_MOST_OFFERS]
    if len(offers) > _MOST_OFFERS:
        blocks.append(actions(button(texts.other_offers_button(len(offers) - _MOST_OFFERS), OFFERS, move.id)))
    if any(one.moved.held_out for one in moving):
        blocks.append(context(texts.favours_the_old()))
    if any(one.job.state not in states.ENDED for one in moving):
        question = confirm(*texts.stop_question())
        blocks.append(actions(button(sweep_texts.stop_button(), STOP, move.id, style="danger", confirm=question)))
    parts = [texts.started_by(person(move.requester)), date(move.created_at), texts.move_id(code(move.id))]
    if moving and (decided := decision(moving[0].job)):
        parts.append(decided)
    blocks.append(context(" · ".join(parts)))
    return message(labelled(code(name, 150), progress), blocks)


def other_offers(move: Move, moving: Sequence[Moving]) -> Message:
    """What the card has no room for."""
    rest = _offers(move, moving)[_MOST_OFFERS:]
    return message(texts.other_offers(len(rest)), [section(bold(texts.other_offers(len(rest)))), *rest])


def render(body: GroupBody, move: Move, moving: Sequence[Moving]) -> Message:
    """What is said in the move's thread, or of it elsewhere."""
    jobs = [one.job for one in moving]
    match body:
        case GroupLinked():
            thread = link(body.card_permalink, its_own_thread(len(jobs)))
            return line(texts.linked(person(move.requester), len(jobs), quoted(move.provider, 60), thread))
        case GroupApprovalAsked():
            return group_approval.asked(move, jobs, again=body.again)
        case GroupApproved():
            return group_approval.go_on(move, jobs)
        case GroupEnded():
            return _ended(move, moving)
        case SuccessorOffered():
            return _offered(body, move, moving)


_COMPARED: Final = (Stage.EVALUATED, Stage.NOT_EVALUATED)


def _symbol(moving: Sequence[Moving]) -> str:
    """The state of all at a glance: of those that go on the first, at the end a finished one."""
    going = [one for one in moving if one.job.state not in states.ENDED]
    made = [one for one in moving if one.job.state == states.SUCCEEDED]
    one = next(iter([*going, *made, *moving]), None)
    return symbol(one.job) if one else ""


def _table(moving: Sequence[Moving]) -> DataTable:
    columns = [
        "#",
        texts.model_column(),
        texts.until_column(),
        texts.state_column(),
        texts.scores_column(),
        texts.gain_column(),
    ]
    rows: list[list[Cell]] = []
    for number, one in enumerate(moving, start=1):
        rows.append(
            [
                Number(number, str(number)),
                short_name(one.moved.model),
                one.moved.retires or texts.no_time_limit(),
                f"{symbol(one.job)} {_state(one)}",
                *_figures(one),
            ]
        )
    return DataTable(texts.caption(), columns, rows)


def _state(one: Moving) -> str:
    if one.moved.adopted_by is not None:
        return texts.in_use()
    match one.stage:
        case Stage.EVALUATING:
            return texts.evaluating()
        case Stage.EVALUATED:
            return texts.compared()
        case Stage.NOT_EVALUATED:
            return texts.not_compared()
    return outcome(one.job).replace("`", "")


def _figures(one: Moving) -> tuple[Cell, Cell]:
    """The two scores, and the difference with its interval."""
    after = one.scores.get(one.successor or "")
    if one.gain is None or one.gain.compared.gain is None:
        return (figures.score(after.estimate.value) if after else "–"), "–"
    compared = one.gain.compared
    return (
        texts.scores(figures.score(compared.before), figures.score(compared.after)),
        Number(100 * (compared.gain or 0.0), with_remark(figures.points(compared.gain or 0.0), interval(compared))),
    )


def _offers(move: Move, moving: Sequence[Moving]) -> list[Block]:
    return [_offer(move, one) for one in moving if one.successor and one.stage in _COMPARED]


def _offer(move: Move, one: Moving) -> Block:
    """What is known of a successor, and the button that has the channel go on with it."""
    successor = str(one.successor)
    if one.moved.adopted_by is not None:
        return section(texts.adopted_by(named(successor), person(one.moved.adopted_by)))
    return _with_adopt(_verdict(one, named(one.moved.model), named(successor)), move, one)


def _offered(body: SuccessorOffered, move: Move, moving: Sequence[Moving]) -> Message:
    """To another channel that uses the old model."""
    one = next(one for one in moving if one.job.id == body.job_id)
    old, new = named(one.moved.model), named(one.successor or "")
    told = succession_texts.offer(person(body.by), bold(old), bold(new), quoted(move.provider, 60))
    known = [_verdict(one, old, new)] if one.stage in _COMPARED else []
    ends = (
        succession_texts.stops_on(full_day(datetime.date.fromisoformat(one.moved.retires))) if one.moved.retires else ""
    )
    how = succession_texts.how_to_decide(bold(texts.adopt_button()))
    return message(told, [_with_adopt(sentences(told, ends, *known, how), move, one)])


def _with_adopt(text: str, move: Move, one: Moving) -> Block:
    successor = str(one.successor)
    heading, consequence, yes, no = texts.adopt_question(short_name(one.moved.model), short_name(successor))
    question = confirm(heading, consequence, yes, no, "primary")
    return section(text, button=button(texts.adopt_button(), ADOPT, f"{move.id}/{one.job.id}", confirm=question))


def _verdict(one: Moving, old: str, new: str) -> str:
    if one.gain is not None:
        return verdict_words(one.gain)
    if one.stage is Stage.EVALUATED:
        return sentences(f"{bold(old)} → {bold(new)}.", texts.old_one_is_gone())
    return texts.no_comparison(bold(new), why_words(one.moved.not_evaluated))


def _ended(move: Move, moving: Sequence[Moving]) -> Message:
    who, provider = person(move.requester), quoted(move.provider, 60)
    declined = next((one.job for one in moving if one.job.approval and one.job.approval.approved is False), None)
    if declined is not None:
        return line(texts.not_approved(who, decision(declined)))
    made = [one for one in moving if one.job.state == states.SUCCEEDED]
    if not made:
        return line(texts.ended_without(who, provider))
    verdicts = [one.gain.compared.verdict for one in made if one.gain is not None]
    counted = {verdict: verdicts.count(verdict) for verdict in Verdict}
    return line(
        sentences(
            texts.ended(who, len(made), provider),
            texts.better(counted[Verdict.BETTER]) if counted[Verdict.BETTER] else "",
            texts.worse(counted[Verdict.WORSE]) if counted[Verdict.WORSE] else "",
            texts.cannot_tell(counted[Verdict.CANNOT_TELL]) if counted[Verdict.CANNOT_TELL] else "",
            texts.not_made(len(moving) - len(made)) if len(made) < len(moving) else "",
            texts.decide_below(bold(texts.adopt_button())),
        )
    )
