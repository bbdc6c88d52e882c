"""The calendar of models that stop answering, as different people see it."""

from datetime import UTC, datetime

import pytest

from bot.access import Actor, Place, Policy
from bot.authority import Authority
from bot.jobs.job import Origin
from bot.models.catalogue import Catalogue
from bot.models.lookup import ModelLookup
from bot.models.retirement_calendar import RetirementCalendar
from bot.providers.chat import Usage
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.spending.model_use import ModelUse
from bot.store.audit import SqlAuditLog
from bot.store.database import Database
from bot.store.evaluations import SqlEvaluationStore
from bot.store.jobs import SqlJobStore
from bot.store.model_uses import SqlModelUses
from bot.store.spending import SqlModelUseStore
from tests.parts import followed_job
from tests.slack_requests import ANA, a_caller
from tests.stand_in_provider import StandInProvider

MINI = "gpt-4.1-mini-2025-04-14"
VOICE, SECRET, OLD, STAYS = (f"ft:{MINI}:acme:{name}:1" for name in ("voice", "secret", "old", "stays"))
LEADS = "G0LEADS"
BEN = Actor("U0BEN", "T0ACME")
CLEO = Actor("U0CLEO", "T0ACME")
NOW = datetime(2026, 12, 1, tzinfo=UTC).timestamp()


@pytest.fixture
async def calendar(database: Database, provider: OpenAIProtocol, stand_in: StandInProvider) -> RetirementCalendar:
    jobs = SqlJobStore(database)
    stand_in.tuned = [VOICE, SECRET, OLD, STAYS]
    stand_in.shutdown_dates = {VOICE: "2027-01-14", SECRET: "2027-01-20", OLD: "2026-11-20", MINI: "2027-02-01"}
    stand_in.shutdown_dates[STAYS] = ""
    for number, model in enumerate((VOICE, SECRET, OLD)):
        origin = Origin("T0ACME", LEADS if model == SECRET else "C0TRAINING", model == SECRET)
        made = {"fine_tuned_model": model, "base_model": MINI, "origin": origin, "state": "succeeded"}
        await jobs.insert(followed_job(f"ftjob-{number}", id=f"job-{number}", **made))
    uses = SqlModelUseStore(database)
    for channel, at in (("C0ONE", 5.0), ("C0TWO", 7.0), (LEADS, 9.0)):
        await uses.add(ModelUse("U0BEN", channel, VOICE, "cv-1", Usage(1, 1), None, at))
    authority = Authority(Policy(), SqlAuditLog(database))
    catalogue = Catalogue(Providers(provider), jobs)
    lookup = ModelLookup(catalogue, SqlEvaluationStore(database), authority)
    return RetirementCalendar(SqlModelUses(database), catalogue, lookup, authority, clock=lambda: NOW)


async def test_what_is_to_come_stands_first_by_its_day_and_what_is_over_last(calendar: RetirementCalendar) -> None:
    page = await calendar.page(a_caller(BEN), 1)
    assert [(entry.model, entry.days) for entry in page.entries] == [(VOICE, 44), (STAYS, 62), (MINI, 62), (OLD, -11)]
    voice = page.entries[0]
    assert (voice.name, voice.base_model, voice.owner) == ("voice", MINI, ANA.user)


async def test_a_private_channel_shows_its_models_and_uses_and_no_other_does(calendar: RetirementCalendar) -> None:
    elsewhere = (await calendar.page(a_caller(CLEO), 1)).entries
    assert SECRET not in [entry.model for entry in elsewhere]
    assert (elsewhere[0].channels, elsewhere[0].last_used_at) == (2, 7.0)
    assert (await calendar.page(a_caller(BEN), 1)).entries[0].last_used_at == 9.0, "he used it there himself"
    there = (await calendar.page(a_caller(CLEO, channel=LEADS, answers_in=Place(LEADS)), 1)).entries
    assert [entry.model for entry in there[:2]] == [VOICE, SECRET]
    assert (there[0].channels, there[0].last_used_at) == (3, 9.0)


async def test_many_come_by_pages(calendar: RetirementCalendar, stand_in: StandInProvider) -> None:
    stand_in.tuned += [f"ft:{MINI}:acme:m:{number}" for number in range(20)]
    first, last = await calendar.page(a_caller(BEN), 1), await calendar.page(a_caller(BEN), 99)
    assert (first.pages, first.count, len(first.entries)) == (3, 24, 10)
    assert (last.number, len(last.entries)) == (3, 4)
