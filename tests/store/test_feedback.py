"""Ratings of answers: one for each person, whatever comes again."""

from slack_requests import ANA

from bot.audit import Entry
from bot.conversations.conversation import Conversation
from bot.feedback.rating import Press
from bot.store.conversations import SqliteConversationStore
from bot.store.database import Database
from bot.store.feedback import SqliteRatingStore

TALK = Conversation("cv-1", "ft:gpt:acme:support:1", "T0ACME", "C0TRAINING", "1.5", ANA.user, 1.0)


async def test_a_rating_is_changed_and_withdrawn_and_a_press_that_comes_again_changes_nothing(
    database: Database,
) -> None:
    await SqliteConversationStore(database).open(TALK)
    store = SqliteRatingStore(database)

    async def press(user: str, good: bool, at: float) -> bool | None:
        entry = Entry(f"{user}/{at}", at, user, "rate answer", TALK.id)
        return await store.press(Press(TALK.id, "2.0", user, good, at, f"key/{user}/{at}"), entry)

    assert await press("U0ANA", True, 1.0) is True
    assert await press("U0ANA", True, 1.0) is True, "the same press again"
    assert await press("U0BEN", False, 1.5) is False
    assert await press("U0ANA", False, 2.0) is False, "the other thumb"
    assert await press("U0ANA", True, 1.0) is False, "an older one that comes late"
    assert await store.of_answer(TALK.id, "2.0") == {"U0ANA": False, "U0BEN": False}
    assert await press("U0ANA", False, 3.0) is None, "the same thumb"
    assert await press("U0ANA", False, 3.0) is None
    assert await store.of_answer(TALK.id, "2.0") == {"U0BEN": False}
