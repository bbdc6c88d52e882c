"""Who opened a conversation a moment ago, and has not found its thread."""

from bot.conversations.conversation import Conversation
from handlers.chat.just_opened import JustOpened

CONVERSATION = Conversation("cv-1", "ft:x", "T1", "C1", "1.1", "U1", 1.0)


def test_a_conversation_is_pointed_to_once_and_to_its_own_person() -> None:
    opened = JustOpened()
    opened.add(CONVERSATION)
    assert not opened.has("C1", "U2")
    assert not opened.has("C2", "U1")
    assert opened.has("C1", "U1")
    assert opened.take("C1", "U1") == CONVERSATION
    assert opened.take("C1", "U1") is None


def test_after_a_few_minutes_it_is_no_longer_new() -> None:
    now = 1000.0
    opened = JustOpened(lambda: now)
    opened.add(CONVERSATION)
    now += 179
    assert opened.has("C1", "U1")
    now += 2
    assert not opened.has("C1", "U1")
    assert opened.take("C1", "U1") is None
