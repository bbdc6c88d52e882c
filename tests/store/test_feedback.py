"""Ratings of answers: one for each person, whatever comes again; and what stays of a person who is forgotten."""

from sqlite_utils import Database as SqliteDatabase

from bot.audit import Entry
from bot.compare.comparison import Arena, Choice, Comparison, Vote
from bot.conversations.conversation import Conversation
from bot.feedback.rating import Press, Rating, Reason, Why
from bot.store.audit import SqlAuditLog
from bot.store.comparisons import SqlComparisonStore
from bot.store.conversations import SqlConversationStore
from bot.store.database import Database
from bot.store.feedback import SqlRatingStore
from bot.store.schema import migrations
from tests.slack_requests import ANA

TALK = Conversation("cv-1", "ft:gpt:acme:support:1", "T0ACME", "C0TRAINING", "1.5", ANA.user, 1.0)


async def test_a_rating_is_changed_and_withdrawn_and_a_press_that_comes_again_changes_nothing(
    database: Database,
) -> None:
    await SqlConversationStore(database).open(TALK)
    store = SqlRatingStore(database)

    async def press(user: str, good: bool, at: float, why: Why | None = None) -> bool | None:
        entry = Entry(f"{user}/{at}", at, user, "rate answer", TALK.id)
        return await store.press(Press(TALK.id, "2.0", user, good, at, f"key/{user}/{at}", why), entry)

    assert await press("U0ANA", True, 1.0) is True
    assert await press("U0ANA", True, 1.0) is True, "the same press again"
    assert await press("U0BEN", False, 1.5) is False
    assert await press("U0ANA", False, 2.0) is False, "the other thumb"
    assert await press("U0ANA", True, 1.0) is False, "an older one that comes late"
    assert await store.of_answer(TALK.id, "2.0") == [Rating("U0BEN", False), Rating("U0ANA", False)]
    assert await press("U0ANA", False, 3.0) is None, "the same thumb"
    assert await press("U0ANA", False, 3.0) is None
    assert await store.of_answer(TALK.id, "2.0") == [Rating("U0BEN", False)]
    why = Why((Reason.WRONG, Reason.OTHER), "No.")
    assert await press("U0BEN", False, 4.0, why) is False, "what was wrong withdraws nothing"
    assert await store.of_answer(TALK.id, "2.0") == [Rating("U0BEN", False, why)]
    assert await press("U0BEN", False, 1.5) is False, "the thumb that came before it, again"
    assert await press("U0BEN", True, 5.0) is True
    assert await store.of_answer(TALK.id, "2.0") == [Rating("U0BEN", True)]
    assert await press("U0BEN", False, 6.0) is False
    assert await press("U0BEN", False, 5.5, why) is False, "by a clock that is behind Slack's"
    assert await store.of_answer(TALK.id, "2.0") == [Rating("U0BEN", False, why)]
    assert await press("U0BEN", False, 6.0) is False, "the thumb, again"


def test_ratings_of_an_older_version_are_kept() -> None:
    old = SqliteDatabase(memory=True)
    migrations.apply(old, stop_before="m017_what_was_wrong")
    old.execute("INSERT INTO conversations VALUES ('cv-1', 'C1', '1.0', '{}')")
    old.execute("INSERT INTO ratings VALUES ('cv-1', '2.0', 'U0ANA', 0, 1.0, 'key')")
    migrations.apply(old)
    assert old.execute("SELECT user_id, good, why FROM ratings").fetchall() == [("U0ANA", 0, None)]


async def test_a_person_who_is_forgotten_has_no_ratings_no_open_votes_and_no_name_beside_the_others(
    database: Database,
) -> None:
    await SqlConversationStore(database).open(TALK)
    store, comparisons = SqlRatingStore(database), SqlComparisonStore(database)
    audit = SqlAuditLog(database)
    now = 1.0
    for user in ("U0ANA", "U0BEN"):
        entry = Entry(f"rated/{user}", now, user, "rate answer", TALK.id)
        await store.press(Press(TALK.id, "2.0", user, False, now, f"key/{user}", Why(comment="Mine.")), entry)
    for id in ("open", "revealed"):
        arena = Comparison(id, ("a", "b"), "T0ACME", "C0TRAINING", ANA.user, now, arena=Arena(1, 2, 9.0))
        await comparisons.open(arena, [], Entry(f"open/{id}", now, ANA.user, "compare", id))
        for user in ("U0ANA", "U0BEN"):
            vote = Vote("1", 0, user, Choice.FIRST, now)
            await comparisons.vote(id, vote, Entry(f"vote/{id}/{user}", now, user, "vote", id))
    await comparisons.reveal("revealed", now, None)
    begun = [await comparisons.begin(id) for id in ("open", "revealed")]
    assert await store.count("U0ANA") == (1, 2)

    forget = Entry("forget", now, "U0EVE", "forget opinions", "U0ANA")
    for _ in range(2):
        await store.forget("U0ANA", forget)
    assert await store.of_answer(TALK.id, "2.0") == [Rating("U0BEN", False, Why(comment="Mine."))]
    assert [vote.voter for vote in await comparisons.votes("open")] == ["U0BEN"]
    voters = [vote.voter for vote in await comparisons.votes("revealed")]
    assert len(voters) == 2, "what was found out stands"
    assert "U0BEN" in voters
    assert not any("ANA" in voter for voter in voters)
    assert await store.count("U0ANA") == (0, 0)
    changed = [await comparisons.begin(id) != before for id, before in zip(("open", "revealed"), begun, strict=True)]
    assert changed == [True, False], "what the open arena shows is brought to what counts"
    assert [one.action for one in await audit.about("U0ANA")] == ["forget opinions"]
    await store.forget("U0CAI", Entry("forget/2", now, "U0EVE", "forget opinions", "U0CAI"))
    assert await audit.about("U0CAI") == [], "of whom nothing was kept"
