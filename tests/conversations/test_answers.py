"""Answers that were given are found by the messages that show them."""

import pytest

from bot.conversations.answers import Answers
from bot.conversations.conversation import Conversation, Turn
from bot.providers.chat import ChatMessage
from bot.store.conversations import SqlConversationStore

TALK = Conversation("cv-1", "ft:model", "T0ACME", "C1", "1.0", "U0ANA", 1.0, system="Be kind.")


@pytest.fixture
async def answers(conversations: SqlConversationStore) -> Answers:
    await conversations.open(TALK)
    for turn in (
        Turn("2.0", "user", "One?", user="U0ANA"),
        Turn("2.0", "assistant", "One", "length"),
        Turn("2.0+1", "assistant", " more.", "stop"),
        Turn("3.0", "user", "Two?", user="U0BEN"),
        Turn("3.0", "assistant", "Two."),
    ):
        await conversations.add(TALK.id, turn)
    await conversations.answer_opened(TALK.id, "2.0", "C1", "2.1")
    await conversations.answer_opened(TALK.id, "2.0+1", "C1", "2.2")
    await conversations.answer_opened(TALK.id, "3.0", "C1", "3.1")
    return Answers(conversations)


@pytest.mark.parametrize("message_ts", ["2.1", "2.2"])
async def test_each_of_its_messages_leads_to_the_whole_answer(answers: Answers, message_ts: str) -> None:
    found = await answers.shown_in("C1", message_ts)
    assert found is not None
    assert (found.asked_ts, found.question.user, found.answer.content) == ("2.0", "U0ANA", "One more.")
    assert found.answer.finish_reason == "stop"
    assert found.prompt == (ChatMessage("system", "Be kind."), ChatMessage("user", "One?"))
    assert await answers.messages_of(found) == [("C1", "2.1"), ("C1", "2.2")]


async def test_another_message_shows_none(answers: Answers) -> None:
    assert await answers.shown_in("C1", "9.9") is None
    assert await answers.get(TALK.id, "9.9") is None


async def test_the_conversation_goes_on_from_an_edited_answer_and_both_are_kept(answers: Answers) -> None:
    for text, by, at in (("Edited.", "U0BEN", 5.0), ("Better.", "U0ANA", 7.0), ("Late.", "U0CAI", 6.0)):
        given = await answers.shown_in("C1", "2.2")
        assert given is not None
        before = await answers.edit(given, text, by, at)
        assert before is not None
        assert before.edited_at == given.answer.edited_at
    edited, later = await answers.get(TALK.id, "2.0"), await answers.get(TALK.id, "3.0")
    assert edited is not None
    assert (edited.answer.content, edited.answer.original, edited.answer.edited_by) == ("Better.", "One more.", "U0ANA")
    assert later is not None
    assert [message.content for message in later.prompt] == ["Be kind.", "One?", "Better.", "Two?"]
