"""What is trained on regularly in a channel, and what is said when it is due."""

from collections.abc import Mapping, Sequence
from typing import Final

from slack_sdk.models.blocks import Block

from bot.collections.collection import Collection
from bot.retraining.cron import WORDS
from bot.retraining.schedule import Latest, Outcome, Schedule
from bot.retraining.scheduling import Scheduled
from handlers.blocks.message import Message
from handlers.blocks.parts import actions, button, confirm, context, line, message, section
from handlers.blocks.retraining import schedule_button
from handlers.blocks.text import bold, code, date, link, person, quoted
from texts import scheduled_training as texts
from texts.errors import recorded_sentence
from texts.formats import clauses, sentences

STOP: Final = "retraining_stop"
_SHOWN: Final = 10


def listed(found: Sequence[Scheduled], links: Mapping[str, str]) -> Message:
    """`links`: to the cards of jobs, by job id."""
    if not found:
        return line(texts.none_here(code("/finetune datasets"), bold(texts.schedule_button())))
    blocks: list[Block] = [section(bold(texts.heading()))]
    for one in found[:_SHOWN]:
        schedule = one.schedule
        blocks.append(section(_about(one)))
        if schedule.latest is not None:
            blocks.append(context(_latest(schedule.latest, links)))
        blocks.append(_buttons(one))
    if len(found) > _SHOWN:
        blocks.append(context(texts.more(len(found) - _SHOWN)))
    return message(texts.heading(), blocks)


def set_up(one: Scheduled) -> Message:
    """For the channel."""
    schedule = one.schedule
    said = texts.set_up(person(schedule.owner), _name(one.collection))
    return message(said, [section(f"{said}\n{_when(one)}"), _buttons(one)])


def stopped(by: str, collection: Collection) -> Message:
    return line(texts.stopped(person(by), _name(collection)))


def due(schedule: Schedule, collection: Collection, new: int, about_file: str) -> Message:
    """Stands in the channel, with the training file and its report in its thread. `about_file`: what is in it."""
    said = texts.due(_name(collection), new, person(schedule.owner))
    return line(sentences(said, about_file))


def _about(one: Scheduled) -> str:
    return f"{_name(one.collection)}\n{_when(one)}\n{texts.set_up_by(person(one.schedule.owner))}"


def _when(one: Scheduled) -> str:
    schedule = one.schedule
    word = next((word for word, fields in WORDS.items() if fields == schedule.times), None)
    settings = code(" ".join(f"{name}={value}" for name, value in schedule.words.items()), 200)
    return clauses(
        texts.named_times(word) if word else code(schedule.times),
        texts.zone(quoted(schedule.zone, 60)),
        texts.at_least(schedule.at_least),
        settings if schedule.words else "",
        texts.next_time(date(one.next_at)) if one.next_at else "",
    )


def _latest(latest: Latest, links: Mapping[str, str]) -> str:
    at = date(latest.at)
    job = (link(links[latest.job], latest.job) if latest.job in links else code(latest.job)) if latest.job else ""
    match latest.outcome:
        case Outcome.STARTED:
            return texts.started(at, job)
        case Outcome.STILL_RUNNING:
            return texts.still_running(at, job)
        case Outcome.TOO_FEW:
            return texts.too_few(at, latest.new)
        case Outcome.REFUSED:
            return texts.not_started(at, quoted(recorded_sentence(latest.why), 500))


def _buttons(one: Scheduled) -> Block:
    sure = confirm(texts.stop_title(), texts.stop_question(), texts.stop_button(), texts.keep_button())
    stop = button(texts.stop_button(), STOP, one.schedule.id, confirm=sure)
    return actions(schedule_button(one.collection.id, texts.change_button()), *([stop] if one.may_stop else []))


def _name(collection: Collection) -> str:
    return bold(quoted(collection.name, 80))
