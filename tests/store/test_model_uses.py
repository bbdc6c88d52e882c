"""Where models are used, as several tables tell it together."""

from bot.conversations.conversation import Conversation
from bot.providers.chat import Usage
from bot.spending.model_use import ModelUse
from bot.store.conversations import SqlConversationStore
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from bot.store.model_uses import SqlModelUses
from bot.store.spending import SqlModelUseStore
from tests.parts import CHANNEL, followed_job

MADE, ASKED, BASE = "ft:base:acme:made:1", "ft:base:acme:asked:2", "base"


async def test_the_uses_of_some_models_are_those_among_all(database: Database) -> None:
    jobs, uses = SqlJobStore(database), SqlModelUses(database)
    for number, model in enumerate((MADE, ASKED)):
        await jobs.insert(followed_job(f"ftjob-{number}", id=f"job-{number}", fine_tuned_model=model))
    for channel, model, at in ((CHANNEL, ASKED, 5.0), ("G0LEADS", ASKED, 7.0), (CHANNEL, BASE, 9.0)):
        await SqlModelUseStore(database).add(ModelUse("U0BEN", channel, model, "cv-1", Usage(1, 1), None, at))
    talk = Conversation("cv-2", ASKED, "T0ACME", "G0LEADS", "7.0", "U0ANA", 1.0, True)
    await SqlConversationStore(database).open(talk)
    every = await uses.all()
    assert {(use.model, use.channel, use.private) for use in every} == {
        (MADE, CHANNEL, False),
        (ASKED, CHANNEL, False),
        (ASKED, "G0LEADS", True),
        (BASE, CHANNEL, False),
    }
    for wanted in ([MADE], [ASKED], [ASKED, BASE], ["of-nobody"], []):
        found = await uses.of(wanted)
        assert sorted(found, key=repr) == sorted((use for use in every if use.model in wanted), key=repr)
