"""What people set in a conversation: read from words, kept with its line in the audit log, held by the next model."""

from typing import Any

import pytest
from msgspec import structs

from bot.access import Actor, Place, Role
from bot.administration.channel_models import ChannelModels
from bot.authority import Authority
from bot.conversations.answers import Answers
from bot.conversations.chat_models import ChatModels
from bot.conversations.completion import CompletionFormat
from bot.conversations.conversation import Asked, Attachment, Conversation, Turn
from bot.conversations.settings import ConversationSettings, SettingsChange, parameters_of, read_settings, words_of
from bot.datasets.file_store import FileStore
from bot.errors import Conflict, Denied, NotFound
from bot.jobs.job import Origin
from bot.models.catalogue import Catalogue
from bot.models.lost import LostModels
from bot.providers.chat import Parameters
from bot.store.audit import SqlAuditLog
from bot.store.conversations import SqlConversationStore
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.jobs import SqlJobStore
from tests.parts import CHANNEL, MODEL, followed_job
from tests.slack_requests import ANA, a_caller
from tests.stand_in_provider import StandInProvider

OLD, NEW = f"ft:{MODEL}:acme:old:abc11111", f"ft:{MODEL}:acme:new:abc22222"
TALK = Conversation("cv-1", OLD, "T0ACME", CHANNEL, "1.0", ANA.user, 1.0, system="From the file.", question="Well?")
BEN = Actor("U0BEN", "T0ACME")
TOOL = {"type": "function", "function": {"name": "find_order"}}
BRIEF = SettingsChange("Be brief.", {"temperature": 0.2})


@pytest.fixture
async def kept(
    database: Database,
    conversations: SqlConversationStore,
    catalogue: Catalogue,
    lost_models: LostModels,
    jobs: SqlJobStore,
    authority: Authority,
    stand_in: StandInProvider,
    channel_models: ChannelModels,
    tmp_path: Any,
) -> ConversationSettings:
    stand_in.tuned += [OLD, NEW]
    await conversations.open(TALK)
    files = FileStore(tmp_path / "files", 1_000_000)
    datasets = SqlDatasetStore(database)
    models = ChatModels(catalogue, lost_models, jobs, datasets, files, authority, channel_models)
    return ConversationSettings(conversations, models, authority)


def wrong(**words: str) -> dict[str, str]:
    read = read_settings(words)
    return {name: error.kind for name, error in read.items()} if isinstance(read, dict) else {}


def test_words_are_read_and_written_alike() -> None:
    words = {"temperature": "0,2", "top_p": "1", "max_tokens": "300", "stop": "END\n\\n\\n", "seed": "7"}
    read = read_settings(words)
    assert isinstance(read, SettingsChange)
    talk = read.made_in(TALK)
    assert talk.parameters == Parameters(0.2, 1.0, 300, ("END", "\n\n"), 7)
    assert words_of(parameters_of(talk)) == {**words, "temperature": "0.2"}
    assert talk.system == "From the file.", "what nobody spoke of stays"
    nothing = read_settings({"temperature": " ", "stop": "", "system": ""})
    assert isinstance(nothing, SettingsChange)
    after = nothing.made_in(talk)
    assert after.parameters == Parameters(None, 1.0, 300, (), 7)
    assert after.system is None


@pytest.mark.parametrize("word", ["2.1", "-1", "nan", "inf", "warm"])
def test_what_is_out_of_range_is_said_at_its_name(word: str) -> None:
    assert wrong(temperature=word, top_p="0.9") == {"temperature": "parameter_not_between"}


def test_each_parameter_has_its_range() -> None:
    assert wrong(top_p="1.5", max_tokens="0", seed="-1", stop="a\nb\nc\nd\ne", system="x" * 60_001) == {
        "system": "system_too_long",
        "top_p": "parameter_not_between",
        "max_tokens": "parameter_not_whole",
        "stop": "too_many_stops",
        "seed": "parameter_not_whole",
    }
    assert wrong(stop="x" * 101, max_tokens="1_0") == {"stop": "stop_too_long", "max_tokens": "parameter_not_whole"}


async def test_a_change_is_kept_with_who_made_it_and_without_its_words(
    kept: ConversationSettings, conversations: SqlConversationStore, database: Database
) -> None:
    assert await kept.change(a_caller(BEN), TALK.id, BRIEF)
    now = await conversations.get(TALK.id)
    changed = {"system": "Be brief.", "parameters": Parameters(temperature=0.2), "chosen": ("system",)}
    assert now == structs.replace(TALK, **changed, earlier=(TALK.asked,))
    (entry,) = await SqlAuditLog(database).about(TALK.id)
    assert (entry.actor, entry.action, entry.details) == (BEN.user, "configure", "system, temperature")
    assert not await kept.change(a_caller(BEN, key="2"), TALK.id, BRIEF), "it holds already"


async def test_an_answer_is_known_with_what_it_was_asked_with(
    kept: ConversationSettings, conversations: SqlConversationStore
) -> None:
    """So that a correction, or the thread as an example, teaches what the model was really given."""
    answers = Answers(conversations)

    async def answered(ts: str, model: str, changes: int) -> None:
        await conversations.add(TALK.id, Turn(ts, "user", "Well?"))
        await conversations.add(TALK.id, Turn(ts, "assistant", "Well.", model=model, changes=changes))

    await answered("2.0", OLD, 0)
    await kept.change(a_caller(key="1"), TALK.id, SettingsChange(parameters={"temperature": 0.2}))
    await kept.change(a_caller(key="2"), TALK.id, SettingsChange("Be brief.", tools=(TOOL,)))
    await answered("3.0", OLD, 1)
    await kept.change_model(a_caller(key="3"), TALK.id, NEW)
    await answered("4.0", NEW, 2)
    given = [await answers.get(TALK.id, ts) for ts in ("2.0", "3.0", "4.0")]
    told = [(one.conversation.asked, one.prompt[0].content) for one in given if one]
    assert told == [
        (Asked(OLD, "From the file."), "From the file."),
        (Asked(OLD, "Be brief.", (TOOL,)), "Be brief."),
        (Asked(NEW, "Be brief.", (TOOL,)), "Be brief."),
    ]


async def test_done_again_after_a_crash_a_change_does_not_undo_what_came_after_it(
    kept: ConversationSettings, conversations: SqlConversationStore, database: Database
) -> None:
    await kept.change(a_caller(key="1"), TALK.id, BRIEF)
    await kept.change(a_caller(BEN, key="2"), TALK.id, SettingsChange("Be long."))
    assert await kept.change(a_caller(key="1", is_retry=True), TALK.id, BRIEF), "it is still to be told"
    now = await conversations.get(TALK.id)
    assert now is not None
    assert now.system == "Be long."
    assert len(await SqlAuditLog(database).about(TALK.id)) == 2


@pytest.mark.parametrize("who", [Actor("U0GIL", "T0ACME", guest=True), Actor("U0EVE", "T0ACME", Role.VIEWER)])
async def test_who_may_not_talk_changes_nothing(
    kept: ConversationSettings, conversations: SqlConversationStore, who: Actor
) -> None:
    for attempt in (kept.change(a_caller(who), TALK.id, BRIEF), kept.change_model(a_caller(who), TALK.id, NEW)):
        with pytest.raises(Denied):
            await attempt
    assert await conversations.get(TALK.id) == TALK


async def test_it_is_changed_where_it_is_held_and_nowhere_else(
    kept: ConversationSettings, conversations: SqlConversationStore
) -> None:
    secret = structs.replace(TALK, id="cv-2", channel="G0SECRET", private=True)
    await conversations.open(secret)
    alone = Place("D0ANA", alone=True)
    for caller in (a_caller(), a_caller(channel="D0ANA", posts_in=alone, answers_in=alone)):
        with pytest.raises(NotFound):
            await kept.change(caller, secret.id, BRIEF)
    with pytest.raises(NotFound):
        await kept.change(a_caller(), "cv-3", BRIEF)
    assert await kept.change(a_caller(channel="G0SECRET"), secret.id, BRIEF)


async def test_another_model_keeps_what_people_set_and_not_what_the_file_of_the_last_one_brought(
    kept: ConversationSettings, conversations: SqlConversationStore
) -> None:
    await conversations.update(
        TALK.id, lambda now: structs.replace(now, labels=("a", "b"), completion=CompletionFormat(), trimmed=True)
    )
    await kept.change(a_caller(key="1"), TALK.id, SettingsChange(parameters={"temperature": 0.2}))
    assert await kept.change_model(a_caller(BEN, key="2"), TALK.id, NEW)
    now = await conversations.get(TALK.id)
    changed = {"model": NEW, "system": None, "question": None, "parameters": Parameters(temperature=0.2)}
    assert now == structs.replace(TALK, **changed, earlier=(Asked(OLD, TALK.system, completion=CompletionFormat()),))
    await kept.change(a_caller(key="3"), TALK.id, SettingsChange("Be brief.", tools=(TOOL,)))
    await kept.change_model(a_caller(key="4"), TALK.id, OLD)
    now = await conversations.get(TALK.id)
    assert now is not None
    assert (now.model, now.system, now.tools) == (OLD, "Be brief.", (TOOL,))
    assert not await kept.change_model(a_caller(key="5"), TALK.id, OLD)


async def test_a_completion_model_calls_no_functions(
    kept: ConversationSettings, conversations: SqlConversationStore, stand_in: StandInProvider
) -> None:
    stand_in.base_models.append("babbage-002")
    await kept.change(a_caller(key="1"), TALK.id, SettingsChange(tools=(TOOL,)))
    await kept.change_model(a_caller(key="2"), TALK.id, "babbage-002")
    now = await conversations.get(TALK.id)
    assert now is not None
    assert (now.completion, now.tools) == (CompletionFormat(), ())
    with pytest.raises(Conflict, match="no_functions_here"):
        await kept.change(a_caller(key="3"), TALK.id, SettingsChange(tools=(TOOL,)))


async def test_only_a_model_that_all_in_the_place_may_talk_to_is_chosen(
    kept: ConversationSettings,
    conversations: SqlConversationStore,
    jobs: SqlJobStore,
    channel_models: ChannelModels,
    stand_in: StandInProvider,
) -> None:
    secret = f"ft:{MODEL}:acme:secret:abc33333"
    stand_in.tuned.append(secret)
    origin = Origin("T0ACME", "G0SECRET", True, "1.0")
    await jobs.insert(followed_job("ftjob-1", state="succeeded", fine_tuned_model=secret, origin=origin))
    with pytest.raises(Denied, match="seen_by_too_many"):
        await kept.change_model(a_caller(key="1"), TALK.id, secret)
    for word in (secret, "gone"):
        with pytest.raises(NotFound, match="no_such_model"):
            await kept.change_model(a_caller(BEN, key="2"), TALK.id, word)
    await channel_models.allow(a_caller(Actor("U0ADA", "T0ACME", Role.ADMIN), key="3"), OLD)
    with pytest.raises(Denied, match="model_not_allowed_here"):
        await kept.change_model(a_caller(key="4"), TALK.id, NEW)
    assert await conversations.get(TALK.id) == TALK


async def test_json_files_of_the_thread_are_there_to_choose_from_the_latest_first(
    kept: ConversationSettings, conversations: SqlConversationStore
) -> None:
    first, second = Attachment("tools.json", text="[]"), Attachment("More.JSON", text="{}")
    others = (Attachment("notes.txt", text="Hi"), Attachment("photo.json", image="data:"))
    await conversations.add(TALK.id, Turn("2.0", "user", "", attachments=(first, *others)))
    await conversations.add(TALK.id, Turn("3.0", "user", "", attachments=(second,)))
    assert list((await kept.dropped_files(TALK)).items()) == [("3.0/0", second), ("2.0/0", first)]
