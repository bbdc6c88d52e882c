"""Where models are used, as several tables tell it together."""

import pytest
from msgspec import structs

from bot.conversations.conversation import Conversation
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import KeptCheckpoint, Loss
from bot.models.uses import ChannelUse
from bot.providers.chat import Usage
from bot.spending.model_use import ModelUse
from bot.store.conversations import SqlConversationStore
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from bot.store.model_uses import SqlModelUses
from bot.store.spending import SqlModelUseStore
from tests.parts import CHANNEL, followed_job

MADE, ASKED, LOST, KEPT = (f"ft:base:acme:{name}:1" for name in ("made", "asked", "lost", "kept"))
BASE, LEADS = "base", "G0LEADS"


@pytest.fixture
async def uses(database: Database) -> SqlModelUses:
    jobs = SqlJobStore(database)
    for number, model in enumerate((MADE, ASKED, LOST)):
        await jobs.insert(followed_job(f"ftjob-{number}", id=f"job-{number}", fine_tuned_model=model))
    await jobs.update("job-2", lambda job: JobUpdate(structs.replace(job, lost_models={LOST: Loss.DELETED})))
    kept = {KEPT: KeptCheckpoint("U0CLEO", 3.0)}
    await jobs.update("job-0", lambda job: JobUpdate(structs.replace(job, kept=kept)))
    for channel, model, at in ((CHANNEL, ASKED, 5.0), (LEADS, ASKED, 7.0), (CHANNEL, BASE, 9.0)):
        await SqlModelUseStore(database).add(ModelUse("U0BEN", channel, model, "cv-1", Usage(1, 1), None, at))
    talk = Conversation("cv-2", ASKED, "T0ACME", LEADS, "7.0", "U0ANA", 1.0, True)
    await SqlConversationStore(database).open(talk)
    return SqlModelUses(database)


async def test_models_are_used_where_they_were_made_kept_or_asked_unless_they_are_lost(uses: SqlModelUses) -> None:
    assert await uses.models() == {MADE, ASKED, KEPT, BASE}
    assert await uses.models(CHANNEL) == {MADE, ASKED, KEPT, BASE}
    assert await uses.models(LEADS) == {ASKED}
    assert await uses.models("C0ELSE") == set()


async def test_each_channel_in_which_a_model_is_used_is_told_with_who_used_it_last(uses: SqlModelUses) -> None:
    found = await uses.of([ASKED, BASE, LOST, "of-nobody"])
    assert sorted(found, key=lambda use: (use.model, use.channel)) == [
        ChannelUse(BASE, CHANNEL, False, ("U0BEN",), 9.0),
        ChannelUse(ASKED, CHANNEL, False, ("U0BEN", "U0ANA"), 5.0),
        ChannelUse(ASKED, LEADS, True, ("U0BEN", "U0ANA"), 7.0),
    ]
    assert await uses.of([KEPT]) == [ChannelUse(KEPT, CHANNEL, False, ("U0CLEO",))]
    assert await uses.of([]) == []
