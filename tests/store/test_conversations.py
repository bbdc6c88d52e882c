from pathlib import Path

import msgspec
import pytest
from msgspec import structs
from sqlite_utils import Database as SqliteDatabase

from bot.conversations.conversation import BACKGROUND, Conversation, Turn
from bot.providers.chat import ToolCall, Usage
from bot.store.conversations import SqlConversationStore
from bot.store.database import Database
from bot.store.schema import migrations

CONVERSATION = Conversation("chat-1", "ft:model", "T0ACME", "C1", "1.1", "U0ANA", 1_700_000_000.0, system="Be kind.")


@pytest.fixture
async def conversations(database: Database) -> SqlConversationStore:
    store = SqlConversationStore(database)
    await store.open(CONVERSATION)
    return store


async def test_a_conversation_is_known_by_its_thread(conversations: SqlConversationStore) -> None:
    assert await conversations.of_thread("C1", "1.1") == CONVERSATION
    assert await conversations.of_thread("C1", "2.2") is None


async def test_a_thread_has_one_conversation(conversations: SqlConversationStore) -> None:
    await conversations.open(Conversation("chat-2", "ft:other", "T0ACME", "C1", "1.1", "U0BEN", 1.0))
    assert await conversations.of_thread("C1", "1.1") == CONVERSATION


async def test_a_conversation_begins_with_what_was_said_before_unless_its_thread_has_one(
    conversations: SqlConversationStore,
) -> None:
    before = [Turn("1.0", BACKGROUND, "Hello")]
    await conversations.open(structs.replace(CONVERSATION, id="chat-2", thread_ts="2.2"), before)
    await conversations.open(structs.replace(CONVERSATION, id="chat-3"), before)
    assert await conversations.turns("chat-2") == before
    assert await conversations.turns("chat-3") == await conversations.turns("chat-1") == []


async def test_turns_come_back_in_the_order_in_which_they_were_added(conversations: SqlConversationStore) -> None:
    turns = [Turn("3.3", "user", "One?"), Turn("3.3", "assistant", "One."), Turn("2.2", "user", "Two?")]
    for turn in turns:
        assert await conversations.add("chat-1", turn)
    assert await conversations.turns("chat-1") == turns


async def test_an_answer_is_open_until_all_of_it_is_shown(conversations: SqlConversationStore) -> None:
    assert await conversations.open_answer("chat-1", "3.3") is None
    await conversations.answer_opened("chat-1", "3.3", "C1", "4.4")
    await conversations.answered("chat-1", Turn("3.3", "assistant", "One.", "length"))
    await conversations.answered("chat-1", Turn("5.5", "assistant", "Two."))
    assert await conversations.open_answer("chat-1", "3.3") == ["4.4"]
    assert await conversations.open_answer("chat-1", "5.5") == [], "it was given, and no message shows it yet"
    await conversations.answer_shown("chat-1", "3.3")
    assert await conversations.open_answer("chat-1", "3.3") is None
    assert [turn.finish_reason for turn in await conversations.turns("chat-1")] == ["length", None]


async def test_an_answer_is_found_by_its_messages_for_good(conversations: SqlConversationStore) -> None:
    await conversations.answer_opened("chat-1", "3.3", "C1", "4.4")
    await conversations.answer_opened("chat-1", "3.3", "D1", "5.5")
    await conversations.answer_shown("chat-1", "3.3")
    assert await conversations.answer_of("C1", "4.4") == ("chat-1", "3.3")
    assert await conversations.answer_of("D1", "5.5") == ("chat-1", "3.3")
    assert await conversations.answer_of("C1", "5.5") is None
    assert await conversations.messages_of("chat-1", "3.3") == [("C1", "4.4"), ("D1", "5.5")]


async def test_a_turn_is_kept_whole_and_changed_as_it_stands(conversations: SqlConversationStore) -> None:
    call = ToolCall("call-1", "sum", "{}")
    turn = Turn("3.3", "assistant", "", "tool_calls", tool_calls=(call,), usage=Usage(3, 4), cost_usd=0.5)
    await conversations.add("chat-1", turn)
    for call_id in ("call-1", "call-2", "call-1"):
        await conversations.add("chat-1", Turn("3.3", "tool", call_id, tool_call_id=call_id))
    assert [(one.role, one.content) for one in await conversations.turns("chat-1")] == [
        ("assistant", ""),
        ("tool", "call-1"),
        ("tool", "call-2"),
    ]
    edited = await conversations.change_turn(
        "chat-1", "3.3", "assistant", lambda known: structs.replace(known, content="Edited.")
    )
    assert edited == structs.replace(turn, content="Edited.")
    assert (await conversations.turns("chat-1"))[0] == edited
    assert await conversations.change_turn("chat-1", "9.9", "user", lambda known: known) is None


async def test_what_was_said_before_turns_were_kept_whole_is_still_there(tmp_path: Path) -> None:
    old = SqliteDatabase(tmp_path / "bot.db")
    migrations.apply(old, stop_before="m012_whole_turns")
    value = msgspec.json.encode(CONVERSATION).decode()
    old.execute("INSERT INTO conversations VALUES ('chat-1', 'C1', '1.1', ?)", [value])
    old.execute("INSERT INTO turns VALUES ('chat-1', 1, '3.3', 'user', 'One \\ \"?\"', NULL)")
    old.execute("INSERT INTO turns VALUES ('chat-1', 2, '3.3', 'assistant', 'One.', 'length')")
    for answer_ts in ("3.3", "4.4"):
        old.execute("INSERT INTO open_answers VALUES ('chat-1', '3.3', ?)", [answer_ts])
    old.conn.commit()
    old.close()
    database = await Database.open(tmp_path)
    try:
        store = SqlConversationStore(database)
        assert await store.turns("chat-1") == [
            Turn("3.3", "user", 'One \\ "?"'),
            Turn("3.3", "assistant", "One.", "length"),
        ]
        assert await store.open_answer("chat-1", "3.3") == ["4.4"]
        assert await store.answer_of("C1", "4.4") == ("chat-1", "3.3")
    finally:
        await database.close()


async def test_a_redelivered_message_is_no_new_turn(conversations: SqlConversationStore) -> None:
    assert await conversations.add("chat-1", Turn("3.3", "user", "One?"))
    assert not await conversations.add("chat-1", Turn("3.3", "user", "One?"))
    assert len(await conversations.turns("chat-1")) == 1


async def test_a_conversation_is_changed_as_it_stands(conversations: SqlConversationStore) -> None:
    changed = await conversations.update("chat-1", lambda known: structs.replace(known, title=f"About {known.model}"))
    assert changed == structs.replace(CONVERSATION, title="About ft:model")
    assert await conversations.get("chat-1") == changed
    assert await conversations.update("chat-2", lambda known: known) is None
