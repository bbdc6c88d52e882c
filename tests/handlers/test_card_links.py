"""Links to the cards of jobs, against a Web API behind a real socket, over the real store."""

from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from bot.store.outbox import SqlCardStore
from handlers.outgoing.card_links import KnownLinks
from handlers.web.poster import Poster
from tests.parts import followed_job
from tests.scripted_slack import Slack, error


async def posted(database: Database, number: int) -> str:
    """A job with a card in the channel."""
    job = followed_job(f"ftjob-{number}", id=f"job-{number}")
    await SqlJobStore(database).insert(job)
    await SqlCardStore(database).posted(job.id, f"{number}.0", None, [])
    return job.id


async def test_slack_is_asked_once_for_a_link_that_is_known_and_again_for_one_that_it_did_not_tell(
    database: Database,
) -> None:
    async with Slack() as slack:
        first = {"ok": True, "permalink": "https://x/p1"}
        slack.replies["chat.getPermalink"] = [
            first,
            error("message_not_found"),
            {"ok": True, "permalink": "https://x/p2"},
        ]
        links = KnownLinks(SqlCardStore(database), Poster(slack.client))
        jobs = [await posted(database, 1), await posted(database, 2)]
        assert list(await links.to([*jobs, "job-without-a-card"])) == jobs[:1]
        assert list(await links.to(jobs)) == jobs
        assert list(await links.to(jobs)) == jobs
        asked = [call["message_ts"] for call in slack.called("chat.getPermalink")]
        assert asked == ["1.0", "2.0", "2.0"]


async def test_of_more_links_than_there_is_room_for_the_one_goes_that_was_not_wanted_for_the_longest_time(
    database: Database,
) -> None:
    async with Slack() as slack:
        slack.replies["chat.getPermalink"] = [{"ok": True, "permalink": "https://x/p1"}]
        links = KnownLinks(SqlCardStore(database), Poster(slack.client), most=2)
        jobs = [await posted(database, number) for number in range(1, 5)]
        for wanted in jobs[1:]:
            assert await links.to([jobs[0], wanted])
        assert await links.to(jobs[1:2])
        asked = [call["message_ts"] for call in slack.called("chat.getPermalink")]
        assert asked == ["1.0", "2.0", "3.0", "4.0", "2.0"]
