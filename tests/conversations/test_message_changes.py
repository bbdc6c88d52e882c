"""What people edit or delete changes what the model is given."""

import pytest

from bot.conversations.conversation import BACKGROUND, Conversation, Turn
from bot.conversations.message_changes import MessageChanges
from bot.conversations.prompt import prompt
from bot.store.conversations import SqlConversationStore

TALK = Conversation("cv-1", "ft:model", "T0ACME", "C1", "1.0", "U0ANA", 1.0)


@pytest.fixture
async def changes(conversations: SqlConversationStore) -> MessageChanges:
    await conversations.open(TALK)
    for turn in (
        Turn("1.1", BACKGROUND, "We have a problem.", user="U0BEN"),
        Turn("2.0", "user", "One?", user="U0ANA"),
        Turn("2.0", "assistant", "One."),
        Turn("3.0", "user", "Two?", user="U0ANA"),
    ):
        await conversations.add(TALK.id, turn)
    return MessageChanges(conversations)


async def given(conversations: SqlConversationStore) -> str:
    return " ".join(message.content for message in prompt(TALK, await conversations.turns(TALK.id)))


async def test_an_edited_question_is_given_as_it_reads_now(
    changes: MessageChanges, conversations: SqlConversationStore
) -> None:
    await changes.edited(TALK, "2.0", "U0ANA", "Uno?", 9.0)
    await changes.edited(TALK, "2.0", "U0ANA", "An older edit, which comes late", 8.0)
    assert "Uno? One. Two?" in await given(conversations)


async def test_a_deleted_question_is_gone_with_its_answer_and_nothing_of_it_is_kept(
    changes: MessageChanges, conversations: SqlConversationStore
) -> None:
    await changes.deleted(TALK, "2.0", "U0ANA", 9.0)
    await changes.edited(TALK, "2.0", "U0ANA", "An edit, which comes late", 10.0)
    assert (await given(conversations)).endswith("Two?")
    assert "One." not in await given(conversations)
    assert (await conversations.turns(TALK.id))[1].content == ""


async def test_what_was_said_before_the_model_was_called_changes_too(
    changes: MessageChanges, conversations: SqlConversationStore
) -> None:
    await changes.edited(TALK, "1.1", "U0BEN", "All is well.", 9.0)
    assert "All is well." in await given(conversations)
    await changes.deleted(TALK, "1.1", "U0BEN", 9.0)
    assert await given(conversations) == "One? One. Two?"


async def test_a_change_that_comes_before_its_message_stands(
    changes: MessageChanges, conversations: SqlConversationStore
) -> None:
    await changes.edited(TALK, "4.0", "U0ANA", "Three?", 9.0)
    assert not await conversations.add(TALK.id, Turn("4.0", "user", "Tree?"))
    assert (await given(conversations)).endswith("Three?")
    await changes.deleted(TALK, "5.0", "U0ANA", 9.0)
    assert not await conversations.add(TALK.id, Turn("5.0", "user", "Four?"))
    assert (await given(conversations)).endswith("Three?")
