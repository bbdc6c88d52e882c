"""Notices as they are posted: about the job as it is then, in the language of where they stand."""

from typing import cast

import pytest

from bot.jobs.job import Job
from bot.jobs.notice import Accepted, CheckpointMade, Ended, EndedElsewhere, Started
from bot.notices.interfaces import PostRefused
from bot.providers.protocol import Checkpoint
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from handlers.outgoing.charts import Charts
from handlers.outgoing.digest_messages import DigestMessages
from handlers.outgoing.notice_poster import SlackNoticePoster
from handlers.web.poster import Poster
from tests.groups import group_messages
from tests.parts import CHANNEL, a_job, a_notice
from tests.scripted_slack import Slack, error
from texts.language import Language

CHECKPOINT = Checkpoint("ck-1", "ft:m:acme:support:1:ckpt-step-4", 4)


class OneChart:
    """Every picture is F1; for which it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def chart(self, job: object) -> tuple[str | None, str]:
        self.asked.append("chart")
        return "F1", "It falls."

    async def snapshot(self, job: object, upto: int) -> tuple[str | None, str]:
        self.asked.append(f"snapshot {upto}")
        return "F1", "It falls."


@pytest.fixture
def charts() -> OneChart:
    return OneChart()


@pytest.fixture
def notices(slack: Slack, database: Database, jobs: SqlJobStore, charts: OneChart) -> SlackNoticePoster:
    async def language_of(channel: str, person: str) -> Language:
        return Language.CHINESE if channel == CHANNEL else Language.ENGLISH

    no_digests = cast(DigestMessages, None)
    return SlackNoticePoster(
        jobs, group_messages(database), Poster(slack.client), cast(Charts, charts), no_digests, language_of
    )


async def test_a_notice_is_in_the_language_of_where_it_stands(
    notices: SlackNoticePoster, jobs: SqlJobStore, slack: Slack
) -> None:
    await jobs.insert(a_job(provider_job_id="ftjob-1", state="queued"))
    await notices.post(a_notice("accepted", Accepted()), "5.0")
    await notices.post(a_notice("accepted", Accepted(), channel="C0OTHER"), None)
    here, there = slack.called("chat.postMessage")
    assert (here["channel"], here["thread_ts"]) == (CHANNEL, "5.0")
    assert "`ftjob-1`" in here["text"]
    assert "has taken the job" not in here["text"]
    assert "has taken the job" in there["text"]


async def test_a_job_that_is_named_away_from_its_card_is_a_link_to_it(
    slack: Slack, database: Database, jobs: SqlJobStore, charts: OneChart
) -> None:
    async def card_link(job: Job) -> str:
        return f"https://acme.slack.com/archives/C1/{job.id}"

    poster, groups = Poster(slack.client), group_messages(database)
    no_digests = cast(DigestMessages, None)
    notices = SlackNoticePoster(jobs, groups, poster, cast(Charts, charts), no_digests, card_link=card_link)
    await jobs.insert(a_job(state="failed"))
    await notices.post(a_notice("failed", Ended(), under_card="job-1"), "5.0")
    await notices.post(a_notice("elsewhere", EndedElsewhere(), channel="C0OTHER"), None)
    here, there = slack.called("chat.postMessage")
    assert "archives/C1/job-1" not in here["text"]
    assert "archives/C1/job-1" in there["text"]


async def test_what_nothing_is_known_of_is_told_to_nobody(notices: SlackNoticePoster, slack: Slack) -> None:
    with pytest.raises(PostRefused, match="nothing_known_of_it"):
        await notices.post(a_notice("started", Started()), "5.0")
    assert slack.called("chat.postMessage") == []


async def test_an_ending_shows_the_last_chart_and_goes_out_without_one_that_is_gone(
    notices: SlackNoticePoster, jobs: SqlJobStore, slack: Slack, charts: OneChart
) -> None:
    await jobs.insert(a_job(state="succeeded", provider_job_id="ftjob-1", fine_tuned_model="ft:x", finished_at=9.0))
    slack.replies["chat.postMessage"] = [error("invalid_blocks"), {"ok": True, "ts": "7.0"}]
    assert await notices.post(a_notice("succeeded", Ended()), "5.0") == "7.0"
    with_it, without = (str(call["blocks"]) for call in slack.called("chat.postMessage"))
    assert "F1" in with_it
    assert "F1" not in without
    assert charts.asked == ["chart"]


@pytest.mark.parametrize(("state", "asked"), [("running", ["snapshot 4"]), ("succeeded", [])])
async def test_a_checkpoint_has_its_curve_while_there_is_more_to_come(
    notices: SlackNoticePoster, jobs: SqlJobStore, charts: OneChart, state: str, asked: list[str]
) -> None:
    await jobs.insert(a_job(state=state, provider_job_id="ftjob-1"))
    await notices.post(a_notice("checkpoint/ck-1", CheckpointMade(CHECKPOINT)), "5.0")
    assert charts.asked == asked
