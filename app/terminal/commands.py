"""The commands of the terminal: each reads its words, calls one use case, and says what came of it.

They are called as in Slack and take the same words; channels and people are written as their ids (C…, U…).
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from app.terminal.answers import administration, history
from app.terminal.answers import jobs as job_answers
from app.terminal.answers import models as model_answers
from app.terminal.answers.collections import collection_page
from app.terminal.answers.deployments import deployed
from app.terminal.messages import Answer, Asked
from app.terminal.use_cases import UseCases, administrator
from bot.access import Action, Caller
from bot.errors import BotError, Conflict, Invalid
from bot.experiments.filters import read_wanted
from bot.jobs.job import Job
from bot.moves import move
from bot.spending.amount import read_dollars
from bot.spending.budget import Scope
from bot.sweeps import sweep
from bot.unused import DAYS
from texts.errors import sentence
from texts.jobs import shown_states
from texts.language import Language, speaking
from training_files import TrainingFileError

Words = Sequence[str]
Command = Callable[[UseCases, Caller, Words], Awaitable[Answer]]

CONFIRMED: Final = "confirm=yes"
DRY_RUN: Final = "dry-run"
_CHANNEL: Final = re.compile(r"#?([CGD][A-Z0-9]{2,})")
_PAGE: Final = re.compile(r"page=[0-9]{1,6}")
_PERSON: Final = re.compile(r"@?([UW][A-Z0-9]{2,})")


async def carry_out(cases: UseCases, asked: Asked) -> Answer:
    """What is refused is said in the answer."""
    with speaking(Language(asked.language)):
        try:
            return await COMMANDS[asked.command](cases, administrator(asked.channel), asked.words)
        except (BotError, TrainingFileError) as error:
            return Answer(error=_as_typed_here(sentence(error)))


async def jobs(cases: UseCases, caller: Caller, words: Words) -> Answer:
    wanted = read_wanted([_marked(word) for word in words], user=caller.user, at=caller.at, shown=shown_states())
    if wanted.csv or wanted.compare:
        raise Invalid("json_instead", word="csv" if wanted.csv else "compare=yes")
    return job_answers.job_page(await cases.search.page(caller, wanted.filters, wanted.page), filtered=bool(words))


async def status(cases: UseCases, caller: Caller, words: Words) -> Answer:
    """Of a job; without one, all that go on or wait."""
    if not words:
        return await jobs(cases, caller, ["state=active"])
    found = await cases.overview.one(caller, _one(words))
    return job_answers.status(found, cases.job_links.to(found.job))


async def checkpoints(cases: UseCases, caller: Caller, words: Words) -> Answer:
    return history.checkpoints(*await cases.overview.checkpoints(caller, _one(words)))


async def events(cases: UseCases, caller: Caller, words: Words) -> Answer:
    number = _number(words[1:], "page", 1)
    return history.events(await cases.history.events(caller, _one(words[:1]), number, history.EVENTS))


async def results(cases: UseCases, caller: Caller, words: Words) -> Answer:
    return history.results(await cases.results.of(caller, _one(words)))


async def start(cases: UseCases, caller: Caller, words: Words) -> Answer:
    if cases.starting is None:
        raise Conflict("terminal_no_bot")
    return await cases.starting.asked(caller, words)


async def models(cases: UseCases, caller: Caller, words: Words) -> Answer:
    base = await cases.trainable.base(caller.channel)
    return model_answers.models(base, await cases.models.visible(caller, caller.answers_in))


async def retiring(cases: UseCases, caller: Caller, words: Words) -> Answer:
    return model_answers.retiring(await cases.retirement.page(caller, _number(words, "page", 1)))


async def unused(cases: UseCases, caller: Caller, words: Words) -> Answer:
    return model_answers.unused(await cases.unused.of(caller, _number(words, "days", DAYS)))


async def deployments(cases: UseCases, caller: Caller, words: Words) -> Answer:
    return deployed(await cases.deployments.of(caller), caller.at)


async def datasets(cases: UseCases, caller: Caller, words: Words) -> Answer:
    """Training sets that grow in Slack, or those that a name may mean."""
    name = " ".join(words)
    if not name or _PAGE.fullmatch(name):
        page = await cases.collections.overview(caller, _number(words, "page", 1))
    else:
        page = await cases.collections.summaries(caller, await cases.collections.named(caller, name))
    return collection_page(page)


async def budget(cases: UseCases, caller: Caller, words: Words) -> Answer:
    match words:
        case []:
            return administration.month(await cases.budgets.this_month(caller), caller.channel)
        case ["set", whose, amount]:
            (scope, subject), usd = _whose(whose), read_dollars(amount)
            await cases.budgets.set_budget(caller, scope, subject, usd)
            return administration.budget_set(scope, subject, usd)
        case ["approval", amount]:
            above = read_dollars(amount)
            return administration.approval_set(above, await cases.budgets.set_approval(caller, above))
    raise Invalid("budget_usage")


async def audit(cases: UseCases, caller: Caller, words: Words) -> Answer:
    return administration.audit(await cases.audit_log.page(caller, _number(words, "page", 1)))


async def approve(cases: UseCases, caller: Caller, words: Words) -> Answer:
    """A job, or all of a sweep or move by its id."""
    word = _one(words)
    if _is_group(word):
        group, decided = await cases.group_approvals.approve(caller, word)
        if cases.questions is not None:
            await cases.questions.close_group(group, decided)
        return job_answers.group_decided(group.id, decided, approved=True)
    job = await cases.approvals.approve(caller, (await _to_decide(cases, caller, word)).id)
    if cases.questions is not None:
        await cases.questions.close(job)
    return job_answers.decided(job, approved=True)


async def decline(cases: UseCases, caller: Caller, words: Words) -> Answer:
    """As `approve`, and why."""
    word, reason = _one(words[:1]), " ".join(words[1:]).strip()
    if not reason:
        raise Invalid("reason_missing")
    if _is_group(word):
        group, decided = await cases.group_approvals.decline(caller, word, reason)
        if cases.questions is not None:
            await cases.questions.close_group(group, decided)
        return job_answers.group_decided(group.id, decided, approved=False)
    job = await cases.approvals.decline(caller, (await _to_decide(cases, caller, word)).id, reason)
    if cases.questions is not None:
        await cases.questions.close(job)
    return job_answers.decided(job, approved=False)


async def cancel(cases: UseCases, caller: Caller, words: Words) -> Answer:
    job = await cases.controls.check(caller, _one(_without_confirmation(words)), Action.CANCEL)
    return job_answers.cancelled(await cases.controls.cancel(caller, job.id))


async def pause(cases: UseCases, caller: Caller, words: Words) -> Answer:
    job = await cases.controls.check(caller, _one(_without_confirmation(words)), Action.PAUSE)
    return job_answers.controlled(await cases.controls.pause(caller, job.id))


async def resume(cases: UseCases, caller: Caller, words: Words) -> Answer:
    job = await cases.controls.check(caller, _one(_without_confirmation(words)), Action.RESUME)
    return job_answers.controlled(await cases.controls.resume(caller, job.id))


async def erase(cases: UseCases, caller: Caller, words: Words) -> Answer:
    match [_PERSON.fullmatch(word) for word in _without_confirmation(words)]:
        case [re.Match() as person]:
            return administration.erased(person[1], await cases.erasure.erase(caller, person[1]))
    raise Invalid("erase_usage")


async def retention(cases: UseCases, caller: Caller, words: Words) -> Answer:
    """With the word DRY_RUN what would be deleted, else what was."""
    if DRY_RUN in words:
        return administration.expired(await cases.retention.due(caller), deleted=False)
    if cases.starting is None:  # people are told in Slack which file is gone
        raise Conflict("terminal_no_bot")
    return administration.expired(await cases.retention.carry_out(caller), deleted=True)


COMMANDS: Final[Mapping[str, Command]] = {
    command.__name__: command
    for command in (
        start,
        jobs,
        status,
        checkpoints,
        events,
        results,
        models,
        retiring,
        unused,
        deployments,
        datasets,
        budget,
        audit,
        approve,
        decline,
        cancel,
        pause,
        resume,
        erase,
        retention,
    )
}


def _as_typed_here(text: str) -> str:
    """Advice that names a command of Slack's, where there is the same one here."""
    return re.sub(rf"/finetune (?=(?:{'|'.join(COMMANDS)})\b)", "finetune-bot ", text)


def _one(words: Words) -> str:
    """The word that names the job. Raises Invalid."""
    if not words:
        raise Invalid("which_job")
    if words[1:]:
        raise Invalid("terminal_words", words=" ".join(words[1:]))
    return words[0]


def _number(words: Words, name: str, default: int) -> int:
    """Of `page=2`, or 2 alone. Raises Invalid."""
    if not words:
        return default
    match = re.fullmatch(rf"(?:{name}=)?([0-9]{{1,6}})", " ".join(words))
    if match is None or int(match[1]) < 1:
        raise Invalid("no_number", word=" ".join(words), name=name)
    return int(match[1])


def _without_confirmation(words: Words) -> Words:
    return [word for word in words if word != CONFIRMED]


def _marked(word: str) -> str:
    """An id of a channel or a person as Slack writes it into a command."""
    if (channel := _CHANNEL.fullmatch(word)) is not None:
        return f"<#{channel[1]}>"
    person = _PERSON.fullmatch(word)
    return f"<@{person[1]}>" if person else word


def _whose(word: str) -> tuple[Scope, str]:
    if word == Scope.WORKSPACE:
        return Scope.WORKSPACE, ""
    if (channel := _CHANNEL.fullmatch(word)) is not None:
        return Scope.CHANNEL, channel[1]
    if (person := _PERSON.fullmatch(word)) is not None:
        return Scope.PERSON, person[1]
    raise Invalid("whose_budget", word=word)


def _is_group(word: str) -> bool:
    return word.startswith((sweep.PREFIX, move.PREFIX))


async def _to_decide(cases: UseCases, caller: Caller, word: str) -> Job:
    """Raises Conflict for a job of a group, which is approved as a whole."""
    job = await cases.job_lookup.named(caller, word, Action.APPROVE)
    if job.group is not None:
        raise Conflict("part_of_group", job=job.id, group=job.group)
    return job
