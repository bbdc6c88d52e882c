"""Channels are warned of models that stop answering, by a clock that the test sets: with the real store, and the models
that a provider lists over a socket."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.conversations.conversation import Conversation
from bot.jobs.job import Job, Loss, Origin
from bot.jobs.notice import ModelsRetire, ModelsRetired, Notice
from bot.models.catalogue import Catalogue
from bot.models.retirement_warnings import RetirementWarnings
from bot.providers.chat import Usage
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.spending.model_use import ModelUse
from bot.store.conversations import SqlConversationStore
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from bot.store.model_uses import SqlModelUses
from bot.store.outbox import SqlOutbox
from bot.store.spending import SqlModelUseStore
from tests.parts import CHANNEL, followed_job
from tests.stand_in_provider import StandInProvider
from tests.store_reading import all_notices

DIES = date(2027, 1, 14)
MINI = "gpt-4.1-mini-2025-04-14"
VOICE = f"ft:{MINI}:acme:voice:1"
OTHER = "C0OTHER"
LEADS = "G0LEADS"

Look = Callable[[date], object]


class Bot:
    """Looks at the models when the test says which day it is."""

    def __init__(self, database: Database, provider: OpenAIProtocol) -> None:
        self.database = database
        self.jobs = SqlJobStore(database)
        self.today = DIES
        self.warnings = RetirementWarnings(
            SqlModelUses(database),
            Catalogue(Providers(provider), self.jobs, remembered_for=0),
            SqlOutbox(database),
            clock=lambda: datetime(self.today.year, self.today.month, self.today.day, 9, tzinfo=UTC).timestamp(),
        )

    async def look(self, today: date) -> None:
        self.today = today
        await self.warnings.look()

    async def made(self, model: str = VOICE, **fields: object) -> Job:
        number = len(await self.jobs.latest(100))
        job = followed_job(
            f"ftjob-{number}",
            id=f"job-{number}",
            state="succeeded",
            fine_tuned_model=model,
            **{"base_model": MINI, **fields},
        )
        await self.jobs.insert(job)
        return job

    async def used(self, channel: str, user: str = "U0BEN", model: str = VOICE, at: float = 1.0) -> None:
        await SqlModelUseStore(self.database).add(ModelUse(user, channel, model, "cv-1", Usage(1, 1), None, at))

    async def said(self) -> list[Notice]:
        """Of retirements, in the order in which they were stored."""
        notices = await all_notices(self.database)
        return [one for one in notices if isinstance(one.body, ModelsRetire | ModelsRetired)]


@pytest.fixture
async def bot(database: Database, provider: OpenAIProtocol, stand_in: StandInProvider) -> Bot:
    stand_in.says_trainable = False  # like OpenAI, so that our table tells when its models end
    return Bot(database, provider)


async def test_over_a_year_each_channel_hears_five_warnings_and_the_end(bot: Bot) -> None:
    await bot.made()
    await bot.used(OTHER)
    for day in range(365):
        await bot.look(date(2026, 3, 1) + timedelta(day))
    told = [one for one in await bot.said() if one.channel == CHANNEL]
    assert [one.body.days for one in told if isinstance(one.body, ModelsRetire)] == [90, 30, 14, 7, 1]
    assert isinstance(told[-1].body, ModelsRetired)
    assert len(told) == 6
    assert {one.channel for one in await bot.said()} == {CHANNEL, OTHER}
    assert len(await bot.said()) == 12


async def test_after_a_time_without_the_bot_only_the_latest_warning_is_given(bot: Bot) -> None:
    await bot.made()
    await bot.look(DIES - timedelta(5))
    (told,) = await bot.said()
    assert isinstance(told.body, ModelsRetire)
    assert told.body.days == 5
    await bot.look(DIES - timedelta(2))
    assert len(await bot.said()) == 1


async def test_on_one_day_uses_are_read_once_and_again_where_the_provider_names_another_day(
    bot: Bot, stand_in: StandInProvider
) -> None:
    await bot.made()
    await bot.look(DIES - timedelta(30))
    await bot.used(OTHER)
    await bot.look(DIES - timedelta(30))
    assert [one.channel for one in await bot.said()] == [CHANNEL]
    stand_in.tuned = [VOICE]
    stand_in.shutdown_dates = {VOICE: str(DIES - timedelta(16))}
    await bot.look(DIES - timedelta(30))
    earlier = [one for one in await bot.said() if one.id.endswith("/14")]
    assert {one.channel for one in earlier} == {CHANNEL, OTHER}


async def test_what_ended_long_ago_is_no_news(bot: Bot) -> None:
    await bot.made()
    await bot.look(DIES + timedelta(31))
    assert await bot.said() == []


async def test_models_that_end_on_the_same_day_are_named_together_with_who_uses_them(bot: Bot) -> None:
    second = f"ft:{MINI}:acme:mails:2"
    await bot.made()
    await bot.made(second)
    await bot.used(CHANNEL, "U0ANA", at=5.0)
    await bot.used(CHANNEL, "U0BEN", at=7.0)
    await bot.look(DIES - timedelta(30))
    (told,) = await bot.said()
    assert [(one.model, one.people, one.last_used_at) for one in told.body.models] == [
        (VOICE, ("U0BEN", "U0ANA"), 7.0),
        (second, ("U0ANA",), None),
    ]


async def test_a_conversation_is_a_use_and_so_is_a_base_model_in_it(bot: Bot) -> None:
    talk = Conversation("cv-1", MINI, "T0ACME", OTHER, "1.2", "U0CLEO", 3.0)
    await SqlConversationStore(bot.database).open(talk)
    await bot.look(DIES - timedelta(30))
    (told,) = await bot.said()
    assert (told.channel, told.body.models[0].model, told.body.models[0].people) == (OTHER, MINI, ("U0CLEO",))


async def test_a_model_of_a_private_channel_is_spoken_of_nowhere_else(bot: Bot) -> None:
    await bot.made(origin=Origin("T0ACME", LEADS, True))
    await bot.used(OTHER)
    await bot.used("D0ANA", "U0ANA")
    await bot.used("D0BEN", "U0BEN")
    await bot.look(DIES - timedelta(30))
    assert {one.channel for one in await bot.said()} == {LEADS, "D0ANA"}


async def test_a_model_that_was_deleted_is_warned_of_no_more_and_one_that_was_shut_down_is(bot: Bot) -> None:
    await bot.made(lost_models={VOICE: Loss.DELETED})
    gone = f"ft:{MINI}:acme:mails:2"
    await bot.made(gone, lost_models={gone: Loss.SHUT_DOWN})
    await bot.look(DIES)
    (told,) = await bot.said()
    assert isinstance(told.body, ModelsRetired)
    assert [one.model for one in told.body.models] == [gone]


async def test_a_day_that_the_provider_puts_off_is_warned_of_anew(bot: Bot, stand_in: StandInProvider) -> None:
    await bot.made()
    await bot.look(DIES - timedelta(1))
    stand_in.tuned = [VOICE]
    stand_in.shutdown_dates = {VOICE: "2027-02-13"}
    await bot.look(DIES - timedelta(1))
    assert [one.body.shutdown_date for one in await bot.said()] == ["2027-01-14", "2027-02-13"]


async def test_a_provider_that_does_not_answer_is_no_reason_to_be_silent(bot: Bot, stand_in: StandInProvider) -> None:
    await bot.made()
    await stand_in.down()
    await bot.look(DIES - timedelta(30))
    assert len(await bot.said()) == 1
